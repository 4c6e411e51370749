"""Several processes that answer on one socket, kept at their number; each is a whole server by itself."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from rag.errors import CableqaError
from rag.models.processor import usable_cores

# How often it is looked whether all are alive.
LOOK_S = 0.5
# A server ends its streams within ten seconds of the signal.
END_S = 20.0
# How often a process says that it goes on, and after what silence it is taken to hang: far longer than any
# step holds it up, on however busy a machine.
BEAT_S = 1.0
HANGS_S = 30.0
# One that starts loads models, maybe from a hub.
START_S = 900.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """What a process says once it answers: the lines for whoever started it."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a process does not come to answer, in the parts of a ``CableqaError``."""

    code: str
    message: str
    exit_status: int

    def error(self) -> CableqaError:
        error = CableqaError(self.message)
        error.code, error.exit_status = self.code, self.exit_status
        return error


@dataclass(frozen=True, slots=True)
class Beat:
    """What a process says again and again while its parts go on."""


@dataclass(slots=True)
class _Process:
    process: SpawnProcess
    told: Connection
    heard_at: float
    ready: bool = False


class Processes:
    """`count` processes of `target`, which sends `Ready` or `Failed` and then, while it serves until SIGTERM,
    `Beat` every `BEAT_S`; one that is silent for `hangs_s` is ended and replaced.

    The first is waited for before the others begin, so that what keeps a server from starting is said once;
    what keeps a later one from it is logged, and it is started again.
    """

    def __init__(self, count: int, target: Callable[[Connection], None], hangs_s: float = HANGS_S) -> None:
        self._count = count
        self._hangs_s = hangs_s
        self._target = target
        self._running: list[_Process] = []
        self._stopping = threading.Event()
        self._looked_at = time.monotonic()

    def run(self, on_ready: Callable[[Ready], None]) -> None:
        """Serve until a signal; one that dies is replaced. Raises what keeps the first from starting."""
        # Cores are shared out: what computes in one process must not wait for what computes in another.
        os.environ["OMP_NUM_THREADS"] = str(max(1, usable_cores() // self._count))
        with self._heeding_signals():
            try:
                self._start()
                told = self._await_first()
                if told is None:
                    return
                on_ready(told)
                for _ in range(1, self._count):
                    self._start()
                self._looked_at = time.monotonic()
                while not self._stopping.wait(LOOK_S):
                    self._look()
            finally:
                self._end()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        told, telling = context.Pipe(duplex=False)
        process = context.Process(target=self._target, args=(telling,))
        process.start()
        telling.close()
        self._running.append(_Process(process, told, time.monotonic()))

    def _await_first(self) -> Ready | None:
        (first,) = self._running
        while not self._stopping.is_set():
            if (told := self._heard(first, LOOK_S)) is not None:
                return told
        return None

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked_at > self._hangs_s / 2:
            # This process itself stood still, and maybe the whole machine.
            for each in self._running:
                each.heard_at = now
        self._looked_at = now
        for each in list(self._running):
            try:
                self._heard(each, 0)
            except CableqaError as error:
                # The others answer, and go on to.
                log.warning("process %s does not come to answer: %s", each.process.pid, error.message)
            self._end_if_hung(each)
            if not each.process.is_alive():
                log.warning(
                    "process %s ended with %s: another is started", each.process.pid, each.process.exitcode
                )
                each.told.close()
                self._running.remove(each)
                self._start()

    def _end_if_hung(self, one: _Process) -> None:
        silent_s = time.monotonic() - one.heard_at
        if silent_s < (self._hangs_s if one.ready else START_S) or not one.process.is_alive():
            return
        log.warning("process %s has hung for %.0f s: it is ended", one.process.pid, silent_s)
        # It would not heed SIGTERM. What it acknowledged is on the disk.
        one.process.kill()
        one.process.join()

    def _heard(self, one: _Process, timeout_s: float) -> Ready | None:
        """What it says that it is ready, once; raises what it fails with."""
        if one.ready:
            self._hear_beats(one)
            return None
        if not one.told.poll(timeout_s):
            return None
        try:
            said = one.told.recv()
        except EOFError:
            one.process.join()
            raise Failed(
                "server_failed", f"A server process ended with {one.process.exitcode} as it started.", 1
            ).error() from None
        if isinstance(said, Failed):
            raise said.error()
        assert isinstance(said, Ready)
        one.ready, one.heard_at = True, time.monotonic()
        return said

    def _hear_beats(self, one: _Process) -> None:
        # The pipe of one that ended is at its end; that it ended is seen by itself.
        with contextlib.suppress(EOFError, OSError):
            while one.told.poll(0):
                one.told.recv()
                one.heard_at = time.monotonic()

    def _end(self) -> None:
        for each in self._running:
            each.process.terminate()
        for each in self._running:
            each.process.join(END_S)
            if each.process.is_alive():
                each.process.kill()
                each.process.join()
            each.told.close()

    @contextlib.contextmanager
    def _heeding_signals(self) -> Iterator[None]:
        def stop(_signal: int, _frame: object) -> None:
            self._stopping.set()

        before = {kind: signal.signal(kind, stop) for kind in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for kind, handler in before.items():
                signal.signal(kind, handler)


def end_with_parent() -> None:
    """Have this process told to end when the one that started it is gone, however that ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()
