"""What the surfaces share: the pipeline, the settings, the workers, and the answers in the making.

A service is seen by a caller: the routes are given the view of whoever asks, whose pipeline and store
know no cable above the caller's ceiling.
"""

from __future__ import annotations

import contextlib
import copy
import math
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from api.audit import AuditLog
from api.batches.book import BatchItem
from api.batches.runner import BatchRunner
from api.history import History
from api.keys import LOCAL, Caller, KeyBook, Scope
from api.metrics import Metrics
from api.observing import Observer
from api.runs import Runs
from api.watched import Watched
from api.workers import Kind, Workers
from rag.config import Settings
from rag.errors import CableqaError, CollectionDegraded, CollectionEmpty, Forbidden, NotFound
from rag.models.processor import usable_cores
from rag.record import AnswerRecord, ErrorFacts, QuestionIn
from rag.store.ceiling import Ceiling
from rag.types import Answer, AnswerReady, Filters, Mode, PipelineEvent, Question, Turn

if TYPE_CHECKING:
    # Only named, never loaded from here: a client of a running server must not wait for torch.
    from rag.pipeline import Pipeline, SearchResult
    from rag.store.cable_store import CableStore

T = TypeVar("T")
# Earlier turns of a conversation that a question is understood with.
HISTORY_TURNS = 6
# Answers to nobody before a server is ready; after so many seconds none is begun.
WARM_ANSWERS, WARM_S = 8, 3.0


def _nothing() -> None:
    """The collection is somebody else's to close."""


