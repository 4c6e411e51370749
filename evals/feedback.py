"""What readers said of answers becomes samples, marked for review until a person has seen to their gold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field

from evals.loaders.records import read_bytes, read_lines
from evals.samples import ParagraphKey
from rag.record import AnswerRecord

TYPE = "feedback"
# What a reader's reason says of the question itself, where it says anything.
UNANSWERABLE = "should_have_abstained"
RIGHT = "helpful"
UNSUPPORTED = frozenset({"does_not_support", "wrong_paragraph"})


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark on an answer, or with `marker` on one of its citations."""

    answer_id: str
    marker: int | None
    reason: str
    comment: str | None


class _Known(BaseModel):
    id: str


class KeyOut(BaseModel):
    """A paragraph as a set names it."""

    cable: str
    paragraph: str


class ReviewSample(BaseModel):
    """A line of a question set that a person must look at first: `review` says what readers said."""

    id: str
    question: str
    type: str = TYPE
    gold: list[KeyOut]
    also: list[KeyOut] = Field(default_factory=list)
    answer: str | None
    key_facts: list[str] = Field(default_factory=list)
    answerable: bool
    review: str


def sample_of(record: AnswerRecord, remarks: Sequence[Remark]) -> ReviewSample:
    """A line of a set from an answer and all that was said of it.

    A whole answer called helpful has its citations as gold; a citation called helpful is gold; one that is
    said not to support is not. Where the reader says only that something is wrong, gold stays empty.
    """
    reasons = {remark.reason for remark in remarks if remark.marker is None}
    by_marker = {
        citation.marker: ParagraphKey(citation.cable_id, citation.paragraph) for citation in record.citations
    }
    good = {by_marker[r.marker] for r in remarks if r.marker in by_marker and r.reason == RIGHT}
    bad = {by_marker[r.marker] for r in remarks if r.marker in by_marker and r.reason in UNSUPPORTED}
    right = RIGHT in reasons and len(reasons) == 1
    answerable = UNANSWERABLE not in reasons
    gold = (set(by_marker.values()) if right else good) - bad if answerable else set()
    return ReviewSample(
        id=f"feedback-{record.answer_id}",
        # A follow-up is kept as it was understood, since its conversation is not part of the record.
        question=record.standalone_question,
        gold=[KeyOut(cable=key.cable, paragraph=key.paragraph) for key in sorted(gold)],
        answer=record.text if right and answerable else None,
        answerable=answerable,
        review="; ".join(_said(remark, by_marker) for remark in remarks),
    )


def append_samples(path: Path, samples: Sequence[ReviewSample]) -> int:
    """Append to a set those whose ids it does not hold; says how many those were."""
    known = {row.id for row in read_lines(path, _Known)} if path.exists() else set()
    new = [sample for sample in samples if sample.id not in known]
    torn = path.exists() and read_bytes(path)[-1:] not in {b"", b"\n"}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" if torn and new else "")
        file.writelines(sample.model_dump_json() + "\n" for sample in new)
    return len(new)


def _said(remark: Remark, by_marker: dict[int, ParagraphKey]) -> str:
    where = f" of [{remark.marker}] {by_marker.get(remark.marker, '')}".rstrip() if remark.marker else ""
    comment = f": {remark.comment}" if remark.comment else ""
    return f"{remark.reason}{where}{comment}"
