"""A stored answer against today's collection: are its words still there, and do its verdicts stand?"""

from __future__ import annotations

import re

from rag.errors import NotFound
from rag.record import AnswerRecord, SentenceRecord
from rag.record.check import RecheckedCitationRecord, RecheckedSentenceRecord, ReverifyRecord
from rag.record.evidence import CitationRecord
from rag.store.cable_store import CableStore
from rag.types import DraftSentence, FoundBy, Hit, Outcome, Passage, Quote
from rag.verifying.verify import Verifier

_MARKER = re.compile(r"\s*\[\d+\]")


def recheck(record: AnswerRecord, store: CableStore, verifier: Verifier) -> ReverifyRecord:
    """Every citation and every sentence of `record`, again. Raises NotFound for a turn that failed."""
    if record.outcome is Outcome.FAILED:
        raise NotFound(
            f"The question of {record.answer_id} ended in an error: there is no answer to check.",
            answer_id=record.answer_id,
        )
    passages: dict[int, Passage] = {}
    for at, citation in enumerate(record.citations):
        paragraph = store.find_paragraph(citation.cable_id, citation.paragraph)
        if paragraph is not None:
            header = store.headers([paragraph.cable_id])[paragraph.cable_id]
            passages[at] = Passage(at, Hit(paragraph, header, 1.0, FoundBy.LOOKUP))
    citations = tuple(_citation(citation, passages.get(at)) for at, citation in enumerate(record.citations))
    return ReverifyRecord(
        answer_id=record.answer_id,
        snapshot=store.snapshot(),
        snapshot_then=record.snapshot,
        holds=all(citation.quote_found for citation in citations),
        citations=citations,
        sentences=tuple(_sentence(sentence, record, passages, verifier) for sentence in record.sentences),
        verifier=verifier.name,
        verifier_then=record.verifier,
    )


def _citation(citation: CitationRecord, passage: Passage | None) -> RecheckedCitationRecord:
    paragraph = None if passage is None else passage.hit.paragraph
    same = paragraph is not None and paragraph.sha256 == citation.paragraph_sha256
    # Of a deleted cable the words are not kept: only the same paragraph, by its hash, has them again.
    found = same or (paragraph is not None and bool(citation.quote) and citation.quote in paragraph.text)
    return RecheckedCitationRecord(
        marker=citation.marker,
        cable_id=citation.cable_id,
        paragraph=citation.paragraph,
        label=citation.label,
        state="gone" if paragraph is None else "same" if same else "changed",
        quote_found=found,
    )


def _sentence(
    sentence: SentenceRecord, record: AnswerRecord, passages: dict[int, Passage], verifier: Verifier
) -> RecheckedSentenceRecord:
    if any(record.citations[at].cable_id in record.deleted for at in sentence.citations):
        verdict, reason = None, "its words were deleted with the cable that it cites"
    else:
        quotes = tuple(Quote(at) for at in sentence.citations)
        check = verifier.check(DraftSentence(_MARKER.sub("", sentence.text), quotes), passages)
        verdict, reason = check.verdict, check.reason
    return RecheckedSentenceRecord(
        text=sentence.text, verdict_then=sentence.verdict, verdict=verdict, reason=reason
    )
