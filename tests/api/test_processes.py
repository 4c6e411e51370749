"""Several API processes over one Chroma server and one store on PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.chroma import running_chroma
from tests.conftest import SAMPLE
from tests.postgres import Cluster

CABLEQA = Path(sys.executable).parent / "cableqa"
QUESTION = "How many tons of cod did Icelandic inspectors weigh out of the trawler Hrafnsey in March 2005?"


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A `cableqa serve` of its own, once it listens."""
    command = [CABLEQA, "serve", "--port", "0", "--json"]
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
