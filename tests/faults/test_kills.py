"""Killed at a random moment of a rebuild, a backup, a batch: nothing is torn, and the next run goes on.

Kills of ingests are in tests/ingestion/test_resume.py; of ingests and servers by the hundred, with the real
encoder, in ``python -m benchmarks.endurance kills``.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api.history import History
from ingestion.doctor import examine
from rag.config import Settings
from rag.index.collection import open_collection
from rag.keeping.backup import verified
from rag.store.cable_store import CableStore
from rag.types import Outcome, Question
from tests.api import small
from tests.fakes import WordEncoder
from tests.faults.doomed import answering_batches, backing_up, over_and_over, rebuilding
from tests.invariants import assert_whole

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.faults.doomed", "tests.ingestion.interrupted"])
WORKS = [rebuilding, backing_up, answering_batches]


def kill(work: Callable[[Path], None], data: Path, after_s: float) -> None:
    """Start the work and kill it so long after it began."""
    reader, writer = CONTEXT.Pipe(duplex=False)
    child = CONTEXT.Process(target=over_and_over, args=(work, data, writer))
    child.start()
    writer.close()
    assert reader.recv() == "begun"
    time.sleep(after_s)
    child.kill()
    child.join()
    reader.close()


@pytest.mark.parametrize(
    "kills", [pytest.param(4), pytest.param(40, marks=pytest.mark.heavy)], ids=["few", "forty"]
)
@pytest.mark.parametrize("work", WORKS, ids=[work.__name__ for work in WORKS])
def test_a_kill_tears_nothing(tmp_path: Path, work: Callable[[Path], None], kills: int) -> None:
    data = tmp_path / "data"
    small.build_collection(data, small.cables()).close()
    settings = Settings(data_dir=data)
    chance = random.Random(kills)
    answered: set[str] = set()
    for _ in range(kills):
        kill(work, data, chance.random() / 2)
        # Whatever was cut short, the collection opens for the next reader, and holds what it held.
        with open_collection(settings, WordEncoder(), write=False) as collection:
            assert_whole(collection)
            answer = small.build_pipeline(collection).answer(Question(small.QUESTION))
            assert answer.outcome is Outcome.ANSWERED
            answered.add(answer.answer_id)
            assert all(collection.store.find_answer(answer_id) for answer_id in answered)
    for place in tmp_path.glob("*.tar"):
        assert verified(place).manifest.cables == 4
    history = History.open(data)
    store = CableStore.open(data)
    for batch in history.batches.latest("", 100):
        for item in history.batches.items(batch.batch_id):
            # Answered whole and kept, or still waiting.
            assert item.error is None
            assert item.answer is None or store.find_answer(item.answer.answer_id) is not None
    store.close()
    history.close()
    assert examine(settings, WordEncoder(), repair=True).healthy
