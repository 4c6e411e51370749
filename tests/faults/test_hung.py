"""A server process that hangs: its loop, all of its workers, or the whole of it; another takes its place."""

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

import httpx
import pytest

from api.app import create_app
from api.graceful import GracefulServer, graceful_config
from api.processes import Processes, Ready, end_with_parent
from api.pulse import Pulse
from rag.config import Settings
from rag.index.collection import open_collection
from tests.api import small
from tests.fakes import WordEncoder

HANGS_S, STUCK_S = 4.0, 2.0


def serve(folder: Path, fault: str, listening: socket.socket, telling: Connection) -> None:
    """A whole server over a small collection; the first that is started hangs once it is asked to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    service = small.build_service(open_collection(Settings(data_dir=folder), WordEncoder(), write=False))
    app = create_app(service, hosts=None)

    async def hang() -> None:
        if (folder / "hung").exists():
            return
        (folder / "hung").write_text(str(os.getpid()))
        if fault == "loop":
            time.sleep(600)
        if fault == "workers":
            for _ in range(64):
                service.workers.submit(partial(time.sleep, 600))
        if fault == "process":
            os.kill(os.getpid(), signal.SIGSTOP)

    app.add_api_route("/hang", hang)
    server = GracefulServer(graceful_config(app), service)
    listening.listen()
    telling.send(Ready(()))
    Pulse(telling, lambda: server.turned_at, service.workers, STUCK_S).start()
    server.run(sockets=[listening])


@pytest.mark.heavy
@pytest.mark.parametrize("fault", ["loop", "workers", "process"])
def test_a_process_that_hangs_is_replaced_and_what_it_acknowledged_is_kept(
    tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    small.build_collection(tmp_path, small.cables()).close()
    kept: list[dict[str, object]] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"

        def ask() -> None:
            try:
                given = httpx.post(f"{url}/v1/answers", json={"question": small.QUESTION}, timeout=60).json()
                with contextlib.suppress(httpx.ReadTimeout):
                    httpx.get(f"{url}/hang", timeout=1)
                deadline = time.monotonic() + 90
                while "another is started" not in caplog.text:
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
                again = httpx.get(f"{url}/v1/answers/{given['answer_id']}", timeout=60).json()
                kept.extend((given, again))
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        asking = threading.Thread(target=ask)
        Processes(1, partial(serve, tmp_path, fault, listening), HANGS_S).run(lambda _: asking.start())
        asking.join()
    given, again = kept
    assert given == again and given["citations"]
    hung = (tmp_path / "hung").read_text()
    assert f"process {hung} has hung for" in caplog.text
    with pytest.raises(ProcessLookupError):
        os.kill(int(hung), 0)
