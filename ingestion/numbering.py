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
# "2. in June" right under other text is an item of a list, or the rest of a date; in an edited text it
# always is, for its editors begin paragraphs with a capital.
_IN_SENTENCE = re.compile(r"\s*[a-z]")
_LARGEST_FIRST = 99
_LARGEST_GAP = 3
# Where at least this share of the numbers stand behind a blank line, one that does not is doubtful.
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
    texts = lines.texts
    for index in indexes:
        text = texts[index]
        first = text[0]
        if first.isdigit() or first == "¶":
            found = NUMBERED.match(text)
            inside = bracketed or previous == index - 1
            if found and int(found["number"]) and not (inside and _IN_SENTENCE.match(text, found.end())):
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
    margin = ""
    if lines.text[start - 1 : start] in (" ", "\t"):
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
    judge = _Judge(_at_one_indent(candidates), lone_serial=lone_serial)
    taken = [candidate for index, candidate in enumerate(judge.candidates) if judge.takes(index)]
    return taken, judge.warnings


class _Judge:
    """Takes or leaves candidates one after the other."""

    def __init__(self, candidates: Sequence[Printed], *, lone_serial: bool) -> None:
        self.candidates = candidates
        self.warnings: list[str] = []
        self._lone_serial = lone_serial
        self._apart = sum(candidate.own_block for candidate in candidates) >= _APART * len(candidates)
        self._later = _Later(candidates, apart=self._apart)
        self._last: int | None = None
        self._left: int | None = None

    def takes(self, index: int) -> bool:
        """Whether the candidate at `index` is a paragraph, after what was decided about those before."""
        candidate = self.candidates[index]
        taken = self._begins(index) if self._last is None else self._continues(index, self._last)
        if taken:
            self._last, self._left = candidate.number, None
        else:
            self._left = candidate.number
        return taken

    def _begins(self, index: int) -> bool:
        number = self.candidates[index].number
        if self._lone_serial and number > 2 and not self._later.has(number + 1, index):
            return False
        return number <= _LARGEST_FIRST and not (number > 1 and self._later.has_below(number, index))

    def _continues(self, index: int, last: int) -> bool:
        candidate = self.candidates[index]
        number = candidate.number
        doubtful = self._apart and not candidate.own_block
        if number == last and candidate.name != str(number):
            return True
        if number == last + 1:
            # Within a sentence, or in a list whose item before was left, and printed again as it should be.
            in_list = self._left == number - 1 or not candidate.after_sentence
            return not (doubtful and in_list and self._later.has(number, index))
        if number > last:
            far = number > last + _LARGEST_GAP or self._later.has(last + 1, index)
            return self._warns(
                not far and not (doubtful and not candidate.after_sentence),
                f"paragraph numbers jump from {last} to {number}",
            )
        if number == last:
            return self._warns(not doubtful, f"paragraph number {number} is repeated")
        goes_on = self._later.has(last + 1, index)
        return self._warns(
            not goes_on and not doubtful and _restarts(self.candidates, index),
            f"paragraph numbers begin again at {number} after {last}",
        )

    def _warns(self, taken: bool, warning: str) -> bool:
        if taken:
            self.warnings.append(warning)
        return taken


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
