"""What a collection holds, counted for who looks around in it: over time, and by the values of filters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rag.types.cables import CableHeader


class Unit(StrEnum):
    """How wide the bars of a timeline are."""

    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Bar:
    """How many cables were sent from `start` to `end`, both inclusive."""

    start: date
    end: date
    count: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Bars without a gap from the first cable to the last; `undated` cables are in none of them."""

    unit: Unit
    bars: tuple[Bar, ...]
    undated: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The cables that the same post sent before and after; None at either end, or where it is unknown."""

    previous: CableHeader | None
    next: CableHeader | None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value that a filter can take, and how many cables have it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """Every filter's values, the most frequent first; years in their order."""

    origins: tuple[FacetValue, ...]
    tags: tuple[FacetValue, ...]
    classifications: tuple[FacetValue, ...]
    corpora: tuple[FacetValue, ...]
    years: tuple[FacetValue, ...]
