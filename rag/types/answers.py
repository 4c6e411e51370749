"""Answers on their way out: drafts, checks, citations, the record, and the events of the stream.

Offsets are 0-based, end-exclusive, counted in characters of a Python string.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rag.types.cables import CableHeader, Paragraph
from rag.types.found import Coverage, Hit
from rag.types.questions import Filters, Policy, Query


class Verdict(StrEnum):
    """How a citation, or a whole sentence, stands against the paragraph it cites."""

    SUPPORTED = "supported"
    PARTIAL = "partial"
    CONTRADICTED = "contradicted"
    MISATTRIBUTED = "misattributed"
    NOT_FOUND = "not_found"
    UNCITED = "uncited"


class Outcome(StrEnum):
    """How an answer ended. Only NOT_IN_CORPUS is an abstention.

    FAILED is an error: it stands in the ledger alone, where what was asked and tried is kept, and is never
    given as an answer.
    """

    ANSWERED = "answered"
    PARTIAL = "partial"
    NOT_IN_CORPUS = "not_in_corpus"
    CONFLICTING = "conflicting"
    FAILED = "failed"


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


# The form of a call that rewrites a follow-up; of any other it says how the model was asked to cite.
REWRITING = "rewriting"


@dataclass(frozen=True, slots=True)
class Usage:
    """What one call of a model cost, with which prompt, and why it failed, if it did.

    Tokens are None where the provider does not say, the cost where no prices are set. `form` is how the
    model was asked to cite, or `REWRITING`.
    """

    model: str
    prompt_sha256: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    seconds: float | None = None
    form: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class DisputeSide:
    """What one cable says: the passage's number in this turn, its figure, and the sentence's characters."""

    passage: int
    figure: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Dispute:
    """Cables that give different figures or dates for the same thing; the answer's own side first."""

    sides: tuple[DisputeSide, ...]


@dataclass(frozen=True, slots=True)
class Absence:
    """What was searched where nothing answers: cables and paragraphs under the filter, and hits read.

    `without_text` are cables that the question names and whose text the collection does not have; `unknown`
    are message numbers in it that the collection does not have at all. `stated` is what headers say of it and
    no paragraph does; `told_of` are the cables that it names. `language` is what the question seems to be in.
    """

    cables: int
    paragraphs: int
    hits: int
    without_text: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    told_of: tuple[str, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole record of one answered question. `notes` say what a reader must know about it.

    `confidence` orders answers from doubtful to sure where the answerer can tell; it has no unit.
    `absence` is there where the outcome is an abstention, `failure` where it is an error; `conflict` has
    what the cables say against each other, where they do. `query` is how the question was understood;
    `total` and `scanned` are counted where everything was looked through.
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
    absence: Absence | None = None
    conflict: tuple[DisputeSide, ...] = ()
    failure: str | None = None
    query: Query | None = None
    total: int | None = None
    scanned: int | None = None


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Event: what was found, before anything is written. The answer's text begins with `lead`."""

    query: Query
    hits: tuple[Hit, ...]
    lead: str = ""


@dataclass(frozen=True, slots=True)
class SentenceReady:
    """Event: a checked sentence, with the citations that it is the first to use."""

    sentence: Sentence
    new_citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class AnswerReady:
    """Event: the last one of every question that succeeds; with the record as it was kept, if it was."""

    answer: Answer
    record_json: str | None = None


PipelineEvent = Retrieved | SentenceReady | AnswerReady
