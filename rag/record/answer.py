"""The answer as it leaves the program: sentences, citations, evidence, and the promises among them.

Offsets are characters of a Python string, 0-based and end-exclusive.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Self

from pydantic import model_validator

from rag.record.evidence import CitationRecord, EvidenceRecord, Record
from rag.record.question import FiltersIn
from rag.record.understood import UnderstoodRecord
from rag.types import (
    Absence,
    Answer,
    Coverage,
    DisputeSide,
    Hit,
    Outcome,
    Policy,
    Removed,
    Sentence,
    Usage,
    Verdict,
)

# What an answer's own marker looks like; bracketed numbers of a source are shown as "(n)" instead.
MARKER = re.compile(r"\[\d+\]")


class MarkerRecord(Record):
    """Where a marker "[n]" stands in ``text``; `citation` is a 0-based index into ``citations``."""

    start: int
    end: int
    citation: int


class SentenceRecord(Record):
    """A sentence with its markers and verdict: ``answer.text[start:end] == text``."""

    text: str
    start: int
    end: int
    citations: tuple[int, ...]
    markers: tuple[MarkerRecord, ...]
    verdict: Verdict
    reason: str

    @classmethod
    def of(cls, sentence: Sentence) -> Self:
        return cls(
            text=sentence.text,
            start=sentence.start,
            end=sentence.end,
            citations=sentence.citations,
            markers=tuple(
                MarkerRecord(start=span.start, end=span.end, citation=span.citation)
                for span in sentence.markers
            ),
            verdict=sentence.verdict,
            reason=sentence.reason,
        )


class RemovedRecord(Record):
    """A sentence that a policy took out, and why."""

    text: str
    verdict: Verdict
    reason: str

    @classmethod
    def of(cls, removed: Removed) -> Self:
        return cls(text=removed.text, verdict=removed.verdict, reason=removed.reason)


class UsageRecord(Record):
    """What one model call cost; token counts are null where the provider does not say."""

    model: str
    prompt_sha256: str
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None = None
    seconds: float | None = None
    form: str | None = None
    failure: str | None = None

    @classmethod
    def of(cls, usage: Usage) -> Self:
        return cls(**{name: getattr(usage, name) for name in cls.model_fields})


class AbsenceRecord(Record):
    """What was searched where nothing answers; `filters_applied` says under which filter."""

    cables: int
    paragraphs: int
    hits: int
    without_text: tuple[str, ...]
    unknown: tuple[str, ...]
    stated: tuple[str, ...] = ()
    told_of: tuple[str, ...] = ()
    language: str | None = None

    @classmethod
    def of(cls, absence: Absence) -> Self:
        return cls(**{name: getattr(absence, name) for name in cls.model_fields})


class DisputeSideRecord(Record):
    """What one cable says where cables disagree; `label` names its paragraph, which the answer cites."""

    label: str
    origin: str | None
    sent_at: datetime | None
    date_from: date | None
    figure: str
    quote: str

    @classmethod
    def of(cls, side: DisputeSide, hit: Hit) -> Self:
        return cls(
            label=hit.paragraph.citation,
            origin=hit.header.origin,
            sent_at=hit.header.sent_at,
            date_from=hit.header.date_from,
            figure=side.figure,
            quote=hit.paragraph.text[side.start : side.end],
        )


class AnswerRecord(Record):
    """The whole record of one answered question; `deleted` are cables whose text the ledger no longer has.

    Refuses to exist where a promise is broken: a quotation that is not in its paragraph, a citation
    outside the evidence, or a marker in `text` that stands for no citation.
    """

    answer_id: str
    question: str
    standalone_question: str
    outcome: Outcome
    text: str
    sentences: tuple[SentenceRecord, ...]
    citations: tuple[CitationRecord, ...]
    evidence: tuple[EvidenceRecord, ...]
    removed: tuple[RemovedRecord, ...]
    filters_applied: FiltersIn
    coverage: Coverage
    answerer: str
    verifier: str
    snapshot: str
    timings_ms: dict[str, float]
    policy: Policy
    created_at: datetime
    usage: tuple[UsageRecord, ...]
    notes: tuple[str, ...]
    confidence: float | None = None
    absence: AbsenceRecord | None = None
    conflict: tuple[DisputeSideRecord, ...] = ()
    failure: str | None = None
    understood: UnderstoodRecord | None = None
    total: int | None = None
    scanned: int | None = None
    deleted: tuple[str, ...] = ()

    @classmethod
    def of(cls, answer: Answer) -> Self:
        return cls(
            answer_id=answer.answer_id,
            question=answer.question,
            standalone_question=answer.standalone_question,
            outcome=answer.outcome,
            text=answer.text,
            sentences=tuple(SentenceRecord.of(sentence) for sentence in answer.sentences),
            citations=tuple(CitationRecord.of(citation) for citation in answer.citations),
            evidence=tuple(EvidenceRecord.of(hit) for hit in answer.evidence),
            removed=tuple(RemovedRecord.of(removed) for removed in answer.removed),
            filters_applied=FiltersIn.of(answer.filters_applied),
            coverage=answer.coverage,
            answerer=answer.answerer,
            verifier=answer.verifier,
            snapshot=answer.snapshot,
            timings_ms=answer.timings_ms,
            policy=answer.policy,
            created_at=answer.created_at,
            usage=tuple(UsageRecord.of(usage) for usage in answer.usage),
            notes=answer.notes,
            confidence=answer.confidence,
            absence=None if answer.absence is None else AbsenceRecord.of(answer.absence),
            conflict=tuple(
                DisputeSideRecord.of(side, answer.evidence[side.passage - 1]) for side in answer.conflict
            ),
            failure=answer.failure,
            understood=None if answer.query is None else UnderstoodRecord.of(answer.query),
            total=answer.total,
            scanned=answer.scanned,
        )

    @property
    def lead(self) -> str:
        """What is told before the first sentence: a count, which is of the whole and cites nothing."""
        return self.text[: self.sentences[0].start].strip() if self.sentences else ""

    @model_validator(mode="after")
    def _check_citations(self) -> Self:
        texts = {(item.cable_id, item.paragraph): item.text for item in self.evidence}
        for index, citation in enumerate(self.citations):
            if citation.marker != index + 1:
                raise ValueError(f"citation {index} carries marker {citation.marker}")
            text = texts.get((citation.cable_id, citation.paragraph))
            if text is None:
                raise ValueError(f"{citation.label} is cited but not in the evidence")
            if citation.quote != text[citation.char_start : citation.char_end]:
                raise ValueError(f"the quotation of marker {citation.marker} is not in {citation.label}")
        return self

    @model_validator(mode="after")
    def _check_markers(self) -> Self:
        listed = set()
        for sentence in self.sentences:
            if self.text[sentence.start : sentence.end] != sentence.text:
                raise ValueError(f"the sentence at {sentence.start}..{sentence.end} is not in the text")
            for span in sentence.markers:
                if span.citation not in sentence.citations or span.citation >= len(self.citations):
                    raise ValueError(f"a marker stands for citation {span.citation}, which does not exist")
                if self.text[span.start : span.end] != f"[{span.citation + 1}]":
                    raise ValueError(f"no marker [{span.citation + 1}] stands at {span.start}..{span.end}")
                listed.add((span.start, span.end))
        for found in MARKER.finditer(self.text):
            if found.span() not in listed:
                raise ValueError(f"{found.group()} at {found.start()} in the text stands for no citation")
        return self
