"""Disks and databases that fail: a typed error that says what to do, never an abstention."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from rag.config import Settings
from rag.errors import CableqaError, CollectionDamaged
from rag.index.collection import open_collection
from rag.store.cable_store import FILE_NAME
from rag.types import Outcome, Question
from tests.api import small
from tests.fakes import WordEncoder

NOBODY = 65534
ASK = """
import os
import sys
from pathlib import Path
from rag.index.collection import open_collection
from rag.config import Settings
from rag.errors import CableqaError
from rag.types import Question
from tests.api import small
from tests.fakes import WordEncoder
if len(sys.argv) > 2:
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
try:
    with open_collection(Settings(data_dir=Path(sys.argv[1])), WordEncoder(), write=False) as collection:
        print(small.build_pipeline(collection).answer(Question(small.QUESTION)).outcome.value)
except CableqaError as error:
    print(error.code, error.message)
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    small.build_collection(tmp_path / "data", small.cables()).close()
    return tmp_path / "data"


def asked(data: Path, *arguments: str, **how: object) -> str:
    """What a process of its own says that answers a question from `data`."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(data), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **how,  # type: ignore[call-overload]
    )
    assert "Traceback" not in done.stderr and done.returncode == 0, done.stderr
    return str(done.stdout).strip()


def test_a_damaged_page_of_the_store_points_to_restore(data: Path) -> None:
    """Every page in turn: an answer that is right, or an error that says what to do."""
    sound = (data / FILE_NAME).read_bytes()
    seen = set()
    for page in range(0, len(sound) // 4096, 3):
        (data / FILE_NAME).write_bytes(sound[: page * 4096] + b"\xa5" * 4096 + sound[(page + 1) * 4096 :])
        try:
            with open_collection(Settings(data_dir=data), WordEncoder(), write=False) as collection:
                answer = small.build_pipeline(collection).answer(Question(small.QUESTION))
            assert answer.outcome is Outcome.ANSWERED and "212 barges" in answer.text
            seen.add("answered")
        except CableqaError as error:
            assert isinstance(error, CollectionDamaged) and "restore" in error.message
            seen.add("refused")
        for left in data.glob(f"{FILE_NAME}-*"):
            left.unlink()
    assert "refused" in seen


def test_an_answer_that_cannot_be_kept_is_an_error_and_the_next_is_given(data: Path) -> None:
    limit = 36 * 1024
    said = asked(data, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert said.startswith("storage_full") and "most likely the disk is full" in said
    assert asked(data) == "answered"


def test_a_directory_that_may_not_be_written_says_so(data: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become a user who may not write: this test did NOT run")
    for path in (data, *data.rglob("*"), *data.parents[:3]):
        path.chmod(0o755 if path.is_dir() else 0o644)
    said = asked(data, str(NOBODY))
    assert said.startswith("collection") and "cannot be written" in said


def test_a_store_that_is_being_written_to_for_long_is_waited_for(data: Path) -> None:
    with open_collection(Settings(data_dir=data), WordEncoder(), write=False) as collection:
        pipeline = small.build_pipeline(collection)
        with closing(sqlite3.connect(data / FILE_NAME, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            timer = threading.Timer(0.7, other.rollback)
            timer.start()
            answer = pipeline.answer(Question(small.QUESTION))
            timer.join()
        assert answer.outcome is Outcome.ANSWERED
        assert collection.store.find_answer(answer.answer_id) is not None


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_while_a_write_takes_long_the_server_lives_and_finds(data: Path) -> None:
    """Whoever writes waits for the disk; the event loop, and who only reads, do not."""
    with open_collection(Settings(data_dir=data), WordEncoder(), write=False) as collection:
        service = small.build_service(collection)
        transport = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as client:
            with closing(sqlite3.connect(data / FILE_NAME)) as disk:
                disk.execute("BEGIN IMMEDIATE")
                asked = {"question": small.QUESTION}
                answering = asyncio.create_task(client.post("/v1/answers", json=asked))
                for _ in range(20):
                    assert (await client.get("/healthz")).status_code == 200
                    found = await client.get("/v1/search", params={"q": "barges"})
                    assert found.status_code == 200 and found.json()["hits"]
                    assert not answering.done()
                disk.rollback()
            answer = (await answering).json()
            assert answer["outcome"] == "answered"
            assert (await client.get(f"/v1/answers/{answer['answer_id']}")).json() == answer
        service.close()


def test_a_lost_store_is_not_an_empty_collection(data: Path) -> None:
    (data / FILE_NAME).unlink()
    with pytest.raises(CollectionDamaged):
        open_collection(Settings(data_dir=data), WordEncoder(), write=False)
