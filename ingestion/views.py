"""Readable text over raw text, and the map between the two.

A view is what is left of a source when markup, or page furniture, is taken away. Views stack: the body
of a cable is a view of its visible text, which is a view of the raw record. Every character of a view
either stands verbatim in the text below it (a segment) or was put there by cleaning; every character of
the text below that is not white space is in a segment or in a stripped run, never in both.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from rag.types import Segment, Stripped


@dataclass(frozen=True, slots=True)
class View:
    """A text with its segments and stripped runs, both in ascending order."""

    text: str
    segments: tuple[Segment, ...]
    stripped: tuple[Stripped, ...]

    def place_of(self, raw: int) -> int:
        """Where the text from offset `raw` of the text below on stands in this one."""
        index = bisect_left(self.segments, raw, key=lambda segment: segment.raw_start + segment.length)
        while index < len(self.segments):
            segment = self.segments[index]
            if segment.raw_start + segment.length > raw:
                return segment.start + max(raw - segment.raw_start, 0)
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
    return View(text, (Segment(0, 0, len(text)),) if text else (), ())


def cut_out(text: str, cuts: Iterable[Cut]) -> View:
    """`text` without the runs in `cuts`, which are ascending and do not overlap."""
    parts: list[str] = []
    segments: list[Segment] = []
    stripped: list[Stripped] = []
    at = length = 0
    for cut in cuts:
        if cut.start > at:
            parts.append(text[at : cut.start])
            segments.append(Segment(length, at, cut.start - at))
            length += cut.start - at
        if cut.put:
            parts.append(cut.put)
            length += len(cut.put)
        stripped.append(Stripped(cut.start, cut.end, cut.reason))
        at = cut.end
    if at < len(text):
        parts.append(text[at:])
        segments.append(Segment(length, at, len(text) - at))
    return View("".join(parts), tuple(segments), tuple(stripped))


def compose(upper: View, lower: View) -> View:
    """`upper`, a view of ``lower.text``, as a view of the text below `lower`."""
    if len(lower.segments) == 1 and lower.segments[0].raw_start == 0 and not lower.stripped:
        return upper
    starts = [segment.start for segment in lower.segments]
    segments = [
        Segment(segment.start + offset, raw_start, length)
        for segment in upper.segments
        for offset, raw_start, length in _pieces(lower, starts, segment.raw_start, segment.length)
    ]
    stripped = list(lower.stripped)
    for run in upper.stripped:
        stripped.extend(
            Stripped(raw_start, raw_start + length, run.reason)
            for _, raw_start, length in _pieces(lower, starts, run.raw_start, run.raw_end - run.raw_start)
        )
    stripped.sort(key=attrgetter("raw_start"))
    return View(upper.text, tuple(segments), tuple(stripped))


def _pieces(lower: View, starts: list[int], start: int, length: int) -> list[tuple[int, int, int]]:
    """The parts of a run of ``lower.text`` that stand in the raw text: (offset in run, raw start, length)."""
    segments, end = lower.segments, start + length
    index = max(bisect_right(starts, start) - 1, 0)
    pieces: list[tuple[int, int, int]] = []
    while index < len(segments) and segments[index].start < end:
        segment = segments[index]
        first, last = max(start, segment.start), min(end, segment.start + segment.length)
        if first < last:
            pieces.append((first - start, segment.raw_start + first - segment.start, last - first))
        index += 1
    return pieces
