"""What was found for a question: hits with their scores, and how complete they are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rag.types.cables import CableHeader, Paragraph


class FoundBy(StrEnum):
    """Which way a paragraph was found."""

    DENSE = "dense"
    LEXICAL = "lexical"
    BOTH = "both"
    REFERENCE = "reference"
    LOOKUP = "lookup"


class Coverage(StrEnum):
    """Whether what is shown is all there is."""

    COMPLETE = "complete"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a hit's score: ``"dense"``, ``"lexical"``, ``"cable"``, ``"comment boost"``..."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A paragraph that was found. Ranks are 1-based; `dense_score` is a cosine, `lexical_score` BM25.

    `parts` add up to `score`: what each ingredient of the ranking gave. `original` is the cable that said
    the same first, where this one is a retransmission.
    """

    paragraph: Paragraph
    header: CableHeader
    score: float
    found_by: FoundBy
    dense_rank: int | None = None
    dense_score: float | None = None
    lexical_rank: int | None = None
    lexical_score: float | None = None
    parts: tuple[Part, ...] = ()
    original: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A hit with the number under which an answerer sees it in this turn (1-based)."""

    number: int
    hit: Hit

    @property
    def text(self) -> str:
        return self.hit.paragraph.text


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: `total` and `scanned` are counted where everything was looked through.

    `counted` says how many cables and paragraphs mention what was looked for, where that was asked.
    """

    hits: tuple[Hit, ...]
    coverage: Coverage = Coverage.SAMPLE
    total: int | None = None
    scanned: int | None = None
    notes: tuple[str, ...] = ()
    counted: str | None = None
