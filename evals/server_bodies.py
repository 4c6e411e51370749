"""What a server's answers look like, as far as they are measured; everything else in them is passed over.

Read leniently, so that a server that breaks a promise is measured as such and not refused.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class CitationBody(Body):
    cable_id: str
    paragraph: str
    quote: str
    char_start: int
    char_end: int
    verdict: str = ""


class EvidenceBody(Body):
    cable_id: str
    paragraph: str
    score: float
    found_by: str
    text: str
    dense_score: float | None = None
    dense_rank: int | None = None
    lexical_rank: int | None = None
    lexical_score: float | None = None


class MarkerBody(Body):
    start: int
    end: int


class SentenceBody(Body):
    text: str
    start: int
    end: int
    citations: tuple[int, ...]
    verdict: str
    reason: str
    markers: tuple[MarkerBody, ...] | None = None


class RemovedBody(Body):
    text: str
    verdict: str
    reason: str


class UsageBody(Body):
    prompt_sha256: str
    input_tokens: int | None = None
    output_tokens: int | None = None


class AnswerBody(Body):
    standalone_question: str
    outcome: str
    text: str
    sentences: tuple[SentenceBody, ...]
    citations: tuple[CitationBody, ...]
    evidence: tuple[EvidenceBody, ...]
    removed: tuple[RemovedBody, ...]
    answerer: str
    verifier: str
    snapshot: str
    timings_ms: dict[str, float] = Field(default_factory=dict)
    usage: tuple[UsageBody, ...] = ()
    notes: tuple[str, ...] = ()
    confidence: float | None = None


class ParagraphBody(Body):
    text: str


class CheckedSentenceBody(Body):
    verdict: str


class CheckedBody(Body):
    sentences: tuple[CheckedSentenceBody, ...]


class ErrorFactsBody(Body):
    message: str


class FailureBody(Body):
    error: ErrorFactsBody
