"""The question path: understand, retrieve, answer, check, apply the policy, store. There is only one.

`Pipeline.stream` yields typed events and every caller drives it: JSON, SSE, the command line and
the evaluation runs, so that the measured number is the shipped behaviour.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from rag.answer import Answerer, Confidence, Refusal, Rejected
from rag.collection import Collection
from rag.errors import UsageError
from rag.record import AnswerRecord
from rag.retrieve import HybridSearch
from rag.turn import Turn
from rag.types import (
    Answer,
    AnswerReady,
    Coverage,
    Filters,
    Found,
    Hit,
    Mode,
    PipelineEvent,
    Policy,
    Query,
    Question,
    Retrieved,
    SentenceReady,
    Usage,
)
from rag.understand import understand
from rag.verify import Verifier

TOP_K_LIMIT = 50
# Of an exhaustive question's hits so many are in the answer's record; `search` gives more.
SCAN_EVIDENCE = 200


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found, and how its text was read."""

    query: Query
    found: Found

    @property
    def hits(self) -> tuple[Hit, ...]:
        return self.found.hits


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a question may be, and how long an answer is kept; zero days keeps none."""

    question_chars: int
    keep_answers: timedelta


class Pipeline:
    """Answers questions over one collection. `llm` is None where no model is configured."""

    def __init__(
        self,
        collection: Collection,
        search: HybridSearch,
        extractive: Answerer,
        llm: Answerer | None,
        verifier: Verifier,
        limits: Limits,
    ) -> None:
        self.collection = collection
        self.verifier = verifier
        self._search = search
        self._extractive = extractive
        self._llm = llm
        self._limits = limits

    @property
    def answerer_name(self) -> str:
        """The answerer that `Mode.AUTO` stands for."""
        return (self._llm or self._extractive).name

    def answer(self, question: Question) -> Answer:
        """The whole answer. Raises UsageError, CollectionError or ModelUnavailable; never guesses."""
        *_, last = self.stream(question)
        assert isinstance(last, AnswerReady)
        return last.answer

    def search(self, text: str, filters: Filters, k: int, *, explain: bool = False) -> SearchResult:
        """The best `k` paragraphs for a text, best first, without an answer."""
        query = self._understand(Question(text, filters=filters, top_k=k))
        found = self._search.search(query, k)
        return SearchResult(query, found if explain else replace(found, hits=_unexplained(found.hits)))

    def stream(self, question: Question) -> Iterator[PipelineEvent]:
        """Events of one question: `Retrieved`, a `SentenceReady` for each sentence, `AnswerReady` last.

        No sentence is yielded before its verdict is known. Closing the generator stops the model.
        """
        answerer = self._answerer(question.mode)
        query = self._understand(question)
        turn = Turn(question, query, ())
        with turn.timed("total"):
            with turn.timed("retrieve"):
                found = self._search.search(query, question.top_k)
                turn = _turn(question, query, found, turn.timings_ms)
            yield Retrieved(query, turn.hits)
            if question.policy is Policy.ABSTAIN:
                # Nothing may be seen of an answer that is refused as a whole.
                sentences = list(self._written(turn, answerer))
                if turn.stands_whole():
                    yield from sentences
                else:
                    turn.withhold()
            else:
                yield from self._written(turn, answerer)
                if not turn.has_answer and turn.removed and answerer is not self._extractive:
                    turn.notes.append(
                        f"Every sentence that {answerer.name} wrote failed its check: "
                        "this answer is quoted from the cables instead."
                    )
                    answerer = self._extractive
                    yield from self._written(turn, answerer)
        answer = turn.answer(answerer.name, self.verifier.name, self.collection.store.snapshot())
        self._store(answer)
        yield AnswerReady(answer)

    def _answerer(self, mode: Mode) -> Answerer:
        if mode is Mode.EXTRACTIVE:
            return self._extractive
        if mode is Mode.LLM and self._llm is None:
            raise UsageError("No language model is configured: set CABLEQA_LLM, or ask with mode=extractive.")
        return self._llm or self._extractive

    def _understand(self, question: Question) -> Query:
        """Hold the question against the limits, and read it."""
        if not question.text.strip():
            raise UsageError("The question is empty.")
        if any("\ud800" <= sign <= "\udfff" for sign in question.text):
            raise UsageError(
                "The question holds a lone surrogate, which is no character: send valid Unicode."
            )
        length, limit = len(question.text), self._limits.question_chars
        if length > limit:
            raise UsageError(
                f"The question has {length} characters; the limit is {limit}.", characters=length, limit=limit
            )
        if not 1 <= question.top_k <= TOP_K_LIMIT:
            raise UsageError(f"top_k must be from 1 to {TOP_K_LIMIT}, not {question.top_k}.")
        filters = question.filters
        if filters.date_from and filters.date_to and filters.date_from > filters.date_to:
            raise UsageError(f"date_from {filters.date_from} is after date_to {filters.date_to}.")
        self.collection.require_cables()
        return understand(question, self._search.archive)

    def _written(self, turn: Turn, answerer: Answerer) -> Iterator[SentenceReady]:
        """Draft and check; under `repair` a model whose whole draft failed is asked once more."""
        rejected = yield from self._attempt(turn, answerer, ())
        may_repair = turn.question.policy is Policy.REPAIR and answerer is not self._extractive
        if may_repair and rejected and not turn.has_answer:
            turn.notes.append(f"{answerer.name} was asked once more, after its first draft failed its check.")
            yield from self._attempt(turn, answerer, rejected)

    def _attempt(
        self, turn: Turn, answerer: Answerer, rejected: Sequence[Rejected]
    ) -> Generator[SentenceReady, None, list[Rejected]]:
        """One draft, checked sentence by sentence; returns what failed."""
        failed: list[Rejected] = []
        draft = answerer.draft(turn.query, list(turn.passages.values()), rejected)
        while True:
            with turn.timed("answer"):
                item = next(draft, None)
            if item is None:
                return failed
            if isinstance(item, Usage):
                turn.usage.append(item)
            elif isinstance(item, Refusal):
                turn.notes.append(f"{answerer.name}: {item.reason}.")
            elif isinstance(item, Confidence):
                turn.confidence = item.value
            else:
                with turn.timed("verify"):
                    admitted = turn.admit(item, self.verifier.check(item, turn.passages))
                if isinstance(admitted, Rejected):
                    failed.append(admitted)
                else:
                    yield admitted

    def _store(self, answer: Answer) -> None:
        if not self._limits.keep_answers:
            return
        cited = sorted({(c.paragraph.cable_id, c.paragraph.label) for c in answer.citations})
        record = AnswerRecord.of(answer).model_dump_json()
        self.collection.store.save_answer(answer.answer_id, answer.created_at, record, cited)


def _turn(question: Question, query: Query, found: Found, timings_ms: dict[str, float]) -> Turn:
    """A turn over what was found; of a scan no more is evidence than a record can well hold."""
    hits = found.hits[:SCAN_EVIDENCE]
    whole = found.coverage is Coverage.COMPLETE and len(hits) == len(found.hits)
    return Turn(
        question,
        query,
        hits if question.explain else _unexplained(hits),
        notes=list(found.notes),
        timings_ms=timings_ms,
        coverage=Coverage.COMPLETE if whole else Coverage.SAMPLE,
        total=found.total,
        scanned=found.scanned,
    )


def _unexplained(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    return tuple(replace(hit, parts=()) for hit in hits)
