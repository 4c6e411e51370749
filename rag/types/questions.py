"""Questions on their way in: what is asked, what it is narrowed to, what was found for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from rag.types.cables import Kind


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


class Scope(StrEnum):
    """What kind of finding a question needs: a named place, the best few, or everything."""

    LOOKUP = "lookup"
    OPEN = "open"
    EXHAUSTIVE = "exhaustive"


class Wanted(StrEnum):
    """Whether a question asks something, or to be shown a named place, or where quoted words stand."""

    ANSWER = "answer"
    CONTENT = "content"
    QUOTATION = "quotation"


class HeaderFact(StrEnum):
    """What a question wants to know of cables, and their headers tell.

    AUTHOR: the post, and who signed. COUNT: how many there are, and which.
    """

    SIGNATURE = "signature"
    AUTHOR = "author"
    ORIGIN = "origin"
    DATE = "date"
    ADDRESSEES = "addressees"
    CLASSIFICATION = "classification"
    TAGS = "tags"
    PRECEDENCE = "precedence"
    COUNT = "count"


class ClueField(StrEnum):
    """Which property of a cable or paragraph a question speaks of."""

    DATE = "date"
    ORIGIN = "origin"
    TAG = "tag"
    CLASSIFICATION = "classification"
    SENDER = "sender"
    ADDRESSEE = "addressee"
    KIND = "kind"


class Strength(StrEnum):
    """A filter excludes what does not fit it; a boost only lifts what does."""

    FILTER = "filter"
    BOOST = "boost"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search is narrowed to. Empty means everything; dates test overlap.

    All but `kinds` are of the cable; a paragraph passes where its cable does.
    """

    origins: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    classifications: tuple[str, ...] = ()
    cable_ids: tuple[str, ...] = ()
    corpora: tuple[str, ...] = ()
    date_from: date | None = None
    date_to: date | None = None
    senders: tuple[str, ...] = ()
    addressees: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()

    def is_empty(self) -> bool:
        return self == Filters()


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation and its answer: context, never evidence."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller asks. `explain` keeps the parts of every hit's score in the record."""

    text: str
    history: tuple[Turn, ...] = ()
    filters: Filters = field(default_factory=Filters)
    mode: Mode = Mode.AUTO
    policy: Policy = Policy.REPAIR
    top_k: int = 8
    explain: bool = False


@dataclass(frozen=True, slots=True)
class ParagraphRef:
    """A paragraph that a question names: "para 9 of 09ASTANA1206"."""

    cable_id: str
    label: str | None


@dataclass(frozen=True, slots=True)
class Clue:
    """What a question says of the cables that it means: in its words, and as they were read.

    `values` are names and codes, or for a date its first and last day ("" where it is open).
    """

    field: ClueField
    strength: Strength
    text: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The distinct values that a collection's cables have, against which a question's clues are read.

    `silent` are the fields that some do not give; they were sent between `first` and `last`.
    """

    origins: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    classifications: frozenset[str] = frozenset()
    signatures: frozenset[str] = frozenset()
    silent: frozenset[ClueField] = frozenset()
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """What an exhaustive question looks for: all its words in a paragraph, or together and in order."""

    text: str
    together: bool


@dataclass(frozen=True, slots=True)
class ReferenceAsk:
    """A reference that a question wants followed: "reftel A of 09ASTANA1206"; no letter means all."""

    cable_id: str
    letter: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """A question as understood: `standalone`, with what else its words are called in `expansions`.

    `filters` are the caller's with what the question itself narrows; `clues` say which came from its words.
    `contradiction` says why nothing can pass; `mentions` are looked for, any of them; `notes` are told.
    `parts` are the questions that a compound one asks, each as understood by itself. Where there are
    `header_facts`, they are all that is asked.
    """

    text: str
    standalone: str
    filters: Filters
    named: tuple[ParagraphRef, ...] = ()
    unknown: tuple[str, ...] = ()
    scope: Scope = Scope.OPEN
    wanted: Wanted = Wanted.ANSWER
    clues: tuple[Clue, ...] = ()
    references: tuple[ReferenceAsk, ...] = ()
    mentions: tuple[Mention, ...] = ()
    standalone_by: str | None = None
    expansions: tuple[str, ...] = ()
    contradiction: str | None = None
    notes: tuple[str, ...] = ()
    parts: tuple[Query, ...] = ()
    header_facts: tuple[HeaderFact, ...] = ()
    naming_left_out: str | None = None

    @property
    def read_as(self) -> str:
        """What a paragraph is read for: `standalone`, without the cable that it names."""
        return self.naming_left_out or self.standalone

    @property
    def is_follow_up(self) -> bool:
        return self.standalone != self.text
