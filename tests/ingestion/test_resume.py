"""Killed at any moment and run again, an ingest ends as if it had never been interrupted."""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from rag.config import Settings
from rag.index.collection import Collection, open_collection
from rag.index.indexing import IN_FLIGHT, WINDOW
from tests.fakes import WordEncoder
from tests.ingestion.interrupted import run_and_tell
from tests.invariants import assert_whole
from tests.telegrams import telegrams

FILES, PARAGRAPHS = 24, 40
# Children are forked from a process that has imported everything: they begin to work at once.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.ingestion.interrupted"])


def start(archive: Path, data: Path, log: Path) -> tuple[ForkServerProcess, Connection]:
    reader, writer = CONTEXT.Pipe(duplex=False)
    child = CONTEXT.Process(target=run_and_tell, args=(archive, data, log, writer))
    child.start()
    writer.close()
    return child, reader


def run_through(archive: Path, data: Path, log: Path) -> None:
    child, reader = start(archive, data, log)
    while told(reader):
        pass
    child.join()
    assert child.exitcode == 0


def kill_after(child: ForkServerProcess, reader: Connection, reports: int, pause_s: float) -> None:
    """Kill a run after some reports of progress."""
    for _ in range(reports):
        if not told(reader):
            break
    time.sleep(pause_s)
    child.kill()
    child.join()
    reader.close()


def told(reader: Connection) -> bool:
    """Wait for the next report; False where the process has ended."""
    try:
        reader.recv()
    except EOFError:
        return False
    return True


def contents(collection: Collection) -> dict[str, object]:
    store = collection.store
    question = WordEncoder().encode(["Paragraph 7 of message 12 tells of pigeons"])[0]
    return {
        "snapshot": store.snapshot(),
        "cables": {cable_id: store.get_cable(cable_id) for cable_id in store.census.cable_ids()},
        "chunks": sorted(collection.chunks.ids()),
        "paragraphs": sorted(collection.lexical.keys()),
        "nearest": collection.chunks.search(question, 5, frozenset(store.census.cable_ids())),
        "words": collection.lexical.search("pigeons of message 12", 5),
    }


@pytest.mark.parametrize(
    "kills", [pytest.param(3), pytest.param(30, marks=pytest.mark.heavy)], ids=["few", "thirty"]
)
def test_kills_change_nothing_and_embed_nothing_twice(tmp_path: Path, kills: int) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    for name, text in telegrams(FILES, PARAGRAPHS).items():
        (archive / name).write_text(text, encoding="utf-8")

    run_through(archive, tmp_path / "straight", tmp_path / "straight.log")

    chance = random.Random(kills)
    embedded: Counter[str] = Counter()
    for kill in range(kills):
        log = tmp_path / f"{kill}.log"
        child, reader = start(archive, tmp_path / "killed", log)
        kill_after(child, reader, chance.randint(0, FILES), chance.random() / 10)
        texts = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        again = sum(1 for text in texts if embedded[text])
        # What was encoded, or being encoded, when the last run was killed, and had not reached the cache.
        assert again <= (IN_FLIGHT + 1) * WINDOW
        embedded.update(texts)
    run_through(archive, tmp_path / "killed", tmp_path / "last.log")

    with (
        open_collection(Settings(data_dir=tmp_path / "straight"), WordEncoder(), write=False) as straight,
        open_collection(Settings(data_dir=tmp_path / "killed"), WordEncoder(), write=False) as killed,
    ):
        assert_whole(killed)
        assert contents(killed) == contents(straight)


@pytest.mark.heavy
def test_ctrl_c_says_what_is_kept_and_how_to_go_on(tmp_path: Path) -> None:
    archive, data = tmp_path / "archive", tmp_path / "data"
    archive.mkdir()
    for name, text in telegrams(400, 10).items():
        (archive / name).write_text(text)
    program = "import sys; from api.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "ingest", str(archive), "--data-dir", str(data)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while child.poll() is None and not written(data / "cables.sqlite"):
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate()
    assert child.returncode == 130
    assert "run the same command again" in " ".join(said.split())


def written(store: Path) -> bool:
    """Whether a cable is in it; while tables are made it cannot be asked."""
    if not store.exists():
        return False
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        try:
            return connection.execute("SELECT 1 FROM cables LIMIT 1").fetchone() is not None
        except sqlite3.OperationalError:
            return False
