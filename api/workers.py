"""Blocking work (encoder, indexes, SQLite, a model over the wire) in a bounded number of threads."""

from __future__ import annotations

import asyncio
import itertools
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeVar

from rag.config import Settings
from rag.errors import Busy
from rag.models.processor import usable_cores

T = TypeVar("T")
# Each has a mean time of its own: a look-up takes a tenth of an answer or less.
Kind = Literal["answer", "search", "check", "look-up"]
# Where a model writes, threads wait for it and not for a core, and people for minutes anyway.
LLM_THREADS = 8
LLM_WAIT_S, EXTRACTIVE_WAIT_S = 60.0, 0.4
# Of so many pieces of a kind of work, the latest, is the mean: the first, when nothing is warm, is forgotten.
LATEST = 32


@dataclass(slots=True)
class _Mean:
    """Of the latest times, in seconds; 0 before the first."""

    seconds: float = 0.0
    done: int = 0

    def add(self, taken: float) -> None:
        self.done = min(self.done + 1, LATEST)
        self.seconds += (taken - self.seconds) / self.done


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
        # In the order in which they came; the first of them are those that run.
        self._admitted: dict[int, Kind] = {}
        self._came = itertools.count()
        # When each piece that runs was begun.
        self._began: dict[int, float] = {}
        self._means: defaultdict[Kind, _Mean] = defaultdict(_Mean)
        self._lock = threading.Lock()

    @classmethod
    def of(cls, settings: Settings) -> Workers:
        """As many threads as there is something to wait for: two that share one core only wait longer."""
        writes = settings.llm is not None
        return cls(
            threads=LLM_THREADS if writes else max(2, usable_cores()),
            wait_s=settings.queue_wait_s or (LLM_WAIT_S if writes else EXTRACTIVE_WAIT_S),
        )

    def submit(self, work: Callable[[], T], kind: Kind = "look-up") -> Future[T]:
        with self._lock:
            expected_s = self._expected_s()
            admitted = len(self._admitted)
            too_long = expected_s > self._wait_s and admitted >= 2 * self._threads
            if admitted >= self._limit or too_long:
                raise Busy(
                    "Too many questions at once: try again in a moment.",
                    waiting=max(admitted - self._threads, 0),
                    retry_after_s=max(1, math.ceil(expected_s)),
                )
            number = next(self._came)
            self._admitted[number] = kind
        try:
            future = self._pool.submit(self._timed, work, kind, number)
        except BaseException:
            self._release(number)
            raise
        future.add_done_callback(lambda _: self._release(number))
        return future

    async def run(self, work: Callable[[], T], kind: Kind = "look-up") -> T:
        return await asyncio.wrap_future(self.submit(work, kind))

    def stuck_s(self) -> float:
        """For how long no thread has begun anything, while none is free."""
        with self._lock:
            if len(self._began) < self._threads:
                return 0.0
            return self._clock() - max(self._began.values())

    def close(self) -> None:
        """Let what runs come to its end; what waits is not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _expected_s(self) -> float:
        """How long the next would wait: for one of those that run, and for all that wait before it."""
        taking = [self._means[kind].seconds for kind in self._admitted.values()]
        running, waiting = taking[: self._threads], taking[self._threads :]
        if len(running) < self._threads:
            return 0.0
        return (sum(running) / self._threads + sum(waiting)) / self._threads

    def _timed(self, work: Callable[[], T], kind: Kind, number: int) -> T:
        began = self._clock()
        with self._lock:
            self._began[number] = began
        try:
            return work()
        finally:
            taken = self._clock() - began
            with self._lock:
                del self._began[number]
                self._means[kind].add(taken)

    def _release(self, number: int) -> None:
        with self._lock:
            del self._admitted[number]
