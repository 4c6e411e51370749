"""Which printed numbers are a cable's own paragraphs, and which are lists, serials or chance.

Numbers run 1, 2, 3...; real cables skip, repeat and restart them, print lists inside a paragraph, and
begin with the telegram's own serial. A candidate is taken when it continues the sequence; one that
falls back is part of a list where the sequence goes on later, else a repeat or a restart.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingestion.lines import Lines
from ingestion.patterns import NUMBERED

_BRACKETED = re.compile(r"^\s*\((?P<number>\d{1,2})\)(?=\s)")
_LARGEST_FIRST = 99
_LARGEST_GAP = 3
# Where more than this share of the numbers stand behind a blank line, one that does not is doubtful.
_APART = 0.75
# Further right than this than the sequence itself: an item of a list.
_INDENT = 2
_WIDEST_MARGIN = 80


@dataclass(frozen=True, slots=True)
class Printed:
    """A number at the beginning of a line; `after` is the offset of what follows it.

    `own_block`: something lies between its line and the text above; `after_sentence`: that text is complete.
    """

    line: int
    number: int
    name: str
    after: int
    own_block: bool
    after_sentence: bool
    indent: int


def printed_numbers(lines: Lines, indexes: Iterable[int], *, bracketed: bool = False) -> list[Printed]:
    """Every number that begins one of the lines: "5.", "5 .", "¶5.", "5)"; with `bracketed` "(5)" too."""
    points: list[Printed] = []
    brackets: list[Printed] = []
    wrapped: list[Printed] = []
    previous = -1
    for index in indexes:
        text = lines.texts[index]
        first = text[0]
        if first.isdigit() or first == "¶":
            found = NUMBERED.match(text)
            if found and int(found["number"]):
                into = points if found["sign"].startswith(".") else brackets
                name = found["number"] + (found["letter"] or "")
                into.append(_printed(lines, index, previous, int(found["number"]), name, found.end()))
        elif bracketed and first == "(" and (found := _BRACKETED.match(text)):
            wrapped.append(
                _printed(lines, index, previous, int(found["number"]), found["number"], found.end())
            )
        previous = index
    if points or bracketed:
        return points or brackets or wrapped
    return brackets if len(brackets) > 1 else []


def _printed(lines: Lines, index: int, previous: int, number: int, name: str, end: int) -> Printed:
    start = lines.starts[index]
    margin = lines.text[max(start - _WIDEST_MARGIN, 0) : start]
    return Printed(
        line=index,
        number=number,
        name=str(int(name)) if name.isdigit() else name.lstrip("0"),
        after=start + end,
        own_block=previous != index - 1,
        after_sentence=previous >= 0 and lines.texts[previous].endswith((".", "!", "?", '"')),
        indent=len(margin) - len(margin.rstrip(" \t")),
    )


def own_numbers(
    candidates: Sequence[Printed], *, lone_serial: bool = False
) -> tuple[list[Printed], list[str]]:
    """The candidates that are the cable's paragraphs, in order, and warnings about their sequence.

    With `lone_serial` a first number above 2 that the next does not continue is the telegram's own.
    """
    if not candidates:
        return [], []
    candidates = _at_one_indent(candidates)
    apart = sum(candidate.own_block for candidate in candidates) > _APART * len(candidates)
    later = _Later(candidates, apart=apart)
    taken: list[Printed] = []
    warnings: list[str] = []
    last = 0
    for index, candidate in enumerate(candidates):
        number = candidate.number
        if not taken:
            if lone_serial and number > 2 and not later.has(number + 1, index):
                continue
            if number > _LARGEST_FIRST or (number > 1 and later.has_below(number, index)):
                continue
        elif number == last and candidate.name != str(number):
            pass
        elif number == last + 1:
            if apart and not candidate.own_block and later.has(number, index):
                continue
        elif last < number:
            if (
                number > last + _LARGEST_GAP
                or later.has(last + 1, index)
                or (apart and not candidate.own_block and not candidate.after_sentence)
            ):
                continue
            warnings.append(f"paragraph numbers jump from {last} to {number}")
        elif number == last:
            if apart and not candidate.own_block:
                continue
            warnings.append(f"paragraph number {number} is repeated")
        else:
            if (
                later.has(last + 1, index)
                or (apart and not candidate.own_block)
                or not _restarts(candidates, index)
            ):
                continue
            warnings.append(f"paragraph numbers begin again at {number} after {last}")
        taken.append(candidate)
        last = number
    return taken, warnings


def _restarts(candidates: Sequence[Printed], index: int) -> bool:
    """Whether a number that falls back begins a sequence of its own, or is printed 1 by mistake."""
    number = candidates[index].number
    following = candidates[index + 1].number if index + 1 < len(candidates) else None
    return number == 1 or following == number + 1


def _at_one_indent(candidates: Sequence[Printed]) -> Sequence[Printed]:
    least = min(candidate.indent for candidate in candidates)
    return [candidate for candidate in candidates if candidate.indent <= least + _INDENT]


class _Later:
    """Whether a number is printed again further on, as the sequence prints its numbers."""

    def __init__(self, candidates: Sequence[Printed], *, apart: bool) -> None:
        self._places: dict[int, list[int]] = {}
        for index, candidate in enumerate(candidates):
            if candidate.own_block or not apart:
                self._places.setdefault(candidate.number, []).append(index)

    def has(self, number: int, index: int) -> bool:
        places = self._places.get(number, ())
        return bisect_right(places, index) < len(places)

    def has_below(self, number: int, index: int) -> bool:
        return any(self.has(smaller, index) for smaller in (1, 2) if smaller < number)
