"""Several API processes over one Chroma server and one store on PostgreSQL."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chroma import running_chroma
from tests.conftest import SAMPLE
from tests.postgres import Cluster

CABLEQA = Path(sys.executable).parent / "cableqa"
QUESTION = "How many tons of cod did Icelandic inspectors weigh out of the trawler Hrafnsey in March 2005?"


@contextmanager
def serving(
    environment: dict[str, str], *options: str
) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A `cableqa serve` of its own, once it listens."""
    command = [CABLEQA, "serve", "--port", "0", "--json", *options]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with httpx.Client(base_url=url, timeout=60) as client:
            yield process, client
        process.terminate()
        process.stdout.close()


@pytest.mark.heavy
def test_what_one_process_answered_every_other_knows(tmp_path: Path, postgres: Cluster) -> None:
    with ExitStack() as stack:
        environment = {
            **os.environ,
            "CABLEQA_DATA_DIR": str(tmp_path / "data"),
            "CABLEQA_STORE_URL": postgres.new_database(),
            "CABLEQA_CHROMA_URL": stack.enter_context(running_chroma(tmp_path / "chroma")),
        }
        ingest = [CABLEQA, "ingest", str(SAMPLE), "--json"]
        subprocess.run(ingest, env=environment, check=True, capture_output=True)
        (_, one), (second, other) = (stack.enter_context(serving(environment)) for _ in range(2))

        talk = one.post("/v1/conversations", json={"title": "Two processes"}).json()["conversation_id"]
        asked = {"question": QUESTION, "conversation_id": talk}
        answers = [
            client.post("/v1/answers", json=asked).raise_for_status().json() for client in (one, other)
        ]
        assert answers[0]["text"] == answers[1]["text"] and answers[0]["citations"]
        for client in (one, other):
            kept = client.get(f"/v1/conversations/{talk}").json()["answers"]
            assert [a["answer_id"] for a in kept] == [a["answer_id"] for a in answers]
            for answer in answers:
                assert client.get(f"/v1/answers/{answer['answer_id']}").json() == answer

        # A stream is taken up again where it was begun; elsewhere it is refused by name, not begun anew.
        told = one.post("/v1/answers/stream", json={"question": QUESTION}).text
        last = next(line for line in told.splitlines() if line.startswith("id: ")).removeprefix("id: ")
        again = {"headers": {"Last-Event-ID": last}, "json": {"question": QUESTION}}
        assert "event: answer" in one.post("/v1/answers/stream", **again).text
        assert other.post("/v1/answers/stream", **again).status_code == 404

        # Nobody writes while they read; a killed one leaves nothing behind and the other goes on.
        refused = subprocess.run(ingest, env=environment, capture_output=True, check=False)
        assert refused.returncode == 3 and b"reading" in refused.stdout + refused.stderr
        second.kill()
        second.wait()
        assert one.post("/v1/answers", json={"question": QUESTION}).json()["text"] == answers[0]["text"]


def workers_of(server: int) -> set[int]:
    """The processes that a server started, and that answer for it."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            facts = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
            command = (status.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(facts["PPid"]) == server and b"spawn_main" in command:
            found.add(int(status.parent.name))
    return found


@pytest.mark.heavy
def test_workers_of_one_address_answer_as_one(tmp_path: Path, postgres: Cluster) -> None:
    with ExitStack() as stack:
        environment = {
            **os.environ,
            "CABLEQA_DATA_DIR": str(tmp_path / "data"),
            "CABLEQA_STORE_URL": postgres.new_database(),
            "CABLEQA_CHROMA_URL": stack.enter_context(running_chroma(tmp_path / "chroma")),
        }
        subprocess.run(
            [CABLEQA, "ingest", str(SAMPLE), "--json"], env=environment, check=True, capture_output=True
        )
        server, client = stack.enter_context(serving(environment, "--workers", "2"))

        def fresh(method: str, path: str, **sent: Any) -> httpx.Response:
            """Over a connection of its own, so that either process may answer."""
            with httpx.Client(base_url=client.base_url, timeout=120) as one:
                return one.request(method, path, **sent)

        deadline = time.monotonic() + 120
        while len(first := workers_of(server.pid)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        talk = fresh("POST", "/v1/conversations", json={"title": "Two"}).json()["conversation_id"]
        asked = {"question": QUESTION, "conversation_id": talk}
        answers = [fresh("POST", "/v1/answers", json=asked).raise_for_status().json() for _ in range(6)]
        assert len({answer["text"] for answer in answers}) == 1 and answers[0]["citations"]
        for _ in range(6):
            kept = fresh("GET", f"/v1/conversations/{talk}").json()["answers"]
            assert [one["answer_id"] for one in kept] == [one["answer_id"] for one in answers]
        # A stream goes on, or is refused by name.
        told = fresh("POST", "/v1/answers/stream", json={"question": QUESTION}).text
        last = next(line for line in told.splitlines() if line.startswith("id: ")).removeprefix("id: ")
        for _ in range(6):
            again = fresh(
                "POST", "/v1/answers/stream", headers={"Last-Event-ID": last}, json={"question": QUESTION}
            )
            assert "event: answer" in again.text or (
                again.status_code == 404 and "no longer kept" in again.json()["error"]["message"]
            )
        # One that is killed is replaced, and the other answers meanwhile.
        killed = min(first)
        os.kill(killed, signal.SIGKILL)
        answered = 0
        while answered < 4 or len(workers_of(server.pid) - {killed}) < 2:
            assert time.monotonic() < deadline + 60
            with contextlib.suppress(httpx.TransportError):
                assert fresh("POST", "/v1/answers", json={"question": QUESTION}).json()["citations"]
                answered += 1
        running = workers_of(server.pid)
        server.terminate()
        assert server.wait(60) == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in running)
