"""Page furniture inside the text: banners, section headers, stamps, the header printed again."""

from __future__ import annotations

import re

from ingestion.header import Header, squeeze
from ingestion.lines import Lines
from ingestion.patterns import (
    ADDRESS,
    BREAK_NUMBER,
    CAPTION,
    CLASS_LETTERS,
    CLASS_LINE,
    CLASS_STAMP,
    FROM_LINE,
    LABEL,
    LABEL_STARTS,
    NUMBERED,
    PAGE_BANNER,
    PAGE_BREAK,
    PASS_LINE,
    ROUTING_RULE,
    RULE,
    SECTION_LINE,
    TO_LINE,
    TRAILER,
    TRAILER_SIGNS,
    TRANSMISSION,
)
from ingestion.posts import find_post, letters

_SUSPECT = frozenset("*-=_~@#!<\x1a")
# The first signs of lines that a pattern can match: most lines are text, and need not be tried.
_RULES = frozenset("-=_*~")
# Beyond this no line is furniture: the texts of the older archive are not wrapped.
_LONGEST_LINE = 240
# A section's header lists its addressees again: the longest seen has 30 lines.
_LONGEST_HEADER = 120
_LONGEST_ADDRESS = 80


def strip_furniture(lines: Lines, start: int, header: Header) -> None:
    """Write a reason into the role of every line from `start` on that is no text of the cable."""
    texts, roles = lines.texts, lines.roles
    suspects = [
        index
        for index in range(start, len(texts))
        if roles[index] is None and (texts[index][0] in _SUSPECT or texts[index].isupper())
    ]
    after = start
    for index in suspects:
        text = texts[index]
        if index < after or roles[index] is not None or len(text) > _LONGEST_LINE:
            continue
        first = text[0]
        if first == "-" and ROUTING_RULE.match(text):
            roles[index] = "section_header"
            after = _strip_header(lines, index + 1, header)
        elif first in _RULES and RULE.match(text):
            roles[index] = "rule"
        elif "OF" in text and text[-1].isdigit() and PAGE_BANNER.match(text):
            roles[index] = "page_banner"
            after = _after_banner(lines, index + 1, header)
        elif first == "P" and PAGE_BREAK.match(text):
            roles[index] = "page_break"
            if index + 1 < len(texts) and text.split()[-1].isdigit() and len(text.split()) == 2:
                _strip_wrapped_number(lines, index + 1)
        elif first in CLASS_LETTERS and CLASS_STAMP.match(text):
            roles[index] = "classification_stamp"
        elif first in TRAILER_SIGNS and TRAILER.match(text):
            roles[index] = "trailer"
        elif first in CLASS_LETTERS and _is_section(text, header):
            roles[index] = "section_header"
            below = index + 1
            if below < len(texts) and "A" <= text[-1] <= "Z":
                below += _strip_wrapped_number(lines, below)
            after = _strip_header(lines, below, header, addressed=True)
        elif _begins_addresses(lines, index):
            # Such a line may be none of a header after all; then it is text, and is passed.
            after = _strip_header(lines, index, header)


def _is_section(text: str, header: Header) -> bool:
    if "SECTION" in text and SECTION_LINE.match(text):
        return True
    found = CLASS_LINE.match(text) if header.serial is not None else None
    return bool(
        found
        and found["serial"]
        and header.serial == int(found["serial"])
        and letters(found["post"]) == letters(header.post or "")
    )


def _begins_addresses(lines: Lines, index: int) -> bool:
    """Whether "FM ..." (or an address without it) and "TO ..." stand here, one under the other."""
    text = lines.texts[index]
    beside = lines.texts[index + 1 : index + 3]
    below = beside[0] or beside[-1] if beside else ""
    # Asked first: hardly a line of text begins with "TO".
    if not below.startswith("TO") or "." in text or not TO_LINE.match(below):
        return False
    return FROM_LINE.match(text) is not None or (len(text) < 60 and ADDRESS.match(text) is not None)


def _strip_wrapped_number(lines: Lines, index: int) -> int:
    """The number of a banner that was wrapped onto a line of its own: how many lines that was."""
    text = lines.texts[index]
    if re.fullmatch(r"0?\d{4,8}", text) or BREAK_NUMBER.match(text):
        lines.roles[index] = "section_header"
        return 1
    return 0


def _after_banner(lines: Lines, index: int, header: Header) -> int:
    """A banner may be followed by the whole header, printed again."""
    below = lines.next_filled(index)
    if below is None:
        return len(lines)
    text = lines.texts[below]
    if CLASS_LINE.match(text) and not CLASS_STAMP.match(text):
        return below
    if header.holds(text) and (CAPTION.match(text) or LABEL.match(text)):
        return _strip_header(lines, below, header, addressed=True)
    return below


def _strip_header(lines: Lines, start: int, header: Header, *, addressed: bool = False) -> int:
    """Strip a section's header from `start` on; the index of the first line after it.

    With the cable's own header at hand, its lines are known again; where it is not (texts of the older
    archive), lines are taken by their shape: addresses first, then the classification line with its
    section, captions, pass instructions and labelled fields with the lines they run on to.
    """
    texts, roles = lines.texts, lines.roles
    field: str | None = None
    index = start
    blank = True
    while index < min(len(texts), start + _LONGEST_HEADER):
        text = texts[index]
        if not text:
            blank, index = True, index + 1
            continue
        label = LABEL.match(text) if text[:2] in LABEL_STARTS else None
        plain = squeeze(text)
        held = plain in header.lines
        may_be_headed = text[0] in CLASS_LETTERS
        if label:
            field, taken = label.lastgroup, True
        elif held:
            taken = True
        elif field and not blank and not NUMBERED.match(text):
            known = getattr(header, field, None) if field != "classified" else None
            taken = known is None and text.isupper() if field != "reference" else text.isupper()
        elif may_be_headed and (
            SECTION_LINE.match(text) or (CLASS_LINE.match(text) and not CLASS_STAMP.match(text))
        ):
            addressed, field, taken = True, None, True
        elif CLASS_STAMP.match(text) or PAGE_BANNER.match(text) or TRANSMISSION.match(text):
            taken = True
        elif not addressed:
            taken = len(text) < _LONGEST_ADDRESS and (ADDRESS.match(text) or find_post(text)) is not None
        else:
            taken = CAPTION.match(text) is not None or (
                PASS_LINE.match(text) is not None and not text.endswith(".")
            )
        if not taken:
            break
        roles[index] = "repeated_header" if label or held else "section_header"
        header.lines.add(plain)
        may_be_wrapped = addressed and may_be_headed and "A" <= text[-1] <= "Z"
        if may_be_wrapped and index + 1 < len(texts) and (CLASS_LINE.match(text) or SECTION_LINE.match(text)):
            index += _strip_wrapped_number(lines, index + 1)
        blank, index = False, index + 1
    return index
