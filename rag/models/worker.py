"""One thread that encodes for all others.

Two encodings at once only fight for the same cores. Calls wait in a bounded queue; small ones that wait
together are encoded together.
"""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Vectors = np.ndarray[Any, np.dtype[np.float32]]
Precision = Literal["fp32", "bf16"]

QUEUE_LIMIT = 256
STOPPING_S = 30.0
# Above this many texts a call is worked off by itself; below, calls that wait are joined.
JOIN_LIMIT = 64


@dataclass(slots=True)
class _Job:
    texts: list[str]
    precision: Precision
    result: Future[Vectors]


Compute = Callable[[list[str], Precision], Vectors]
# A simple queue, since a worker may be let go of, and its end be put, in the midst of another call of it.
Jobs = queue.SimpleQueue[_Job | None]


class EncoderWorker:
    """The thread that owns the model, reached through `compute`.

    It ends by `stop`, or when nothing holds the worker any more: the thread knows the queue alone.
    """

    def __init__(self, compute: Compute) -> None:
        self._jobs: Jobs = queue.SimpleQueue()
        self._room = threading.Semaphore(QUEUE_LIMIT)
        self._thread = threading.Thread(
            target=_work, args=(compute, self._jobs), name="cableqa-encoder", daemon=True
        )
        self._thread.start()
        self._ending = weakref.finalize(self, _end, self._jobs, self._thread)
        # At the end of the process a thread that something holds is left where it waits.
        self._ending.atexit = False

    def submit(self, texts: Sequence[str], precision: Precision) -> Future[Vectors]:
        job = _Job(list(texts), precision, Future())
        room = self._room
        room.acquire()
        job.result.add_done_callback(lambda _: room.release())
        self._jobs.put(job)
        return job.result

    def stop(self) -> None:
        """End the thread after what is queued, and wait for that."""
        self._ending()


def _end(jobs: Jobs, thread: threading.Thread) -> None:
    """Have the thread end and wait for it: one that lets go of a network while the interpreter ends is killed
    in the midst of it, and takes the process along."""
    jobs.put(None)
    if thread is not threading.current_thread():
        thread.join(STOPPING_S)


def _work(compute: Compute, jobs: Jobs) -> None:
    waiting: _Job | None = None
    while True:
        first = waiting or jobs.get()
        if first is None:
            return
        joined, waiting, stopped = _join(first, jobs)
        try:
            vectors = compute([text for job in joined for text in job.texts], first.precision)
        except BaseException as error:
            for job in joined:
                job.result.set_exception(error)
        else:
            start = 0
            for job in joined:
                job.result.set_result(vectors[start : start + len(job.texts)])
                start += len(job.texts)
        if stopped:
            return


def _join(first: _Job, jobs: Jobs) -> tuple[list[_Job], _Job | None, bool]:
    """Take along what waits behind `first`, while it stays small; what does not fit waits."""
    joined, size = [first], len(first.texts)
    while size < JOIN_LIMIT:
        try:
            job = jobs.get_nowait()
        except queue.Empty:
            break
        if job is None:
            return joined, None, True
        if job.precision != first.precision or size + len(job.texts) > JOIN_LIMIT:
            return joined, job, False
        joined.append(job)
        size += len(job.texts)
    return joined, None, False