@dataclass(frozen=True)
class Service:
    """One open collection with everything that is needed to answer from it.

    With `keys` every request needs one; `below` gives the pipeline under a ceiling; `release` gives the
    collection free, after `close`, when nothing reads it any more.
    """

    pipeline: Pipeline
    settings: Settings
    history: History
    workers: Workers = field(init=False)
    keys: KeyBook | None = None
    below: Callable[[Ceiling], Pipeline] | None = None
    audit: AuditLog | None = None
    release: Callable[[], None] = _nothing
    observers: tuple[Observer, ...] = ()
    metrics: Metrics = field(default_factory=Metrics)
    caller: Caller = LOCAL
    whole: CableStore = field(init=False)
    runs: Runs = field(init=False)
    batches: BatchRunner = field(init=False)
    watched: Watched = field(init=False, default_factory=Watched)

    def __post_init__(self) -> None:
        object.__setattr__(self, "workers", Workers.of(self.settings))
        object.__setattr__(self, "whole", self.pipeline.collection.store)
        object.__setattr__(self, "runs", Runs(self.workers))
        object.__setattr__(self, "batches", BatchRunner(self.history.batches, self._answer_for))

    @property
    def store(self) -> CableStore:
        return self.pipeline.collection.store

    @property
    def owner(self) -> str:
        """Whose conversations and batches are seen."""
        return self.caller.key_id

    def seen_by(self, caller: Caller) -> Service:
        """The same service as a caller may use it."""
        view = copy.copy(self)
        object.__setattr__(view, "caller", caller)
        if caller.ceiling is not None:
            assert self.below is not None, "a key with a ceiling needs a pipeline below it"
            object.__setattr__(view, "pipeline", self.below(caller.ceiling))
        return view

    def require(self, scope: Scope) -> None:
        """Raises Forbidden where the caller may not do that."""
        if not self.caller.scope.covers(scope):
            raise Forbidden(f"This key may {self.caller.scope}, and this wants {scope}.", needed=scope.value)

    def warm_up(self, answers: int = WARM_ANSWERS) -> None:
        """Answer questions of the collection's own to nobody, by the whole path and as many at once as there
        are cores, so that the first real ones do not pay for what is loaded, compiled and read once.
        """
        pipeline = self.pipeline.unrecorded()

        def answer(text: str, ends: float = math.inf) -> None:
            with contextlib.suppress(CollectionEmpty, CollectionDegraded):
                if time.monotonic() < ends:
                    pipeline.answer(Question(text, mode=Mode.EXTRACTIVE))

        answer("What is ready?")
        headers = self.store.list_headers(Filters(), limit=answers - 1, after=None) if answers > 1 else ()
        texts = [f"What was reported on {header.subject or header.origin}?" for header in headers]
        ends = time.monotonic() + WARM_S
        with ThreadPoolExecutor(usable_cores()) as pool:
            for done in [pool.submit(answer, text, ends) for text in texts]:
                done.result()

    def understand(self, asked: QuestionIn) -> Question:
        """The question with its conversation as history. Raises NotFound for an unknown conversation."""
        question = asked.to_question()
        if asked.conversation_id is None:
            return question
        conversation = self.history.conversations.get(asked.conversation_id, self.owner)
        if question.history:
            return question
        earlier = self.find_answers(conversation.answer_ids[-HISTORY_TURNS:])
        return replace(question, history=tuple(Turn(record.question, record.text) for record in earlier))

    def stream(self, question: Question, conversation_id: str | None) -> Iterator[PipelineEvent]:
        """The pipeline's events; a finished answer is in its conversation before it is told of."""
        outcome = "stopped"
        answer: Answer | None = None
        began_ns = time.time_ns()
        try:
            for event in self.pipeline.stream(question):
                if isinstance(event, AnswerReady):
                    answer = event.answer
                    outcome = answer.outcome.value
                    if self.caller.ceiling is not None:
                        self.history.ceilings.note(answer.answer_id, self.caller.ceiling)
                    if conversation_id is not None:
                        self.history.conversations.append(conversation_id, answer.answer_id, self.owner)
                yield event
        except Exception as error:
            outcome = error.code if isinstance(error, CableqaError) else "internal"
            raise
        finally:
            for observer in (self.metrics, *self.observers):
                observer.over(began_ns, answer, None if answer is not None else outcome)
            if self.audit is not None:
                answer_id = None if answer is None else answer.answer_id
                self.audit.note(self.caller, "ask", question.text, outcome, answer_id=answer_id)

    def search(self, text: str, filters: Filters, k: int, *, explain: bool = False) -> SearchResult:
        """The best `k` paragraphs that the caller may see."""
        found = self.pipeline.search(text, filters, k, explain=explain)
        if self.audit is not None:
            self.audit.note(self.caller, "search", text, "found", hits=len(found.found.hits))
        return found

    def answer(self, asked: QuestionIn) -> AnswerRecord:
        """The whole record of a question."""
        *_, last = self.stream(self.understand(asked), asked.conversation_id)
        assert isinstance(last, AnswerReady)
        return AnswerRecord.of(last.answer)

    def answer_json(self, answer_id: str) -> str:
        """The record of an answer as it was given. Raises NotFound, as for one that is not for the caller."""
        record = self.whole.find_answer(answer_id)
        if record is None or not self._may_see(AnswerRecord.model_validate_json(record)):
            raise NotFound(f"There is no answer {answer_id[:100]!r}.", answer_id=answer_id[:100])
        return record

    def find_answers(self, answer_ids: Iterable[str]) -> Iterator[AnswerRecord]:
        """Those that are still kept and for the caller, in their order."""
        for answer_id in answer_ids:
            stored = self.whole.find_answer(answer_id)
            record = None if stored is None else AnswerRecord.model_validate_json(stored)
            if record is not None and self._may_see(record):
                yield record

    def batch_items(self, batch_id: str) -> tuple[BatchItem, ...]:
        """The questions of a batch; an answer that is no longer for the caller is an error."""
        gone = ErrorFacts(code=NotFound.code, message="This answer is no longer for this key.")
        return tuple(
            replace(item, answer=None, error=gone) if item.answer and not self._may_see(item.answer) else item
            for item in self.history.batches.items(batch_id)
        )

    async def work(self, work: Callable[[], T], kind: Kind = "look-up") -> T:
        """Run blocking `work` in a worker thread. Raises ``Busy`` when too much waits already."""
        return await self.workers.run(work, kind)

    def close(self) -> None:
        self.runs.stop()
        self.batches.close()
        self.workers.close()
        self.history.close()
        for kept in (self.keys, self.audit):
            if kept is not None:
                kept.close()

    def _may_see(self, record: AnswerRecord) -> bool:
        """Made under a ceiling no higher than the caller's, and of cables that are not above it by now."""
        if self.caller.ceiling is None:
            return True
        if not self.caller.may_see(self.history.ceilings.of(record.answer_id)):
            return False
        read = {hit.cable_id for hit in record.evidence}
        if record.absence is not None:
            read.update(record.absence.told_of)
        return self.whole.headers(read).keys() == self.store.headers(read).keys()

    def _answer_for(self, asked: QuestionIn, owner: str) -> AnswerRecord:
        """A question of a batch, answered as its owner may have it answered."""
        caller = LOCAL if self.keys is None else self.keys.holder(owner)
        if caller is None or caller.key_id != owner:
            raise Forbidden("The key that this was asked with is no longer good.")
        return self.seen_by(caller).answer(asked)
