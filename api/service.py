"""What the surfaces share: the pipeline, the settings, the workers, and the answers in the making."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from api.batches.book import BatchItem
from api.batches.runner import BatchRunner
from api.history import History
from api.runs import Runs
from api.workers import Workers
from rag.config import Settings
from rag.errors import CollectionEmpty, NotFound
from rag.record import AnswerRecord, QuestionIn
from rag.types import AnswerReady, Filters, PipelineEvent, Question, Turn

if TYPE_CHECKING:
    # Only named, never loaded from here: a client of a running server must not wait for torch.
    from rag.pipeline import Pipeline
    from rag.store import CableStore

T = TypeVar("T")
# Earlier turns of a conversation that a question is understood with.
HISTORY_TURNS = 6


@dataclass(frozen=True)
class Service:
    """One open collection with everything that is needed to answer from it."""

    pipeline: Pipeline
    settings: Settings
    history: History
    workers: Workers = field(default_factory=Workers)
    runs: Runs = field(init=False)
    batches: BatchRunner = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "runs", Runs(self.workers))
        object.__setattr__(self, "batches", BatchRunner(self.history.batches, self._answer_for))

    @property
    def store(self) -> CableStore:
        return self.pipeline.collection.store

    def warm_up(self) -> None:
        """Answer a question to nobody, so that the first real one does not pay for lazy loading."""
        with contextlib.suppress(CollectionEmpty):
            self.pipeline.search("readiness", Filters(), 1)

    def understand(self, asked: QuestionIn) -> Question:
        """The question with its conversation as history. Raises NotFound for an unknown conversation."""
        question = asked.to_question()
        if asked.conversation_id is None:
            return question
        conversation = self.history.conversations.get(asked.conversation_id)
        if question.history:
            return question
        earlier = self.find_answers(conversation.answer_ids[-HISTORY_TURNS:])
        return replace(question, history=tuple(Turn(record.question, record.text) for record in earlier))

    def stream(self, question: Question, conversation_id: str | None) -> Iterator[PipelineEvent]:
        """The pipeline's events; a finished answer is in its conversation before it is told of."""
        for event in self.pipeline.stream(question):
            if isinstance(event, AnswerReady) and conversation_id is not None:
                self.history.conversations.append(conversation_id, event.answer.answer_id)
            yield event

    @property
    def owner(self) -> str:
        """Whose batches these are."""
        return ""

    def batch_items(self, batch_id: str) -> tuple[BatchItem, ...]:
        return self.history.batches.items(batch_id)

    def answer(self, asked: QuestionIn) -> AnswerRecord:
        """The whole record of a question."""
        *_, last = self.stream(self.understand(asked), asked.conversation_id)
        assert isinstance(last, AnswerReady)
        return AnswerRecord.of(last.answer)

    def answer_json(self, answer_id: str) -> str:
        """The record of an answer as it was given. Raises NotFound."""
        record = self.store.find_answer(answer_id)
        if record is None:
            raise NotFound(f"There is no answer {answer_id[:100]!r}.", answer_id=answer_id[:100])
        return record

    def find_answers(self, answer_ids: Iterable[str]) -> Iterator[AnswerRecord]:
        """Those that are still kept, in their order."""
        for answer_id in answer_ids:
            stored = self.store.find_answer(answer_id)
            if stored is not None:
                yield AnswerRecord.model_validate_json(stored)

    async def work(self, work: Callable[[], T]) -> T:
        """Run blocking `work` in a worker thread. Raises ``Busy`` when too much waits already."""
        return await self.workers.run(work)

    def close(self) -> None:
        self.runs.stop()
        self.batches.close()
        self.workers.close()
        self.history.close()

    def _answer_for(self, asked: QuestionIn, owner: str) -> AnswerRecord:
        """A question of a batch, answered as its owner would have it answered."""
        return self.answer(asked)
