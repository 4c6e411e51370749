"""The values that travel through the library: frozen, typed, and free of behaviour that does I/O.

Offsets are 0-based, end-exclusive, counted in characters of a Python string.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a paragraph is, by the cable's own markers."""

    SUMMARY = "summary"
    BODY = "body"
    COMMENT = "comment"
    ACTION_REQUEST = "action_request"
    QUOTED_TEXT = "quoted_text"
    NOTE = "note"


class Verdict(StrEnum):
    """How a citation, or a whole sentence, stands against the paragraph it cites."""

    SUPPORTED = "supported"
    PARTIAL = "partial"
    CONTRADICTED = "contradicted"
    MISATTRIBUTED = "misattributed"
    NOT_FOUND = "not_found"
    UNCITED = "uncited"


class Outcome(StrEnum):
    """How an answer ended. Only NOT_IN_CORPUS is an abstention."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    NOT_IN_CORPUS = "not_in_corpus"
    CONFLICTING = "conflicting"


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


class DatePrecision(StrEnum):
    """How exactly a cable is dated."""

    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


class ReferenceKind(StrEnum):
    """What a REF entry points to."""

    CABLE = "cable"
    EMAIL = "email"
    TELEPHONE = "telephone"
    MEETING = "meeting"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters of some text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of the cleaned body that stands verbatim in the raw text.

    ``body[start:start + length] == raw[raw_start:raw_start + length]``; what lies between two
    segments of the body was put there by cleaning (a blank for a line break).
    """

    start: int
    raw_start: int
    length: int


@dataclass(frozen=True, slots=True)
class Stripped:
    """A run of the raw text that is not in the body, and why (``page_banner``, ``header``...)."""

    raw_start: int
    raw_end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of a cable's REF line. `cable_id` is the canonical MRN, None where it is no cable."""

    letter: str | None
    kind: ReferenceKind
    text: str
    cable_id: str | None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A numbered paragraph: ``text == cable.body[start:end]``.

    `label` is unique in the cable ("9", "4#2", "u1", "n1"); `citation` is what a reader sees.
    """

    cable_id: str
    label: str
    ordinal: int
    start: int
    end: int
    text: str
    heading: str | None
    kind: Kind
    marking: str | None
    sha256: str

    @property
    def citation(self) -> str:
        return f"{self.cable_id} ¶{self.label}"


@dataclass(frozen=True, slots=True)
class CableHeader:
    """What is known of a cable beside its text. None where the source does not say.

    `date_from`..`date_to` is the span in which it was sent: one day with a DTG, a year where only
    the MRN dates it. `tags` are codes; `source` names the file (and member) it came from.
    """

    cable_id: str
    corpus: str
    format: str
    origin: str | None
    sent_at: datetime | None
    date_from: date | None
    date_to: date | None
    date_precision: DatePrecision
    classification: str | None
    subject: str | None
    tags: tuple[str, ...]
    signature: str | None
    source: str
    captions: tuple[str, ...] = ()
    precedence: str | None = None
    sender: str | None = None
    addressees: tuple[str, ...] = ()
    info_addressees: tuple[str, ...] = ()
    executive_order: str | None = None
    text_available: bool = True


@dataclass(frozen=True, slots=True)
class Cable:
    """A parsed cable: header, cleaned body with its map to the raw text, paragraphs, references.

    `raw` is the source record as bytes, `encoding` how it was decoded; `aliases` are other
    spellings of the id. ``segments`` and ``stripped`` together account for every raw character.
    """

    header: CableHeader
    body: str
    paragraphs: tuple[Paragraph, ...]
    references: tuple[Reference, ...]
    raw: bytes
    encoding: str
    segments: tuple[Segment, ...]
    stripped: tuple[Stripped, ...] = ()
    warnings: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of one paragraph, short enough for the encoder; offsets are into the paragraph."""

    cable_id: str
    label: str
    ordinal: int
    start: int
    end: int
    text: str

    @property
    def chunk_id(self) -> str:
        return f"{self.cable_id}|{self.label}|{self.ordinal}"


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


@dataclass(frozen=True, slots=True)
class Quote:
    """What a draft sentence rests on: a passage number, and offsets in it where they are known."""

    passage: int
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence as an answerer wrote it, markers removed. `unknown_markers` were never offered."""

    text: str
    quotes: tuple[Quote, ...]
    unknown_markers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CitationCheck:
    """The verdict on one citation: `start`..`end` are the words of the paragraph it rests on."""

    passage: int
    start: int
    end: int
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class SentenceCheck:
    """The verdict on one sentence with all it cites, in the order of its quotes."""

    verdict: Verdict
    reason: str
    citations: tuple[CitationCheck, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation as shown. ``quote == paragraph.text[char_start:char_end]``; `marker` is 1-based."""

    marker: int
    paragraph: Paragraph
    header: CableHeader
    char_start: int
    char_end: int
    verdict: Verdict
    reason: str

    @property
    def quote(self) -> str:
        return self.paragraph.text[self.char_start : self.char_end]


@dataclass(frozen=True, slots=True)
class MarkerSpan:
    """Where a marker "[n]" stands in the answer's text."""

    start: int
    end: int
    citation: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer: ``answer.text[start:end]`` with markers; `citations` are 0-based."""

    text: str
    start: int
    end: int
    citations: tuple[int, ...]
    markers: tuple[MarkerSpan, ...]
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A sentence that a policy took out of the answer."""

    text: str
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a model call cost: tokens in and out where the provider says, and the prompt's hash."""

    model: str
    prompt_sha256: str
    input_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole record of one answered question. `notes` say what a reader must know about it.

    `confidence` orders answers from doubtful to sure where the answerer can tell; it has no unit.
    """

    answer_id: str
    question: str
    standalone_question: str
    outcome: Outcome
    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    evidence: tuple[Hit, ...]
    removed: tuple[Removed, ...]
    filters_applied: Filters
    coverage: Coverage
    answerer: str
    verifier: str
    snapshot: str
    timings_ms: dict[str, float]
    policy: Policy
    created_at: datetime
    usage: tuple[Usage, ...] = ()
    notes: tuple[str, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Event: what was found, before anything is written."""

    query: Query
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class SentenceReady:
    """Event: a checked sentence, with the citations that it is the first to use."""

    sentence: Sentence
    new_citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class AnswerReady:
    """Event: the last one of every question that succeeds."""

    answer: Answer


PipelineEvent = Retrieved | SentenceReady | AnswerReady
