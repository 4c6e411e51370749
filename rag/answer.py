"""Answerers: from a query and its passages to draft sentences, each with what it rests on.

Nothing an answerer says is shown before it is checked; see `rag.pipeline`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.gate import READER_ALONE, Gate
from rag.leads import lead_to
from rag.reader import PassageReader, Reading
from rag.reciting import Recital, quotings, recitals
from rag.selection import SelectionSettings, answering_sentences, question_parts
from rag.types import DraftSentence, FoundBy, Passage, Query, Quote, Usage, Wanted
from rag.years import is_of_its_years


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


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader must know of the answer beside its sentences."""

    text: str


Draft = DraftSentence | Refusal | Usage | Confidence | Remark


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
class _Read:
    """A passage as read for one part of the question."""

    sureness: float
    reading: Reading
    passage: Passage


class ExtractiveAnswerer:
    """Quotes the sentences that answer, verbatim: what it says cannot differ from the cable."""

    name = "extractive"

    def __init__(
        self, reader: PassageReader, settings: SelectionSettings | None = None, gate: Gate = READER_ALONE
    ) -> None:
        self._reader = reader
        self._settings = settings or SelectionSettings()
        self._gate = gate

    def draft(
        self, query: Query, passages: Sequence[Passage], rejected: Sequence[Rejected] = ()
    ) -> Iterator[Draft]:
        if query.wanted is Wanted.CONTENT:
            yield from _recited(recitals(query, passages))
            return
        if not passages:
            yield Refusal("no paragraph was found")
            return
        found, passages = passages, _within_what_is_named(passages)
        if query.wanted is Wanted.QUOTATION and (standing := quotings(query, passages)):
            yield from _recited(standing)
            return
        passages = [p for p in passages if is_of_its_years(query.standalone, p.hit)]
        if not passages:
            yield Refusal(
                f"none of {len(found)} paragraphs is of a year that the question names, or speaks of it"
            )
            return
        whole = self._read(query.standalone, passages)
        confidence = self._gate.probability([one.reading for one in whole], [one.passage for one in whole])
        yield Confidence(confidence)
        if confidence < self._settings.threshold:
            yield Refusal(
                f"the best of {len(whole)} paragraphs answers with confidence {confidence:.2f}, "
                f"below {self._settings.threshold:.2f}"
            )
            return
        refused = {sentence.text for sentence in rejected}
        for one in self._chosen(query.standalone, passages, whole):
            for span in answering_sentences(one.passage.text, one.reading.sentences, self._settings):
                text = " ".join(one.passage.text[span.start : span.end].split())
                if text not in refused:
                    yield DraftSentence(text, (Quote(one.passage.number, span.start, span.end),))

    def _chosen(self, question: str, passages: Sequence[Passage], whole: list[_Read]) -> list[_Read]:
        """The passages to quote: those that answer best, for each part of a question in parts."""
        settings = self._settings
        floor = whole[0].sureness - settings.margin
        chosen = [one for one in whole[: settings.passages] if one.sureness >= floor]
        for part in question_parts(question):
            best = self._read(part, passages)[0]
            if best.sureness >= settings.part_threshold:
                chosen.append(best)
        kept: dict[int, _Read] = {}
        for one in chosen:
            kept.setdefault(one.passage.number, one)
        return list(kept.values())

    def _read(self, question: str, passages: Sequence[Passage]) -> list[_Read]:
        """The passages as read for a question, the surest first."""
        weight = self._settings.retrieval_weight
        read = [
            _Read((1 - weight) * reading.confidence + weight * passage.hit.score, reading, passage)
            for reading, passage in zip(self._reader.read(question, passages), passages, strict=True)
        ]
        return sorted(read, key=lambda one: -one.sureness)


def _recited(shown: Sequence[Recital]) -> Iterator[Draft]:
    """What the question names or quotes, quoted under post and date."""
    if not shown:
        yield Refusal("what the question names is not in this collection")
    for recital in shown:
        passage = recital.passage
        lead = f"{lead_to(passage)}: "
        for span in recital.sentences:
            words = " ".join(passage.text[span.start : span.end].split())
            yield DraftSentence(f"{lead}“{words}”", (Quote(passage.number, span.start, span.end),))
            lead = ""
        if len(recital.sentences) < recital.of:
            cited = passage.hit.paragraph.citation
            yield Remark(
                f"Of {cited}, the first {len(recital.sentences)} of {recital.of} sentences are shown."
            )


def _within_what_is_named(passages: Sequence[Passage]) -> Sequence[Passage]:
    """The passages of the cables that the question names, all where it names none that is here."""
    named = [p for p in passages if p.hit.found_by in {FoundBy.LOOKUP, FoundBy.REFERENCE}]
    return named or passages
