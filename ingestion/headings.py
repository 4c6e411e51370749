"""Section headings: which blocks of a text are none of a paragraph."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingestion.lines import Lines

ITEM = re.compile(
    r"^(?:-{1,2}\s*\S|[•*·]\s|\(?[A-Za-z][.)]\)?\s|\([ivx]{1,4}\)|\(?\d{1,2}[.)]\)?\s|\( ?[A-Z] ?\))"
)
_ITEM_SIGNS = (".", ")")
ENDED = re.compile(r"[.!?:][\"'”’)\]]*$")
_BLOCK_MARKER = re.compile(r"^\W*(?:BEGIN|END|UNQUOTE|QUOTE)\b", re.I)
_NOTE_MARKS = re.compile(r"(?:\s*\[\^?\d{1,3}\])+$")
_HEADING_LINES = 3
_HEADING_LENGTH = 160


def begins_item(text: str) -> bool:
    """Whether a line begins an item of a list; most begin with a word, and need no search."""
    return (not text[0].isalpha() or text[1:2] in _ITEM_SIGNS) and ITEM.match(text) is not None


def is_heading(lines: Lines, block: Sequence[int], *, shouting: bool, previous: Sequence[int]) -> bool:
    """Whether a block is a section heading: short, without a full stop, in capitals or between rules."""
    if len(block) > _HEADING_LINES:
        return False
    text = " ".join([lines.texts[i] for i in block])
    if text.endswith("]"):
        text = _NOTE_MARKS.sub("", text)
    if len(text) > _HEADING_LENGTH or not any(sign.isalpha() for sign in text):
        return False
    if _BLOCK_MARKER.match(text) or ITEM.match(text):
        return False
    above, below = _ruled(lines, block[0], -1), _ruled(lines, block[-1], 1)
    if (above and below) or ((above or below) and ENDED.search(text) is None):
        return True
    if previous and ENDED.search(lines.texts[previous[-1]]) is None:
        # Capitals apart from an unfinished sentence may still be a heading; beside it they are part of it.
        above_it = lines.texts[previous[-1]]
        blank = all(lines.roles[i] == "" for i in range(previous[-1] + 1, block[0]))
        apart = (blank and previous[-1] + 1 < block[0]) or (above_it.endswith(";") and ITEM.match(above_it))
        if shouting or not text.isupper() or not apart:
            return False
    if text.endswith((".", ":", ",", ";", "-", '"')):
        return False
    if shouting:
        return len(block) == 1 and len(text) <= 60
    return text.isupper() or (len(block) == 1 and len(text) <= 70 and text[0].isupper())


def _ruled(lines: Lines, index: int, step: int) -> bool:
    beside = index + step
    return 0 <= beside < len(lines) and lines.roles[beside] == "rule"


def last_capitals(lines: Lines, block: Sequence[int]) -> list[int]:
    """Lines in capitals at the end of a block, where no blank line sets a heading apart."""
    place = len(block)
    while place > 0 and len(block) - place < _HEADING_LINES and is_capitals(lines.texts[block[place - 1]]):
        place -= 1
    return list(block[place:])


def is_capitals(text: str) -> bool:
    return text.isupper() and ENDED.search(text) is None


def last_block(indexes: Sequence[int]) -> list[int]:
    place = len(indexes) - 1
    while place > 0 and indexes[place - 1] == indexes[place] - 1:
        place -= 1
    return list(indexes[place:])
