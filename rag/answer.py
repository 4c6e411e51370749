"""Answerers: from a query and its passages to draft sentences, each with what it rests on.

Nothing an answerer says is shown before it is checked; see `rag.pipeline`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.citations import split_sentences
from rag.reader import PassageReader, Reading
from rag.types import DraftSentence, Passage, Query, Quote, Span, Usage


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answerer finds no answer in the passages, and says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A draft sentence that failed its check, with the reason, for a second attempt."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure the answerer is that the passages answer, before it writes: greater is surer."""

    value: float


Draft = DraftSentence | Refusal | Usage | Confidence


class Answerer(Protocol):
    """Writes an answer from passages; `name` is what the record says of it."""

    name: str

    def draft(
        self, query: Query, passages: Sequence[Passage], rejected: Sequence[Rejected] = ()
    ) -> Iterator[Draft]:
        """Sentences as they are written; `rejected` are those of an earlier draft that failed.

        Raises ModelUnavailable where a model is needed and does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class ExtractiveSettings:
    """When the extractive answerer speaks, and how much it says.

    `threshold` is the least confidence (0..1) at which it answers; a further passage is quoted when its
    confidence is within `margin` of the best.
    """

    threshold: float = 0.5
    margin: float = 0.1
    passages: int = 2


class ExtractiveAnswerer:
    """Quotes the sentences that answer, verbatim: what it says cannot differ from the cable."""

    name = "extractive"

    def __init__(self, reader: PassageReader, settings: ExtractiveSettings | None = None) -> None:
        self._reader = reader
        self._settings = settings or ExtractiveSettings()

    def draft(
        self, query: Query, passages: Sequence[Passage], rejected: Sequence[Rejected] = ()
    ) -> Iterator[Draft]:
        readings = self._reader.read(query.standalone, passages)
        ranked = sorted(readings, key=lambda reading: -reading.confidence)
        if ranked:
            yield Confidence(ranked[0].confidence)
        chosen = [
            reading
            for reading in ranked[: self._settings.passages]
            if reading.confidence
            >= max(self._settings.threshold, ranked[0].confidence - self._settings.margin)
        ]
        if not chosen:
            yield Refusal(_why_refused(ranked, self._settings.threshold))
            return
        refused = {sentence.text for sentence in rejected}
        by_number = {passage.number: passage for passage in passages}
        for reading in chosen:
            passage = by_number[reading.passage]
            for span in _answering_sentences(passage.text, reading.span):
                text = " ".join(passage.text[span.start : span.end].split())
                if text not in refused:
                    yield DraftSentence(text, (Quote(passage.number, span.start, span.end),))


def _answering_sentences(text: str, answer: Span) -> list[Span]:
    """The sentences that the answer touches; the whole text where it has none."""
    sentences = split_sentences(text) or [Span(0, len(text))]
    touched = [span for span in sentences if span.start < answer.end and span.end > answer.start]
    return touched or sentences[:1]


def _why_refused(ranked: Sequence[Reading], threshold: float) -> str:
    if not ranked:
        return "no paragraph was found"
    best = ranked[0].confidence
    return f"the best of {len(ranked)} paragraphs answers with confidence {best:.2f}, below {threshold:.2f}"
