"""What an answer rests on, as it leaves the program: cited words and found paragraphs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from rag.types import Citation, DatePrecision, FoundBy, Hit, Kind, Verdict


class Record(BaseModel):
    """Something given out."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CitationRecord(Record):
    """A cited paragraph with the exact words: ``quote == paragraph_text[char_start:char_end]``."""

    marker: int
    cable_id: str
    paragraph: str
    label: str
    quote: str
    char_start: int
    char_end: int
    paragraph_sha256: str
    origin: str | None
    sent_at: datetime | None
    date_from: date | None
    date_to: date | None
    date_precision: DatePrecision
    classification: str | None
    subject: str | None
    heading: str | None
    marking: str | None
    kind: Kind
    verdict: Verdict
    reason: str

    @classmethod
    def of(cls, citation: Citation) -> Self:
        paragraph, header = citation.paragraph, citation.header
        return cls(
            marker=citation.marker,
            cable_id=paragraph.cable_id,
            paragraph=paragraph.label,
            label=paragraph.citation,
            quote=citation.quote,
            char_start=citation.char_start,
            char_end=citation.char_end,
            paragraph_sha256=paragraph.sha256,
            origin=header.origin,
            sent_at=header.sent_at,
            date_from=header.date_from,
            date_to=header.date_to,
            date_precision=header.date_precision,
            classification=header.classification,
            subject=header.subject,
            heading=paragraph.heading,
            marking=paragraph.marking,
            kind=paragraph.kind,
            verdict=citation.verdict,
            reason=citation.reason,
        )


class PartRecord(Record):
    """One part of a score: what an ingredient of the ranking gave."""

    name: str
    value: float


class EvidenceRecord(Record):
    """A paragraph that was found, with its score and why; ranks are 1-based, null where not found so.

    `parts` add up to the score; null unless they were asked for by `explain`.
    """

    cable_id: str
    paragraph: str
    label: str
    score: float
    found_by: FoundBy
    text: str
    heading: str | None
    kind: Kind
    marking: str | None
    sha256: str
    origin: str | None
    sent_at: datetime | None
    date_from: date | None
    date_to: date | None
    date_precision: DatePrecision
    classification: str | None
    subject: str | None
    dense_rank: int | None
    dense_score: float | None
    lexical_rank: int | None
    lexical_score: float | None
    parts: tuple[PartRecord, ...] | None = None

    @classmethod
    def of(cls, hit: Hit) -> Self:
        paragraph, header = hit.paragraph, hit.header
        return cls(
            cable_id=paragraph.cable_id,
            paragraph=paragraph.label,
            label=paragraph.citation,
            score=hit.score,
            found_by=hit.found_by,
            text=paragraph.text,
            heading=paragraph.heading,
            kind=paragraph.kind,
            marking=paragraph.marking,
            sha256=paragraph.sha256,
            origin=header.origin,
            sent_at=header.sent_at,
            date_from=header.date_from,
            date_to=header.date_to,
            date_precision=header.date_precision,
            classification=header.classification,
            subject=header.subject,
            dense_rank=hit.dense_rank,
            dense_score=hit.dense_score,
            lexical_rank=hit.lexical_rank,
            lexical_score=hit.lexical_score,
            parts=tuple(PartRecord(name=part.name, value=part.value) for part in hit.parts) or None,
        )
