"""Several processes that answer on one socket, kept at their number; each is a whole server by itself."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from rag.cores import usable_cores
from rag.errors import CableqaError

# How often it is looked whether all are alive.
LOOK_S = 0.5
# A server ends its streams within ten seconds of the signal.
END_S = 20.0
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


@dataclass(slots=True)
class _Process:
    process: SpawnProcess
    told: Connection
    ready: bool = False


class Processes:
    """`count` processes of `target`, which sends `Ready` or `Failed` and then serves until SIGTERM.

    The first is waited for before the others begin, so that what keeps a server from starting is said once;
    what keeps a later one from it is logged, and it is started again.
    """

    def __init__(self, count: int, target: Callable[[Connection], None]) -> None:
        self._count = count
        self._target = target
        self._running: list[_Process] = []
        self._stopping = threading.Event()

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
        self._running.append(_Process(process, told))

    def _await_first(self) -> Ready | None:
        (first,) = self._running
        while not self._stopping.is_set():
            if (told := self._heard(first, LOOK_S)) is not None:
                return told
        return None

    def _look(self) -> None:
        for each in list(self._running):
            try:
                self._heard(each, 0)
            except CableqaError as error:
                # The others answer, and go on to.
                log.warning("process %s does not come to answer: %s", each.process.pid, error.message)
            if not each.process.is_alive():
                log.warning(
                    "process %s ended with %s: another is started", each.process.pid, each.process.exitcode
                )
                self._running.remove(each)
                self._start()

    def _heard(self, one: _Process, timeout_s: float) -> Ready | None:
        """What it says that it is ready, once; raises what it fails with."""
        if one.ready or not one.told.poll(timeout_s):
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
        one.ready = True
        return said

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
