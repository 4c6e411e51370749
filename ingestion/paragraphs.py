"""A telegram's text lines into paragraphs: labels, headings, portion marks."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingestion.headings import ENDED, ITEM, is_heading, last_block, last_capitals
from ingestion.lines import Lines
from ingestion.numbering import Printed, own_numbers, printed_numbers
from rag.types import Kind

_MARKING = re.compile(
    r"\s*(?:\(\s*(?P<mark>TS|S|C|U|SBU|LOU|FOUO|UNCLAS(?:SIFIED)?|CONFIDENTIAL|SECRET)(?P<more>(?:\s?/{1,2}\s?[A-Z]{1,6})*)\s*\)|--\s*\((?P<dashed>U|C|S|SBU)\))\s*"
)
_ENTIRE = re.compile(
    r"\s*(?:\(\s*)?(?P<mark>TS|S|C|U|SBU|LOU|SECRET|CONFIDENTIAL)\s?(?:-|–)\s?ENTIRE\s+TEXT", re.I
)
_FULL_NAMES = {"SECRET": "S", "CONFIDENTIAL": "C", "UNCLAS": "U", "UNCLASSIFIED": "U"}
_CLOSING = re.compile(r"^\W*(?:END|UNQUOTE|ENDTEXT|ENDQUOTE)\b[^a-z]{0,30}$")


@dataclass(slots=True)
class Draft:
    """A paragraph in the making: its lines, where its text begins, the lines of its heading."""

    label: str
    lines: list[int] = field(default_factory=list)
    start: int = 0
    marking: str | None = None
    kind: Kind | None = None
    heading: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Structure:
    """Paragraphs in order, and what was noticed about their numbers."""

    paragraphs: tuple[Draft, ...]
    warnings: tuple[str, ...]


def find_paragraphs(lines: Lines, indexes: Sequence[int], *, edited: bool = False) -> Structure:
    """Divide the text lines `indexes` into labelled paragraphs.

    Printed numbers that continue the cable's sequence become labels ("4", repeated "4#2"); text before the
    first is "u1", "u2"..., block by block, or "1" where the first printed number is 2; text after a
    number belongs to it. In `edited` texts "(1)" is a number where no other form is printed, and a first
    number that nothing continues is the telegram's own.
    """
    numbers, warnings = own_numbers(printed_numbers(lines, indexes, bracketed=edited), lone_serial=edited)
    shouting = _is_shouting(lines, indexes)
    begins = [bisect_left(indexes, number.line) for number in numbers]
    drafts = _unnumbered(lines, indexes[: begins[0]] if begins else indexes, numbers, shouting)
    for number, begin, end in zip(numbers, begins, [*begins[1:], len(indexes)], strict=False):
        drafts.append(Draft(number.name, list(indexes[begin:end]), number.after))
    if numbers:
        _move_headings(lines, drafts, shouting)
    drafts = [draft for draft in drafts if draft.lines]
    for draft in drafts:
        _settle_start(lines, draft)
    _make_unique(drafts)
    return Structure(tuple(drafts), tuple(warnings))


def _is_shouting(lines: Lines, indexes: Sequence[int]) -> bool:
    """Whether the text is all in capitals, so that capitals mark nothing."""
    sample = indexes[:400]
    return sum(map(str.isupper, [lines.texts[i] for i in sample])) * 10 >= 7 * len(sample)


def _settle_start(lines: Lines, draft: Draft) -> None:
    """Move the beginning of the text behind the portion mark, or to the next line where this one is empty."""
    first = draft.lines[0]
    end = lines.ends[first]
    draft.start = max(draft.start, lines.starts[first])
    found = _MARKING.match(lines.text, draft.start, end)
    if found:
        name = found["mark"] or found["dashed"]
        draft.marking = _FULL_NAMES.get(name, name) + re.sub(r"\s|/(?=/)", "", found["more"] or "")
        if found.end() < end or len(draft.lines) > 1:
            draft.start = found.end()
    elif entire := _ENTIRE.match(lines.text, draft.start, end):
        name = entire["mark"].upper()
        draft.marking = _FULL_NAMES.get(name, name)
    while draft.start < end and lines.text[draft.start].isspace():
        draft.start += 1
    if draft.start >= end:
        if len(draft.lines) > 1:
            draft.lines.pop(0)
            draft.start = lines.starts[draft.lines[0]]
        else:
            # A number with nothing after it is all the paragraph's text: a label must have words to show.
            draft.start = lines.starts[first]


def _unnumbered(
    lines: Lines, indexes: Sequence[int], numbers: Sequence[Printed], shouting: bool
) -> list[Draft]:
    """Paragraphs of the text that stands before the first number, or of all of it."""
    blocks = blocks_of(lines, indexes)
    drafts: list[Draft] = []
    pending: list[int] = []
    whole = bool(numbers) and numbers[0].number == 2 and numbers[0].name == "2"
    for place, block in enumerate(blocks):
        more = place + 1 < len(blocks) or bool(numbers)
        if more and is_heading(lines, block, shouting=shouting, previous=drafts[-1].lines if drafts else []):
            pending.extend(block)
            continue
        if drafts and (whole or _belongs(lines, drafts[-1].lines[-1], block[0])):
            drafts[-1].lines.extend([*pending, *block])
        else:
            label = "1" if whole else f"u{len(drafts) + 1}"
            drafts.append(Draft(label, list(block), lines.starts[block[0]], heading=pending))
        pending = []
    if pending and whole and not drafts:
        # Nothing but headings above a printed 2: the last of them is all there is of paragraph 1.
        block = last_block(pending)
        return [Draft("1", block, lines.starts[block[0]], heading=pending[: -len(block)])]
    if pending:
        # A heading right before the first number stays with that number: _move_headings finds it there.
        drafts.append(Draft("", pending, lines.starts[pending[0]]))
    return drafts


def blocks_of(lines: Lines, indexes: Sequence[int]) -> list[list[int]]:
    """Runs of text lines with nothing between them."""
    blocks: list[list[int]] = []
    previous = -2
    for index in indexes:
        if index != previous + 1:
            blocks.append([])
        blocks[-1].append(index)
        previous = index
    return blocks


def _belongs(lines: Lines, last: int, first: int) -> bool:
    """Whether an unnumbered block goes on where the one before stopped."""
    before, after = lines.texts[last], lines.texts[first]
    only_furniture = all(lines.roles[i] for i in range(last + 1, first) if lines.texts[i]) and any(
        lines.roles[i] not in ("", "rule") for i in range(last + 1, first)
    )
    return (
        before.endswith((":", ",", "-", ";"))
        or after[0].islower()
        or ITEM.match(after) is not None
        or _CLOSING.match(after) is not None
        or (only_furniture and ENDED.search(before) is None)
    )


def _move_headings(lines: Lines, drafts: list[Draft], shouting: bool) -> None:
    """Give the last block before a number to that number where it is a heading."""
    for before, after in pairwise(drafts):
        if before.label == "":
            after.heading, before.lines = before.lines, []
            continue
        if not after.lines or after.heading:
            continue
        block = last_block(before.lines)
        rest = before.lines[: len(before.lines) - len(block)]
        heads = bool(rest) and is_heading(lines, block, shouting=shouting, previous=rest)
        if not heads and not shouting and (block := last_capitals(lines, block)):
            rest = before.lines[: len(before.lines) - len(block)]
            heads = bool(rest) and is_heading(lines, block, shouting=shouting, previous=rest)
        if heads:
            upper = last_block(rest)
            # Two headings one above the other ("ECONOMY", then "THE HARBOR") are one.
            if (
                len(rest) > len(upper)
                and upper[-1] + 2 >= block[0]
                and is_heading(lines, upper, shouting=shouting, previous=rest[: -len(upper)])
            ):
                block = [*upper, *block]
            before.lines = before.lines[: len(before.lines) - len(block)]
            after.heading = block


def _make_unique(drafts: Sequence[Draft]) -> None:
    if len({draft.label for draft in drafts}) == len(drafts):
        return
    seen: Counter[str] = Counter()
    for draft in drafts:
        seen[draft.label] += 1
        if seen[draft.label] > 1:
            draft.label = f"{draft.label}#{seen[draft.label]}"
