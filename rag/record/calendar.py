"""Cables by date, as they leave the program."""

from __future__ import annotations

from datetime import date
from typing import Self

from rag.record.cable import HeaderRecord
from rag.record.evidence import Record
from rag.types import Neighbours, Timeline, Unit


class BarRecord(Record):
    """How many cables were sent from `start` to `end`, both inclusive."""

    start: date
    end: date
    count: int


class TimelineRecord(Record):
    """Counts over time without a gap; `undated` cables are in no bar."""

    unit: Unit
    bars: tuple[BarRecord, ...]
    undated: int

    @classmethod
    def of(cls, timeline: Timeline) -> Self:
        return cls(
            unit=timeline.unit,
            bars=tuple(BarRecord(start=bar.start, end=bar.end, count=bar.count) for bar in timeline.bars),
            undated=timeline.undated,
        )


class NeighboursRecord(Record):
    """What the same post sent before and after; null at either end."""

    previous: HeaderRecord | None
    next: HeaderRecord | None

    @classmethod
    def of(cls, found: Neighbours) -> Self:
        return cls(
            previous=HeaderRecord.of(found.previous) if found.previous else None,
            next=HeaderRecord.of(found.next) if found.next else None,
        )
