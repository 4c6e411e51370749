"""Questions on their way in: what is asked, what it is narrowed to, what was found for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from rag.types.cables import CableHeader, Paragraph


class Mode(StrEnum):
    """Which answerer a question asks for."""

    AUTO = "auto"
    EXTRACTIVE = "extractive"
    LLM = "llm"


class Policy(StrEnum):
    """What happens to a sentence that fails its check."""

    ANNOTATE = "annotate"
    DROP = "drop"
    REPAIR = "repair"
    ABSTAIN = "abstain"


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
class Filters:
    """What a search is narrowed to. Empty means everything; dates test overlap."""

    origins: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    classifications: tuple[str, ...] = ()
    cable_ids: tuple[str, ...] = ()
    corpora: tuple[str, ...] = ()
    date_from: date | None = None
    date_to: date | None = None

    def is_empty(self) -> bool:
        return self == Filters()


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation and its answer: context, never evidence."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller asks."""

    text: str
    history: tuple[Turn, ...] = ()
    filters: Filters = field(default_factory=Filters)
    mode: Mode = Mode.AUTO
    policy: Policy = Policy.REPAIR
    top_k: int = 8


@dataclass(frozen=True, slots=True)
class ParagraphRef:
    """A paragraph that a question names: "para 9 of 09ASTANA1206"."""

    cable_id: str
    label: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """A question as understood: stand-alone text, what it names, what it is narrowed to."""

    text: str
    standalone: str
    filters: Filters
    named: tuple[ParagraphRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A paragraph that was found. Ranks are 1-based; `dense_score` is a cosine, `lexical_score` BM25."""

    paragraph: Paragraph
    header: CableHeader
    score: float
    found_by: FoundBy
    dense_rank: int | None = None
    dense_score: float | None = None
    lexical_rank: int | None = None
    lexical_score: float | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A hit with the number under which an answerer sees it in this turn (1-based)."""

    number: int
    hit: Hit

    @property
    def text(self) -> str:
        return self.hit.paragraph.text
