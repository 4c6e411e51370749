"""A collection with cables of every classification, each with words that stand nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.store.ceiling import Ceiling
from rag.types import Cable, Reference, ReferenceKind
from tests.api import small

# What a cable says it is, and the marking of its second paragraph; the last ones are above every ceiling.
LEVELS: Sequence[tuple[str, str | None, str | None]] = (
    ("05OSLO1", "UNCLASSIFIED", "U"),
    ("05OSLO2", "UNCLASSIFIED", "S"),
    ("05RABAT3", "LIMITED OFFICIAL USE", "LOU"),
    ("05RABAT4", "RESTRICTED", None),
    ("05QUITO5", "CONFIDENTIAL", "C"),
    ("05QUITO6", "CONFIDENTIAL", "C/NF"),
    ("05DAKAR7", "SECRET", "S"),
    ("05DAKAR8", "TOP SECRET", "TS"),
    ("05LIMA9", None, None),
    ("05LIMA10", "COSMIC", None),
)
MARKS = {"U": 0, "LOU": 1, "C": 3, "S": 4, "TS": 5, None: 0, "C/NF": 99}
RANKS = {level.value: level.rank for level in Ceiling}


@dataclass(frozen=True)
class Guarded:
    """A cable with the rank that it takes to see it, and the words that give it away."""

    cable: Cable
    rank: int
    canaries: tuple[str, ...]


def guarded() -> list[Guarded]:
    made = []
    for number, (cable_id, classification, marking) in enumerate(LEVELS):
        canaries = tuple(f"zq{number}{part}canary" for part in ("first", "second", "subject", "tag"))
        texts = (
            f"Barges of the harbor carried {100 + number} tons, said {canaries[0]}.",
            f"The harbor master keyword{number} counted 212 barges in April, wrote {canaries[1]}.",
        )
        cable = small.cable(cable_id, canaries[2].upper(), texts)
        header = replace(cable.header, classification=classification, tags=(canaries[3].upper(),))
        first, second = cable.paragraphs
        others = tuple(
            Reference("A", ReferenceKind.CABLE, "a reftel", other)
            for other, _, _ in LEVELS
            if other != cable_id
        )
        cable = replace(
            cable, header=header, paragraphs=(first, replace(second, marking=marking)), references=others
        )
        rank = max(RANKS.get(classification or "", 99), MARKS[marking])
        made.append(Guarded(cable, rank, canaries))
    return made
