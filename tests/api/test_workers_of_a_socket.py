"""Processes that answer on one socket: kept at their number, ended together, and what stops one is said."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from api.processes import Beat, Failed, Processes, Ready, end_with_parent
from rag.errors import CableqaError


def tell_pid(listening: socket.socket, telling: Connection) -> None:
    """A server of one line: its own pid."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    telling.send(Ready(("Open here",)))
    threading.Thread(target=tell_of_life, args=(telling,), daemon=True).start()
    while True:
        caller, _ = listening.accept()
        with caller:
            caller.sendall(str(os.getpid()).encode())


def tell_of_life(telling: Connection) -> None:
    with contextlib.suppress(OSError):
        while True:
            telling.send(Beat())
            time.sleep(0.2)


def killed_at_first(folder: Path, listening: socket.socket, telling: Connection) -> None:
    """As `tell_pid`; but of those that are started the second is killed before it is ready."""
    (folder / str(os.getpid())).touch()
    if len(list(folder.iterdir())) == 2:
        vanish(telling)
    tell_pid(listening, telling)


def fail(telling: Connection) -> None:
    telling.send(Failed("collection_locked", "Somebody has it.", 3))


def vanish(telling: Connection) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def who_answers(listening: socket.socket) -> set[int]:
    """The pid of who answers; none where he is killed as he does."""
    try:
        with socket.create_connection(listening.getsockname(), timeout=30) as asking:
            said = asking.recv(100)
    except ConnectionError:
        return set()
    return {int(said)} if said else set()


def test_one_that_is_killed_is_replaced_and_all_end_together() -> None:
    said: list[Ready] = []
    seen: set[int] = set()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def ask() -> None:
            try:
                deadline = time.monotonic() + 60
                while len(seen) < 2 and time.monotonic() < deadline:
                    seen.update(who_answers(listening))
                for pid in list(seen):
                    os.kill(pid, signal.SIGKILL)
                while len(seen) < 4 and time.monotonic() < deadline:
                    seen.update(who_answers(listening))
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        asking = threading.Thread(target=ask)

        def ready(told: Ready) -> None:
            said.append(told)
            asking.start()

        Processes(2, partial(tell_pid, listening)).run(ready)
        asking.join()
    assert said == [Ready(("Open here",))]
    assert len(seen) == 4
    for pid in seen:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_one_that_is_killed_as_it_starts_is_replaced_and_ends_no_other(tmp_path: Path) -> None:
    seen: set[int] = set()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def ask() -> None:
            try:
                deadline = time.monotonic() + 60
                while len(seen) < 2 and time.monotonic() < deadline:
                    seen.update(who_answers(listening))
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        asking = threading.Thread(target=ask)
        target = partial(killed_at_first, tmp_path, listening)
        Processes(2, target).run(lambda _: asking.start())
        asking.join()
    assert len(seen) == 2
    assert len(list(tmp_path.iterdir())) == 3


def test_one_that_hangs_is_replaced_and_one_that_is_idle_is_not(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def ask() -> None:
            try:
                (hung,) = who_answers(listening)
                time.sleep(2.5)
                assert who_answers(listening) == {hung}
                os.kill(hung, signal.SIGSTOP)
                # Who is asked as it hangs answers nobody.
                while not (others := who_answers(listening)):
                    pass
                seen.extend((hung, *others))
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        asking = threading.Thread(target=ask)
        Processes(1, partial(tell_pid, listening), hangs_s=2.0).run(lambda _: asking.start())
        asking.join()
    hung, other = seen
    assert hung != other and f"process {hung} has hung for" in caplog.text
    with pytest.raises(ProcessLookupError):
        os.kill(hung, 0)


@pytest.mark.parametrize(
    ("target", "code", "exit_status"), [(fail, "collection_locked", 3), (vanish, "server_failed", 1)]
)
def test_what_keeps_the_first_from_starting_is_said_once(target: object, code: str, exit_status: int) -> None:
    with pytest.raises(CableqaError) as raised:
        Processes(3, target).run(lambda _: None)  # type: ignore[arg-type]
    assert (raised.value.code, raised.value.exit_status) == (code, exit_status)
