"""The question path: understand, retrieve, answer, check, apply the policy, store. There is only one.

`Pipeline.stream` yields typed events and every caller drives it: JSON, SSE, the command line and
the evaluation runs, so that the measured number is the shipped behaviour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from rag.answering.absence import absence_of, note_of_missing_text, without_text
from rag.answering.answer import Answerer
from rag.answering.turn import Turn
from rag.answering.writer import Writer
from rag.asking.understand import understand
from rag.errors import CollectionDegraded, ModelUnavailable, UsageError
from rag.index.collection import Collection
from rag.llm.rewriting import Rewriter
from rag.record import AnswerRecord
from rag.store.catalogue import StoredArchive
from rag.text.period_words import expansions
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
from rag.types import Turn as Said
from rag.verifying.verify import Verifier

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


class Finder(Protocol):
    """Finds the best `k` paragraphs for a query, best first, and says how complete they are."""

    def search(self, query: Query, k: int) -> Found: ...


class Pipeline:
    """Answers questions over one collection. `llm` is None where no model is configured."""

    def __init__(
        self,
        collection: Collection,
        search: Finder,
        extractive: Answerer,
        llm: Answerer | None,
        verifier: Verifier,
        limits: Limits,
        rewriter: Rewriter | None = None,
    ) -> None:
        self.collection = collection
        self.verifier = verifier
        self._search = search
        self._archive = StoredArchive(collection.store)
        self._extractive = extractive
        self._llm = llm
        self._limits = limits
        self._rewriter = rewriter

    def unrecorded(
        self, search: Callable[[Finder], Finder] | None = None, llm: Answerer | None = None
    ) -> Pipeline:
        """The same pipeline for measuring: it keeps no answers, and may search or write otherwise."""
        return Pipeline(
            collection=self.collection,
            search=self._search if search is None else search(self._search),
            extractive=self._extractive,
            llm=llm or self._llm,
            verifier=self.verifier,
            limits=Limits(self._limits.question_chars, timedelta(0)),
            rewriter=self._rewriter,
        )

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
        writer = Writer(self._answerer(question.mode), self._extractive, self.verifier)
        query = self._understand(question)
        turn = Turn(question, query, ())
        with turn.timed("total"):
            usage: tuple[Usage, ...] = ()
            leans = query.is_follow_up and not query.header_facts
            if self._rewriter is not None and leans and question.mode is not Mode.EXTRACTIVE:
                with turn.timed("rewrite"):
                    query, usage = _rewritten(query, question.history, self._rewriter)
            with turn.timed("retrieve"):
                found = self._search.search(query, question.top_k)
                if query.header_facts:
                    # What headers say no paragraph does: of what was found, counts and notes tell something.
                    found = replace(found, hits=())
                turn = _turn(question, query, found, turn.timings_ms)
            turn.usage += usage
            turn.notes += self._notes_on_missing_texts(query)
            yield Retrieved(query, turn.hits, turn.counted or "")
            try:
                yield from self._admitted(turn, writer)
            except ModelUnavailable as error:
                self._keep(turn, error)
                raise
            if not turn.has_answer:
                if self.collection.indexes.degraded():
                    raise CollectionDegraded("Nothing was found that answers, but an index is missing")
                turn.absence = absence_of(query, len(turn.passages), self.collection.store)
        answer = turn.answer(self.verifier.name, self.collection.store.snapshot())
        yield AnswerReady(answer, self._store(answer))

    def _admitted(self, turn: Turn, writer: Writer) -> Iterator[SentenceReady]:
        if turn.question.policy is not Policy.ABSTAIN:
            yield from writer.write(turn)
            return
        # Nothing may be seen of an answer that is refused as a whole.
        sentences = list(writer.write(turn))
        if turn.stands_whole():
            yield from sentences
        else:
            turn.withhold()

    def _keep(self, turn: Turn, error: ModelUnavailable) -> None:
        """Write a turn that failed into the ledger, and say in the error under which id."""
        answer = turn.answer(self.verifier.name, self.collection.store.snapshot(), failure=error.message)
        if self._store(answer):
            error.detail["answer_id"] = answer.answer_id

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
        return understand(question, self._archive)

    def _notes_on_missing_texts(self, query: Query) -> Iterator[str]:
        store = self.collection.store
        for header in store.headers(without_text(query, store)).values():
            yield note_of_missing_text(header)

    def _store(self, answer: Answer) -> str | None:
        if not self._limits.keep_answers:
            return None
        cited = sorted({(c.paragraph.cable_id, c.paragraph.label) for c in answer.citations})
        record = AnswerRecord.of(answer).model_dump_json()
        self.collection.store.save_answer(answer.answer_id, answer.created_at, record, cited)
        return record


def _rewritten(query: Query, history: Sequence[Said], rewriter: Rewriter) -> tuple[Query, tuple[Usage, ...]]:
    """The query with its follow-up as the model makes it stand alone; by rule, and noted, where it fails."""
    made = rewriter.rewrite(query.text, history)
    if made.text is None:
        return replace(query, notes=(*query.notes, made.note or "")), (made.usage,)
    lone = replace(query, standalone=made.text, standalone_by=rewriter.name, expansions=expansions(made.text))
    return lone, (made.usage,)


def _turn(question: Question, query: Query, found: Found, timings_ms: dict[str, float]) -> Turn:
    """A turn over what was found; of a scan no more is evidence than a record can well hold."""
    hits = found.hits[:SCAN_EVIDENCE]
    return Turn(
        question,
        query,
        hits if question.explain else _unexplained(hits),
        notes=[note for note in found.notes if note != found.counted],
        counted=found.counted,
        timings_ms=timings_ms,
        coverage=found.coverage if len(hits) == len(found.hits) else Coverage.SAMPLE,
        total=found.total,
        scanned=found.scanned,
    )


def _unexplained(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    return tuple(replace(hit, parts=()) for hit in hits)
