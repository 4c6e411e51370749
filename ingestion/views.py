"""Readable text over raw text, and the map between the two.

A view is what is left of a source when markup, or page furniture, is taken away. Views stack: the body
of a cable is a view of its visible text, which is a view of the raw record. Every character of a view
either stands verbatim in the text below it (a segment) or was put there by cleaning; every character of
the text below that is not white space is in a segment or in a stripped run, never in both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

# Views are stacked, and a cable's own is the last: plain tuples, of which a cable makes its Segments (start,
# start in the text below, length) and its Stripped runs (start and end in the text below, reason).
Piece = tuple[int, int, int]
Removed = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class View:
    """A text with its segments and stripped runs, both in ascending order."""

    text: str
    segments: tuple[Piece, ...]
    stripped: tuple[Removed, ...]

    def place_of(self, raw: int) -> int:
        """Where the text from offset `raw` of the text below on stands in this one."""
        index = bisect_left(self.segments, raw, key=lambda segment: segment[1] + segment[2])
        while index < len(self.segments):
            start, raw_start, length = self.segments[index]
            if raw_start + length > raw:
                return start + max(raw - raw_start, 0)
            index += 1
        return len(self.text)


@dataclass(frozen=True, slots=True)
class Cut:
    """A run to leave out, what stands in its place, and why."""

    start: int
    end: int
    reason: str
    put: str = ""


def whole(text: str) -> View:
    """The view that leaves nothing out."""
    return View(text, ((0, 0, len(text)),) if text else (), ())


def cut_out(text: str, cuts: Iterable[Cut]) -> View:
    """`text` without the runs in `cuts`, which are ascending and do not overlap."""
    parts: list[str] = []
    segments: list[Piece] = []
    stripped: list[Removed] = []
    at = length = 0
    for cut in cuts:
        if cut.start > at:
            parts.append(text[at : cut.start])
            segments.append((length, at, cut.start - at))
            length += cut.start - at
        if cut.put:
            parts.append(cut.put)
            length += len(cut.put)
        stripped.append((cut.start, cut.end, cut.reason))
        at = cut.end
    if at < len(text):
        parts.append(text[at:])
        segments.append((length, at, len(text) - at))
    return View("".join(parts), tuple(segments), tuple(stripped))


def compose(upper: View, lower: View) -> View:
    """`upper`, a view of ``lower.text``, as a view of the text below `lower`."""
    if len(lower.segments) == 1 and lower.segments[0][1] == 0 and not lower.stripped:
        return upper
    runs = [(raw_start, raw_start + length) for _, raw_start, length in upper.segments]
    segments = [
        (upper.segments[run][0] + offset, raw_start, length)
        for run, offset, raw_start, length in _parts(lower.segments, runs)
    ]
    runs = [(start, end) for start, end, _ in upper.stripped]
    stripped = [
        (raw_start, raw_start + length, upper.stripped[run][2])
        for run, _, raw_start, length in _parts(lower.segments, runs)
    ]
    stripped = sorted([*lower.stripped, *stripped], key=itemgetter(0))
    return View(upper.text, tuple(segments), tuple(stripped))


def _parts(segments: Sequence[Piece], runs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int, int]]:
    """The parts of ascending runs of a view that stand in the text below it.

    Of each part: which run it is of, its offset there, its start in the text below, its length.
    """
    first = 0
    for run, (start, end) in enumerate(runs):
        while first < len(segments) and segments[first][0] + segments[first][2] <= start:
            first += 1
        index = first
        while index < len(segments) and segments[index][0] < end:
            place, raw_start, length = segments[index]
            begin, stop = max(start, place), min(end, place + length)
            if begin < stop:
                yield run, begin - start, raw_start + begin - place, stop - begin
            index += 1
