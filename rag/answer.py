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

    A passage's sureness, 0..1, is the reader's confidence with `retrieval_weight` of the retrieval score. It
    answers from `threshold` on; a second passage is quoted when it is within `margin` of the best. Both
    were chosen on cable-qa-dev, where they balance wrong answers against refusals; the area under the
    ROC curve of answerable against not is 0.84 there, and 0.71 on the sample questions.
    """

    threshold: float = 0.455
    retrieval_weight: float = 0.4
    margin: float = 0.1
    passages: int = 2
    quotation_chars: int = 600


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
        ranked = sorted(
            ((self._sureness(reading, passage), reading, passage)
             for reading, passage in zip(readings, passages, strict=True)),
            key=lambda one: -one[0],
        )  # fmt: skip
        if not ranked:
            yield Refusal("no paragraph was found")
            return
        best = ranked[0][0]
        yield Confidence(best)
        if best < self._settings.threshold:
            yield Refusal(
                f"the best of {len(ranked)} paragraphs answers with sureness {best:.2f}, "
                f"below {self._settings.threshold:.2f}"
            )
            return
        refused = {sentence.text for sentence in rejected}
        for sureness, reading, passage in ranked[: self._settings.passages]:
            if sureness < max(self._settings.threshold, best - self._settings.margin):
                continue
            for span in _answering_sentences(passage.text, reading.span, self._settings.quotation_chars):
                text = " ".join(passage.text[span.start : span.end].split())
                if text not in refused:
                    yield DraftSentence(text, (Quote(passage.number, span.start, span.end),))

    def _sureness(self, reading: Reading, passage: Passage) -> float:
        weight = self._settings.retrieval_weight
        return (1 - weight) * reading.confidence + weight * passage.hit.score


def _answering_sentences(text: str, answer: Span, limit_chars: int) -> list[Span]:
    """The sentences that the answer touches, and their neighbours, which carry what "he" and "it" stand for.

    A neighbour comes along while all of it together has at most `limit_chars` characters.
    """
    sentences = split_sentences(text) or [Span(0, len(text))]
    touched = [i for i, span in enumerate(sentences) if span.start < answer.end and span.end > answer.start]
    first, last = (touched[0], touched[-1]) if touched else (0, 0)
    if first > 0 and sentences[last].end - sentences[first - 1].start <= limit_chars:
        first -= 1
    if last + 1 < len(sentences) and sentences[last + 1].end - sentences[first].start <= limit_chars:
        last += 1
    return sentences[first : last + 1]
