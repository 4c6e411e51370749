"""Killed at any moment and run again, an ingest ends as if it had never been interrupted."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from rag.collection import Collection, open_collection
from rag.config import Settings
from rag.indexing import IN_FLIGHT, WINDOW
from tests.fakes import WordEncoder
from tests.invariants import assert_whole
from tests.telegrams import telegrams

FILES, PARAGRAPHS = 24, 40
ROOT = Path(__file__).resolve().parents[2]


def start(archive: Path, data: Path, log: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.ingestion.interrupted", str(archive), str(data), str(log)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill_after(child: subprocess.Popen[str], lines: int, pause_s: float) -> None:
    """Kill a run after some reports of progress."""
    with child:
        assert child.stdout is not None
        for _ in range(lines):
            if not child.stdout.readline():
                break
        time.sleep(pause_s)
        child.kill()


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

    with start(archive, tmp_path / "straight", tmp_path / "straight.log") as child:
        assert child.communicate() and child.returncode == 0

    chance = random.Random(kills)
    embedded: Counter[str] = Counter()
    for kill in range(kills):
        log = tmp_path / f"{kill}.log"
        child = start(archive, tmp_path / "killed", log)
        kill_after(child, chance.randint(0, FILES), chance.random() / 10)
        texts = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        again = sum(1 for text in texts if embedded[text])
        # What was encoded, or being encoded, when the last run was killed, and had not reached the cache.
        assert again <= (IN_FLIGHT + 1) * WINDOW
        embedded.update(texts)
    with start(archive, tmp_path / "killed", tmp_path / "last.log") as child:
        assert child.communicate() and child.returncode == 0

    with (
        open_collection(Settings(data_dir=tmp_path / "straight"), WordEncoder(), write=False) as straight,
        open_collection(Settings(data_dir=tmp_path / "killed"), WordEncoder(), write=False) as killed,
    ):
        assert_whole(killed)
        assert contents(killed) == contents(straight)
