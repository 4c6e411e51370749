"""What surrounds a telegram's text: everything before it, page furniture in it, sign-off after it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ingestion.furniture import strip_furniture
from ingestion.header import Header, HeaderReader
from ingestion.inline import strip_stamp_lines, without_inline_furniture
from ingestion.lines import Lines
from ingestion.numbering import own_numbers, printed_numbers
from ingestion.paragraphs import Draft, Structure, find_paragraphs
from ingestion.patterns import (
    CAPTION,
    LABEL,
    PASS_LINE,
    REFERENCE_ENTRY,
    RULE,
    TRAILER,
)
from ingestion.preamble import read_preamble
from ingestion.sources.records import SILENT, Known, RawCable
from ingestion.views import View
from rag.types import Kind

_SIGNATURE = re.compile(r"^(?:[A-Z][A-Z'’.-]+|[A-Z]\.)(?: (?:[A-Z][A-Z'’.-]*)){0,3}\.?$")
_SIGNED = re.compile(r"^(?P<inner>.* )?UNQUOTE (?P<name>[A-Z][A-Z'’ -]+)$")
# Short lines in capitals at the end of a text that sign nothing.
_NO_NAMES = re.compile(
    r"\b(?:UNQUOTE|ENDQUOTE|QUOTE|END|TEXT|COMMENT|SUMMARY|NOTE|NOTAL|EXEMPT|GDS|XGDS|N/A|NA|BT"
    r"|SECRET|CONFIDENTIAL|UNCLASSIFIED|UNCLAS"
    r"|REGARDS|FINAL|SECTION|OMISSION)\b|NMAFV"
)
_MISSING_SIGN = re.compile(r"^(?:SUB\w{2,6}|REF\w*)\s*:", re.I)
_REFERENCE_LINE = re.compile(
    r"^\(?[A-H][.)]\)?\s*(?:\d{2}\s+)?[A-Z][A-Z ']*\s+(?:A-)?[\d(]|^\(?[A-H][.)]\)?\s*\S.{0,50}$"
    r"|^[A-Z][A-Z ]{2,15}\s+\d{4,6}(?:,\s*\d{4,6})*;?$"
)
_REMNANT_LENGTH = 110


@dataclass(slots=True)
class Frame:
    """A telegram taken apart: its visible text, lines with roles, header, structure, signature."""

    visible: View
    lines: Lines
    header: Header
    known: Known
    printed_id: str | None
    structure: Structure
    indexes: list[int]
    signature: str | None


EDITIONS = frozenset({"dfat", "frus-tei"})


def read_frame(raw: RawCable) -> Frame:
    """Take a telegram apart. F1 texts without a header give an empty one."""
    if raw.format in EDITIONS:
        return _read_edition(raw)
    visible = without_inline_furniture(raw.visible)
    lines = Lines(visible.text)
    if not raw.headed:
        begin, printed, known = 0, None, raw.known
        header = Header()
        reader = None
    else:
        begin, printed, known = read_preamble(lines)
        reader = HeaderReader(lines, begin)
        begin = reader.read()
        header = reader.header
        if begin >= len(lines) and not reader.labelled and header.serial is None:
            begin, header = _undo(lines), Header()
    strip_stamp_lines(lines)
    strip_furniture(lines, begin, header)
    if reader is None or not reader.labelled:
        _strip_remnants(lines, begin, header)
    indexes = [i for i in range(begin, len(lines)) if lines.roles[i] is None]
    signature = _strip_signature(lines, indexes)
    structure = find_paragraphs(lines, indexes)
    return Frame(visible, lines, header, known, printed, structure, indexes, signature)


def _read_edition(raw: RawCable) -> Frame:
    """A printed document: its format module has taken off what is no text; its notes stand at the end."""
    lines = Lines(raw.visible.text)
    notes: list[Draft] = []
    body: list[int] = []
    places = iter(raw.notes)
    note = next(places, None)
    for index in range(len(lines)):
        if lines.roles[index] is not None:
            continue
        while note and lines.starts[index] >= note.end:
            note = next(places, None)
        if note is None or lines.starts[index] < note.start:
            body.append(index)
        elif notes and notes[-1].label == f"n{note.number}":
            notes[-1].lines.append(index)
        else:
            notes.append(Draft(f"n{note.number}", [index], note.text, kind=Kind.NOTE))
    structure = find_paragraphs(lines, body, edited=True)
    drafts = (*structure.paragraphs, *notes)
    indexes = body + [index for draft in notes for index in draft.lines]
    return Frame(
        raw.visible,
        lines,
        Header(),
        Known(),
        None,
        Structure(drafts, structure.warnings),
        indexes,
        None,
    )


def _undo(lines: Lines) -> int:
    for index, role in enumerate(lines.roles):
        if role:
            lines.roles[index] = None
    return 0


def _strip_remnants(lines: Lines, begin: int, header: Header) -> None:
    """Header lines that were left at the beginning of a bare text: the rest of a subject, REF entries."""
    indexes = [i for i in range(begin, len(lines)) if lines.roles[i] is None]
    numbers, _ = own_numbers(printed_numbers(lines, indexes))
    first = numbers[0].line if numbers else None
    for index in indexes[:12]:
        if first is not None and index >= first:
            break
        text = lines.texts[index]
        reason = _remnant(text, has_numbers=first is not None)
        if reason is None:
            break
        if reason == "reference":
            entry = text.lstrip("- ")
            header.reference = f"{header.reference}\n{entry}" if header.reference else entry
        lines.roles[index] = reason


def _remnant(text: str, *, has_numbers: bool) -> str | None:
    dashed = text[0] == "-"
    text = text.lstrip("- ") or text
    label = LABEL.match(text)
    if label and label.lastgroup:
        return str(label.lastgroup) if label.lastgroup != "order" else "executive_order"
    if _MISSING_SIGN.match(text) and len(text) < _REMNANT_LENGTH:
        return "reference" if text[:3].upper() == "REF" else "subject"
    if not has_numbers:
        return None
    if _REFERENCE_LINE.match(text) and REFERENCE_ENTRY.match(text):
        return "reference"
    if re.fullmatch(r"[A-Z][A-Z ]{2,15}\s+\d{4,6}(?:,\s*\d{4,6})*;?", text):
        return "reference"
    if (
        CAPTION.match(text)
        or (PASS_LINE.match(text) and len(text) < 70)
        or TRAILER.match(text)
        or RULE.match(text)
    ):
        return "header_remnant"
    if (
        len(text) < _REMNANT_LENGTH
        and text.isupper()
        and (not text.endswith((".", ":", "?", "!", '"')) or dashed)
    ):
        return "header_remnant"
    return None


def _strip_signature(lines: Lines, indexes: list[int]) -> str | None:
    """The surname that signs the telegram; its line is taken out of `indexes`."""
    if len(indexes) < 2:
        return None
    last = indexes[-1]
    text = lines.texts[last]
    signed = _SIGNED.match(text)
    if signed is None and (len(text) > 40 or not _SIGNATURE.match(text) or _NO_NAMES.search(text)):
        return None
    above = lines.texts[indexes[-2]]
    apart = indexes[-2] != last - 1
    if above[-1] not in ".!?:)\"'”’*]":
        # The end of a sentence that a banner cut, or whose last words are few, looks like a name too.
        furniture = any(lines.roles[i] for i in range(indexes[-2] + 1, last))
        if furniture or (not apart and len(above) > 50) or (text.endswith(".") and " " in text):
            return None
    lines.roles[last] = "signature"
    indexes.pop()
    return signed["name"] if signed else text.rstrip(".")


def merged(known: Known, more: Known) -> Known:
    """`known`, with what it is silent about from `more`."""
    if more is SILENT or more == known:
        return known
    changes = {
        name: getattr(more, name) for name in Known.__slots__ if getattr(known, name) == getattr(SILENT, name)
    }
    return replace(known, **changes)
