"""What the ledger keeps of a deleted cable: by which hash and at which characters it was cited; no text.

A sentence that cites the cable is the cable's text or rests on it, so it goes too, as does what was removed
from an answer that had the cable among its evidence, and every reason that repeats a paragraph's words.
"""

from __future__ import annotations

from rag.record.answer import AnswerRecord, MarkerRecord, SentenceRecord


def without_cable(record: AnswerRecord, cable_id: str) -> AnswerRecord:
    """The record without the text of a cable that was deleted; unchanged where it has nothing of it."""
    told = record.absence is not None and cable_id in record.absence.told_of
    if not told and all(item.cable_id != cable_id for item in record.evidence):
        return record
    gone = f"(deleted with {cable_id})"
    absence = record.absence
    if told and absence is not None:
        absence = absence.model_copy(update={"stated": (gone,)})
    bare = {"subject": None, "heading": None}
    citations = tuple(
        citation.model_copy(update={"quote": "", "reason": gone, **bare})
        if citation.cable_id == cable_id
        else citation
        for citation in record.citations
    )
    lost = {at for at, citation in enumerate(citations) if citation.cable_id == cable_id}
    text, sentences = "", []
    for sentence in record.sentences:
        kept = sentence if lost.isdisjoint(sentence.citations) else _emptied(sentence, gone)
        moved = _placed(kept, len(text) + bool(text))
        text = f"{text} {moved.text}" if text else moved.text
        sentences.append(moved)
    changed = record.model_copy(
        update={
            "text": text or (gone if told else record.text),
            "absence": absence,
            "standalone_question": record.question,
            "sentences": tuple(sentences),
            "citations": citations,
            "evidence": tuple(
                item.model_copy(update={"text": "", **bare}) if item.cable_id == cable_id else item
                for item in record.evidence
            ),
            "removed": tuple(
                item.model_copy(update={"text": gone, "reason": gone}) for item in record.removed
            ),
            "conflict": tuple(
                side.model_copy(update={"figure": "", "quote": ""})
                if side.label.startswith(f"{cable_id} ")
                else side
                for side in record.conflict
            ),
            "notes": tuple(gone if cable_id in note else note for note in record.notes),
            "deleted": (*record.deleted, cable_id),
        }
    )
    # A copy is not checked; what the ledger takes keeps every promise of a record.
    return AnswerRecord.model_validate(changed.model_dump())


def _emptied(sentence: SentenceRecord, gone: str) -> SentenceRecord:
    """The sentence with its markers and without its words."""
    text, markers = gone, []
    for marker in sentence.markers:
        start = len(text) + 1
        text += f" [{marker.citation + 1}]"
        markers.append(
            MarkerRecord(
                start=sentence.start + start, end=sentence.start + len(text), citation=marker.citation
            )
        )
    return sentence.model_copy(update={"text": text, "markers": tuple(markers), "reason": gone})


def _placed(sentence: SentenceRecord, start: int) -> SentenceRecord:
    """The sentence as it stands from `start` on in the answer's text."""
    by = start - sentence.start
    markers = tuple(
        MarkerRecord(start=marker.start + by, end=marker.end + by, citation=marker.citation)
        for marker in sentence.markers
    )
    return sentence.model_copy(update={"start": start, "end": start + len(sentence.text), "markers": markers})
