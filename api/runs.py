"""Answers in the making: a worker writes events, any number of readers follow, now or after a cut.

A reader is never waited for: events stay with the run, so a slow client costs no thread, and one
that reconnects with ``Last-Event-ID`` gets what it missed. A run that nobody follows any more is
stopped at its next event.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

from api.failures import as_error
from api.workers import Workers
from rag.errors import NotFound, UsageError
from rag.record import ErrorBody, ErrorFacts
from rag.record.events import event_json
from rag.types import PipelineEvent, Question

RESUME_GRACE_S = 10.0
KEPT_RUNS = 256
# How soon it is noticed that who waits for a whole answer has left.
LEFT_POLL_S = 0.25
STOPPED = ErrorFacts(code="stopped", message="The stream was ended before the answer was complete.")


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One event as it goes over the wire; `event_id` is "<run>:<number>", numbers from 1."""

    event_id: str
    name: str
    data: str


class Run:
    """The events of one question, in their order. Lives on the event loop; `drive` in a worker."""

    def __init__(self, question: Question, owner: str, grace_s: float) -> None:
        self.run_id = secrets.token_urlsafe(12)
        self.question = question
        self.owner = owner
        self.finished = False
        self.failure: Exception | None = None
        self.stopped = threading.Event()
        self._grace_s = grace_s
        self._events: list[RunEvent] = []
        self._followers = 0
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        # A client that left before the stream began never becomes a follower.
        self._loop.call_later(grace_s, self._stop_if_alone)

    def drive(self, stream: Callable[[Question], Iterator[PipelineEvent]]) -> None:
        """Write every event of the pipeline; a failure becomes the last event."""
        events: Iterator[PipelineEvent] = iter(())
        try:
            if not self.stopped.is_set():
                events = stream(self.question)
            for event in events:
                if self.stopped.is_set():
                    break
                self._tell(*event_json(event))
            if self.stopped.is_set():
                self._tell("error", ErrorBody(error=STOPPED).model_dump_json())
        except Exception as error:
            self.failure = error
            self._tell("error", ErrorBody(error=as_error(error)).model_dump_json())
        finally:
            # A generator that is left half-way must close what it holds in this thread, not when
            # the collector happens to find it.
            if hasattr(events, "close"):
                events.close()
            self._loop.call_soon_threadsafe(self._finish)

    async def opened(self, timeout_s: float) -> None:
        """Wait for the first event, at most `timeout_s`; raises the run's failure if that is the first."""
        if not self._events and not self.finished:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), timeout_s)
        if self.failure is not None and len(self._events) <= 1:
            raise self.failure

    async def follow(self, after: int = 0) -> AsyncIterator[RunEvent]:
        """Every event with a number above `after`, to the end of the run."""
        self._followers += 1
        position = after
        try:
            while True:
                while position < len(self._events):
                    yield self._events[position]
                    position += 1
                if self.finished:
                    return
                await self._changed.wait()
        finally:
            self._followers -= 1
            if not self._followers and not self.finished:
                self._loop.call_later(self._grace_s, self._stop_if_alone)

    async def last(self, has_left: Callable[[], Awaitable[bool]]) -> RunEvent:
        """The last event; where the client leaves before, the run is stopped. Raises the run's failure."""
        waiting = asyncio.create_task(self._wait_for_last())
        leaving = asyncio.create_task(_become_true(has_left))
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if not waiting.done():
            self.stopped.set()
        event = await waiting
        if self.failure is not None:
            raise self.failure
        return event

    async def _wait_for_last(self) -> RunEvent:
        async for event in self.follow():
            last = event
        return last

    def end(self) -> None:
        """Tell whoever follows that there is no more, whatever still runs. On the event loop."""
        self.stopped.set()
        if not self.finished:
            self._append("error", ErrorBody(error=STOPPED).model_dump_json())
            self._finish()

    def _tell(self, name: str, data: str) -> None:
        self._loop.call_soon_threadsafe(self._append, name, data)

    def _append(self, name: str, data: str) -> None:
        if self.finished:
            return
        self._events.append(RunEvent(f"{self.run_id}:{len(self._events) + 1}", name, data))
        self._wake()

    def _finish(self) -> None:
        self.finished = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _stop_if_alone(self) -> None:
        if not self._followers:
            self.stopped.set()


class Runs:
    """The latest runs of this process, at most `kept` of them, for clients that reconnect."""

    def __init__(self, workers: Workers, *, kept: int = KEPT_RUNS, grace_s: float = RESUME_GRACE_S) -> None:
        self._workers = workers
        self._kept = kept
        self._grace_s = grace_s
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self.ending = False

    def start(
        self, question: Question, stream: Callable[[Question], Iterator[PipelineEvent]], owner: str = ""
    ) -> Run:
        run = Run(question, owner, self._grace_s)
        self._workers.submit(lambda: run.drive(stream), "answer")
        self._runs[run.run_id] = run
        while len(self._runs) > self._kept:
            self._runs.popitem(last=False)
        return run

    def forget(self, run: Run) -> None:
        """Nobody will come back to this one."""
        self._runs.pop(run.run_id, None)

    def resume(self, last_event_id: str, question: str, owner: str = "") -> tuple[Run, int]:
        """The run of `owner` that an event id belongs to, and how many of its events the client has."""
        run_id, _, number = last_event_id.rpartition(":")
        run = self._runs.get(run_id)
        if run is None or run.owner != owner or not number.isdecimal():
            raise NotFound(
                "This stream is no longer kept: ask again, or read the finished answer by its id.",
                last_event_id=last_event_id[:100],
            )
        if run.question.text != question:
            raise UsageError("Last-Event-ID belongs to a stream of another question.")
        return run, int(number)

    def end(self) -> None:
        """End every stream with an `error` event: the server goes. On the event loop."""
        for run in self._runs.values():
            run.end()

    def stop(self) -> None:
        """Ask every run to end at its next event."""
        self.ending = True
        for run in self._runs.values():
            run.stopped.set()


async def _become_true(asked: Callable[[], Awaitable[bool]]) -> None:
    while not await asked():
        await asyncio.sleep(LEFT_POLL_S)
