"""Classification ceilings: how much of a collection somebody may see."""

from __future__ import annotations

from enum import StrEnum


class Ceiling(StrEnum):
    """The highest classification that may be seen; what is not classified is above every one of them."""

    UNCLASSIFIED = "UNCLASSIFIED"
    LIMITED_OFFICIAL_USE = "LIMITED OFFICIAL USE"
    RESTRICTED = "RESTRICTED"
    CONFIDENTIAL = "CONFIDENTIAL"
    SECRET = "SECRET"
    TOP_SECRET = "TOP SECRET"

    @property
    def rank(self) -> int:
        return list(Ceiling).index(self)

    @property
    def classifications(self) -> tuple[str, ...]:
        """Of cables at or below the ceiling. A name that is not known is above it."""
        return tuple(level.value for level in Ceiling if level.rank <= self.rank)

    @property
    def markings(self) -> tuple[str, ...]:
        """Of paragraphs at or below the ceiling. One with a caveat ("C/NF") is above it."""
        return tuple(mark for level in Ceiling if level.rank <= self.rank for mark in MARKINGS[level])


MARKINGS = {
    Ceiling.UNCLASSIFIED: ("U",),
    Ceiling.LIMITED_OFFICIAL_USE: ("LOU", "SBU", "FOUO", "OUO", "U/FOUO", "U//FOUO", "U/SBU"),
    Ceiling.RESTRICTED: ("R",),
    Ceiling.CONFIDENTIAL: ("C",),
    Ceiling.SECRET: ("S",),
    Ceiling.TOP_SECRET: ("TS",),
}
