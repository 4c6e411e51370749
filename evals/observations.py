"""What one asked question showed: everything that the metrics and the report page look at, and nothing else.

It is made from an in-process answer or from a server's JSON, and kept in ``samples.jsonl``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from evals.samples import ParagraphKey
from rag.types import Answer, Citation, Filters, Hit


@dataclass(frozen=True, slots=True)
class Evidence:
    """A retrieved paragraph, in rank order. `similarity` is the cosine, where it was found by it."""

    cable: str
    paragraph: str
    score: float
    similarity: float | None
    found_by: str
    text: str
    dense_rank: int | None = None
    lexical_rank: int | None = None
    lexical_score: float | None = None

    @property
    def key(self) -> ParagraphKey:
        return ParagraphKey(self.cable, self.paragraph)


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation beside `stored`, its paragraph's text in the collection (None: no such paragraph)."""

    cable: str
    paragraph: str
    quote: str
    start: int
    end: int
    verdict: str
    stored: str | None

    @property
    def key(self) -> ParagraphKey:
        return ParagraphKey(self.cable, self.paragraph)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the answer without its markers; `citations` are 0-based."""

    text: str
    citations: tuple[int, ...]
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class TakenOut:
    """A sentence that the policy removed."""

    text: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call of a language model: the hash of its prompt, and tokens where the provider says."""

    prompt_sha256: str
    input_tokens: int | None
    output_tokens: int | None


@dataclass(frozen=True, slots=True)
class Observation:
    """One question as it was answered, stage by stage. `plain_text` is the answer without markers.

    Understanding: `standalone_question`, `filters`. Retrieval: `evidence`. Writing: `calls`, and sentences
    and `removed` together. Checking: their verdicts. `confidence` is the answerer's own where it gives
    one; `elapsed_ms` is wall time as a caller sees it, `timings_ms` the time of each stage.
    """

    outcome: str
    standalone_question: str
    text: str
    plain_text: str
    sentences: tuple[Said, ...]
    citations: tuple[Cited, ...]
    evidence: tuple[Evidence, ...]
    removed: tuple[TakenOut, ...]
    answerer: str
    verifier: str
    snapshot: str
    calls: tuple[ModelCall, ...]
    notes: tuple[str, ...]
    confidence: float | None
    timings_ms: dict[str, float]
    elapsed_ms: float
    filters: dict[str, list[str]] = field(default_factory=dict)


FindText = Callable[[str, str], str | None]


def observe(answer: Answer, find_text: FindText, elapsed_ms: float) -> Observation:
    """Reduce an answer to what is measured; `find_text` gives the paragraphs as the collection holds them."""
    spans = [(marker.start, marker.end) for sentence in answer.sentences for marker in sentence.markers]
    return Observation(
        outcome=answer.outcome.value,
        standalone_question=answer.standalone_question,
        text=answer.text,
        plain_text=without_spans(answer.text, spans),
        sentences=tuple(
            Said(
                text=without_spans(
                    answer.text, [(m.start, m.end) for m in sentence.markers], sentence.start, sentence.end
                ),
                citations=sentence.citations,
                verdict=sentence.verdict.value,
                reason=sentence.reason,
            )
            for sentence in answer.sentences
        ),
        citations=tuple(_cited(citation, find_text) for citation in answer.citations),
        evidence=tuple(_evidence(hit) for hit in answer.evidence),
        removed=tuple(TakenOut(item.text, item.verdict.value, item.reason) for item in answer.removed),
        answerer=answer.answerer,
        verifier=answer.verifier,
        snapshot=answer.snapshot,
        calls=tuple(ModelCall(u.prompt_sha256, u.input_tokens, u.output_tokens) for u in answer.usage),
        notes=answer.notes,
        confidence=answer.confidence,
        timings_ms=dict(answer.timings_ms),
        elapsed_ms=elapsed_ms,
        filters=named_filters(answer.filters_applied),
    )


def named_filters(filters: Filters) -> dict[str, list[str]]:
    """The filters that narrow anything: ``{"origins": ["Embassy Astana"]}``."""
    given = asdict(filters).items()
    return {
        name: [str(item) for item in (value if isinstance(value, tuple) else (value,))]
        for name, value in given
        if value
    }


def without_spans(text: str, spans: list[tuple[int, int]], start: int = 0, end: int | None = None) -> str:
    """``text[start:end]`` without the characters of `spans` (offsets into `text`), blanks tidied."""
    kept, position = [], start
    for span_start, span_end in sorted(spans):
        kept.append(text[position:span_start])
        position = max(position, span_end)
    kept.append(text[position:end])
    return " ".join("".join(kept).split())


def _cited(citation: Citation, find_text: FindText) -> Cited:
    paragraph = citation.paragraph
    return Cited(
        cable=paragraph.cable_id,
        paragraph=paragraph.label,
        quote=citation.quote,
        start=citation.char_start,
        end=citation.char_end,
        verdict=citation.verdict.value,
        stored=find_text(paragraph.cable_id, paragraph.label),
    )


def _evidence(hit: Hit) -> Evidence:
    return Evidence(
        cable=hit.paragraph.cable_id,
        paragraph=hit.paragraph.label,
        score=hit.score,
        similarity=hit.dense_score,
        found_by=hit.found_by.value,
        text=hit.paragraph.text,
        dense_rank=hit.dense_rank,
        lexical_rank=hit.lexical_rank,
        lexical_score=hit.lexical_score,
    )
