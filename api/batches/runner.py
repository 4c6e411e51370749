"""Batches in the making: one question after the other, in a thread of its own.

Its own, so that a batch of a thousand questions takes no worker from readers who wait. Of several processes
over one book, one works at a time, so that nothing is asked twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from api.batches.book import BatchBook
from api.failures import as_error
from rag.record import AnswerRecord, QuestionIn

# How often it is looked whether another process has done with its batches.
TURN_S = 0.2
Ask = Callable[[QuestionIn, str], AnswerRecord]


class BatchRunner:
    """Answers what waits in the book; `ask` is given a question and whose it is."""

    def __init__(self, book: BatchBook, ask: Ask) -> None:
        self._book = book
        self._ask = ask
        self._stopped = threading.Event()
        self._queued: set[str] = set()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batch")

    def submit(self, batch_id: str, owner: str) -> None:
        """Work a batch off behind those that were given before; once is enough."""
        with self._lock:
            if batch_id in self._queued:
                return
            self._queued.add(batch_id)
        self._pool.submit(self._work_off, batch_id, owner)

    def resume(self) -> None:
        """Take up what an earlier run of the server left waiting."""
        for batch in self._book.unfinished():
            self.submit(batch.batch_id, batch.owner)

    def is_queued(self, batch_id: str) -> bool:
        """Whether it is being worked off, or stands in line, here or in another process."""
        with self._lock:
            if batch_id in self._queued:
                return True
        return self._book.is_worked_on()

    def close(self) -> None:
        """Let the question in the making come to its end; the rest waits in the book for the next run."""
        self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work_off(self, batch_id: str, owner: str) -> None:
        try:
            while not self._stopped.is_set():
                with self._book.alone() as alone:
                    if alone:
                        self._work_off_alone(batch_id, owner)
                        return
                self._stopped.wait(TURN_S)
        finally:
            with self._lock:
                self._queued.discard(batch_id)

    def _work_off_alone(self, batch_id: str, owner: str) -> None:
        while not self._stopped.is_set() and work_one(self._book, batch_id, owner, self._ask):
            pass


def work_one(book: BatchBook, batch_id: str, owner: str, ask: Ask) -> bool:
    """Answer the next question that waits; False where none does, or the batch is gone."""
    item = book.next_waiting(batch_id)
    if item is None:
        return False
    try:
        record = ask(item.question, owner)
    except Exception as error:  # one question that fails must not end the others; the sheet says why
        book.fail(batch_id, item.position, as_error(error))
    else:
        book.answer(batch_id, item.position, record)
    return True
