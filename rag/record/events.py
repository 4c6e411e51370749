"""The events of a streamed answer; the last one of every success is the whole ``AnswerRecord``."""

from __future__ import annotations

from typing import Self

from rag.record.answer import AnswerRecord, SentenceRecord
from rag.record.evidence import CitationRecord, EvidenceRecord, Record
from rag.record.question import FiltersIn
from rag.record.understood import UnderstoodRecord
from rag.types import AnswerReady, PipelineEvent, Retrieved, SentenceReady


class RetrievedRecord(Record):
    """Event ``retrieved``: what was found, before anything is written. `lead` begins the answer's text."""

    question: str
    standalone_question: str
    filters_applied: FiltersIn
    evidence: tuple[EvidenceRecord, ...]
    understood: UnderstoodRecord | None = None
    lead: str = ""

    @classmethod
    def of(cls, event: Retrieved) -> Self:
        return cls(
            question=event.query.text,
            standalone_question=event.query.standalone,
            filters_applied=FiltersIn.of(event.query.filters),
            evidence=tuple(EvidenceRecord.of(hit) for hit in event.hits),
            understood=UnderstoodRecord.of(event.query),
            lead=event.lead,
        )


class SentenceEventRecord(Record):
    """Event ``sentence``: one checked sentence with the citations that it is the first to use."""

    sentence: SentenceRecord
    new_citations: tuple[CitationRecord, ...]

    @classmethod
    def of(cls, event: SentenceReady) -> Self:
        return cls(
            sentence=SentenceRecord.of(event.sentence),
            new_citations=tuple(CitationRecord.of(citation) for citation in event.new_citations),
        )


def event_json(event: PipelineEvent) -> tuple[str, str]:
    """The name of an event on the wire, with its data as JSON."""
    match event:
        case Retrieved():
            return "retrieved", RetrievedRecord.of(event).model_dump_json()
        case SentenceReady():
            return "sentence", SentenceEventRecord.of(event).model_dump_json()
        case AnswerReady():
            # What was kept was made and held against its promises once.
            return "answer", event.record_json or AnswerRecord.of(event.answer).model_dump_json()
