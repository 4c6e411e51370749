"""Answerers: from a query and its passages to draft sentences, each with what it rests on.

Nothing an answerer says is shown before it is checked; see `rag.pipeline`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from rag.answering.gate import READER_ALONE, Gate
from rag.answering.reciting import Recital, mentionings, quotings, recitals
from rag.answering.selection import SelectionSettings, answering_sentences, says_something
from rag.answering.years import is_of_its_years
from rag.asking.comparing import compared, speaks_of
from rag.asking.followups import RULES
from rag.models.reader import PassageReader, Reading, read_context
from rag.text.leads import lead_to
from rag.types import DraftSentence, FoundBy, Kind, Passage, Query, Quote, Scope, Span, Usage, Wanted


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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question or a part of one with its passages, the surest first, and how likely one answers it."""

    query: Query
    read: list[_Read]
    probability: float


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
        passages = [p for p in passages if says_something(p.text)]
        if not passages:
            yield Refusal("what was found only marks where parts of cables begin and end")
            return
        sides = bool(query.parts) and bool(compared(query.text))
        parts = [
            self._asked(part, _of_side(part, query, passages) if sides else passages) for part in query.parts
        ]
        # What is set beside another thing is answered by what is found of either, and not by one paragraph.
        asked = parts if sides else [self._asked(query, passages), *parts]
        confidence = max(one.probability for one in asked)
        # A count is told in a note; where nothing else answers, what was counted is shown.
        counted = query.scope is Scope.EXHAUSTIVE and confidence < self._settings.threshold
        if counted and (mentioned := mentionings(query, passages)):
            yield from _recited(mentioned)
            return
        yield Confidence(confidence)
        if confidence < self._settings.threshold:
            yield Refusal(
                f"the best of {len(passages)} paragraphs answers with confidence {confidence:.2f}, "
                f"below {self._settings.threshold:.2f}"
            )
            return
        answered = [one.read for one in parts if one.probability >= self._settings.threshold]
        refused = {sentence.text for sentence in rejected}
        for passage, spans in self._quoted(answered or [self._by_own_words(asked[0])]):
            for span in spans:
                text = " ".join(passage.text[span.start : span.end].split())
                if text not in refused:
                    yield DraftSentence(text, (Quote(passage.number, span.start, span.end),))
        for part in parts:
            if part.probability < self._settings.threshold:
                yield Remark(f"No paragraph was found that surely answers this part: “{part.query.text}”")

    def _asked(self, query: Query, passages: Sequence[Passage]) -> _Asked:
        if not passages:
            return _Asked(query, [], 0.0)
        read = self._read(query.read_as, passages)
        probability = self._gate.probability([one.reading for one in read], [one.passage for one in read])
        return _Asked(query, read, probability)

    def _quoted(self, asked: Sequence[Sequence[_Read]]) -> Iterator[tuple[Passage, list[Span]]]:
        """The passages that answer best, with their sentences to quote, in order; for each question asked."""
        settings = self._settings
        chosen: dict[int, tuple[Passage, set[Span]]] = {}
        # A question in parts is answered in as many places, each in one.
        most = max(settings.passages // len(asked), 1)
        for read in asked:
            floor = read[0].sureness - settings.margin
            surest = [one for one in read[:most] if one.sureness >= floor]
            for one in _with_bodies(surest, read, settings.body_margin):
                spans = answering_sentences(one.passage.text, one.reading.sentences, settings)
                chosen.setdefault(one.passage.number, (one.passage, set()))[1].update(spans)
        for passage, found in chosen.values():
            yield passage, sorted(found, key=lambda span: span.start)

    def _by_own_words(self, asked: _Asked) -> list[_Read]:
        """The passages in the order of a follow-up's own words; with the talk before, their sentences.

        What was said before draws to the paragraph that has answered already.
        """
        if asked.query.standalone_by != RULES:
            return asked.read
        again = self._read(asked.query.text, [one.passage for one in asked.read])
        own = {one.passage.number: one.sureness for one in again}
        return _surest_first(replace(one, sureness=own[one.passage.number]) for one in asked.read)

    def _read(self, question: str, passages: Sequence[Passage]) -> list[_Read]:
        """The passages as read for a question, the surest first."""
        weight = self._settings.retrieval_weight
        return _surest_first(
            _Read((1 - weight) * reading.confidence + weight * passage.hit.score, reading, passage)
            for reading, passage in zip(self._reader.read(question, passages), passages, strict=True)
        )


def _surest_first(read: Iterable[_Read]) -> list[_Read]:
    return sorted(read, key=lambda one: -one.sureness)


def _of_side(part: Query, query: Query, passages: Sequence[Passage]) -> list[Passage]:
    """The passages that speak of this side of a comparison, or whose cable does, if not of the other one."""
    beside = " ".join(other.text for other in query.parts if other is not part)
    found = []
    for passage in passages:
        hit = passage.hit
        if speaks_of(part.text, beside, passage.text) or (
            speaks_of(part.text, beside, read_context(hit.header, hit.paragraph))
            and not speaks_of(beside, part.text, passage.text)
        ):
            found.append(passage)
    return found


def _with_bodies(chosen: Sequence[_Read], read: Sequence[_Read], margin: float) -> Iterator[_Read]:
    """The chosen passages; before a SUMMARY comes the body of its cable that says it nearly as surely."""
    for one in chosen:
        paragraph = one.passage.hit.paragraph
        if paragraph.kind is Kind.SUMMARY:
            yield from [
                other
                for other in read
                if other.passage.hit.paragraph.cable_id == paragraph.cable_id
                and other.passage.hit.paragraph.kind is not Kind.SUMMARY
                and other.sureness >= one.sureness - margin
            ][:1]
        yield one


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
