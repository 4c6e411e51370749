"""Blocking work (encoder, indexes, SQLite, a model over the wire) in a bounded number of threads."""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from rag.config import Settings
from rag.errors import Busy

T = TypeVar("T")
# Where a model writes, threads wait for it and not for a core, and people for minutes anyway.
LLM_THREADS = 8
LLM_WAIT_S, EXTRACTIVE_WAIT_S = 60.0, 0.4
# Of so many pieces of work, the latest, is the mean: the very first, when nothing is warm, is soon forgotten.
LATEST = 32


class Workers:
    """`threads` pieces of work at once and more in line, for as long as the line is short; then ``Busy``.

    The line is short while it is no longer than `waiting`, and while its end is expected within `wait_s`
    seconds: who is let in is served soon, and who is not learns at once when to come again. As many as there
    are threads may wait however long they take: a few at once are no overload where one answer takes seconds.
    """

    def __init__(
        self,
        threads: int = 8,
        waiting: int = 256,
        wait_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="cableqa")
        self._threads = threads
        self._limit = threads + waiting
        self._wait_s = wait_s
        self._clock = clock
        self._admitted = 0
        self._mean_s, self._done = 0.0, 0
        self._lock = threading.Lock()

    @classmethod
    def of(cls, settings: Settings) -> Workers:
        """As many threads as there is something to wait for: two that share one core only wait longer."""
        writes = settings.llm is not None
        return cls(
            threads=LLM_THREADS if writes else max(2, os.cpu_count() or 2),
            wait_s=settings.queue_wait_s or (LLM_WAIT_S if writes else EXTRACTIVE_WAIT_S),
        )

    def submit(self, work: Callable[[], T]) -> Future[T]:
        with self._lock:
            expected_s = max(self._admitted + 1 - self._threads, 0) * self._mean_s / self._threads
            too_long = expected_s > self._wait_s and self._admitted >= 2 * self._threads
            if self._admitted >= self._limit or too_long:
                raise Busy(
                    "Too many questions at once: try again in a moment.",
                    waiting=max(self._admitted - self._threads, 0),
                    retry_after_s=max(1, math.ceil(expected_s)),
                )
            self._admitted += 1
        future = self._pool.submit(self._timed, work)
        future.add_done_callback(self._release)
        return future

    async def run(self, work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self.submit(work))

    def close(self) -> None:
        """Let what runs come to its end; what waits is not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _timed(self, work: Callable[[], T]) -> T:
        began = self._clock()
        try:
            return work()
        finally:
            taken = self._clock() - began
            with self._lock:
                self._done = min(self._done + 1, LATEST)
                self._mean_s += (taken - self._mean_s) / self._done

    def _release(self, _future: Future[T]) -> None:
        with self._lock:
            self._admitted -= 1
