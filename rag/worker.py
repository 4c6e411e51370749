"""One thread that encodes for all others.

Fast tokenizers are not thread-safe and two encodings at once only fight for the same cores. Calls
wait in a bounded queue; small ones that wait together are encoded together.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Vectors = np.ndarray[Any, np.dtype[np.float32]]
Precision = Literal["fp32", "bf16"]

QUEUE_LIMIT = 256
# Above this many texts a call is worked off by itself; below, calls that wait are joined.
JOIN_LIMIT = 64


@dataclass(slots=True)
class _Job:
    texts: list[str]
    precision: Precision
    result: Future[Vectors]


class EncoderWorker(threading.Thread):
    """The thread that owns the model, reached through `compute`. It ends with the process or by `stop`."""

    def __init__(self, compute: Callable[[list[str], Precision], Vectors]) -> None:
        super().__init__(name="cableqa-encoder", daemon=True)
        self._compute = compute
        self._jobs: queue.Queue[_Job | None] = queue.Queue(maxsize=QUEUE_LIMIT)

    def submit(self, texts: Sequence[str], precision: Precision) -> Future[Vectors]:
        job = _Job(list(texts), precision, Future())
        self._jobs.put(job)
        return job.result

    def stop(self) -> None:
        self._jobs.put(None)

    def run(self) -> None:
        waiting: _Job | None = None
        while True:
            first = waiting or self._jobs.get()
            if first is None:
                return
            jobs, waiting, stopped = self._join(first)
            try:
                vectors = self._compute([text for job in jobs for text in job.texts], first.precision)
            except BaseException as error:
                for job in jobs:
                    job.result.set_exception(error)
            else:
                start = 0
                for job in jobs:
                    job.result.set_result(vectors[start : start + len(job.texts)])
                    start += len(job.texts)
            if stopped:
                return

    def _join(self, first: _Job) -> tuple[list[_Job], _Job | None, bool]:
        """Take along what waits behind `first`, while it stays small; what does not fit waits."""
        jobs, size = [first], len(first.texts)
        while size < JOIN_LIMIT:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, None, True
            if job.precision != first.precision or size + len(job.texts) > JOIN_LIMIT:
                return jobs, job, False
            jobs.append(job)
            size += len(job.texts)
        return jobs, None, False
