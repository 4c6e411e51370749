"""Blocking work (encoder, indexes, SQLite, a model over the wire) in a bounded number of threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from rag.errors import Busy

T = TypeVar("T")


class Workers:
    """`threads` pieces of work at once and `waiting` more in line; beyond that, ``Busy``."""

    def __init__(self, threads: int = 8, waiting: int = 256) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="cableqa")
        self._limit = threads + waiting
        self._admitted = 0
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        with self._lock:
            if self._admitted >= self._limit:
                raise Busy("Too many questions at once: try again in a moment.", limit=self._limit)
            self._admitted += 1
        future = self._pool.submit(work)
        future.add_done_callback(self._release)
        return future

    async def run(self, work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self.submit(work))

    def close(self) -> None:
        """Let what runs come to its end; what waits is not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _release(self, _future: Future[T]) -> None:
        with self._lock:
            self._admitted -= 1
