"""Work on a data directory in a process of its own, to be killed: it says that it begins, and never ends."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

from api.batches.questions import read_questions
from api.batches.runner import BatchRunner
from api.history import History
from rag.config import Settings
from rag.index.collection import open_collection
from rag.index.rebuild import rebuild
from rag.keeping.backup import back_up
from rag.store.cable_store import CableStore
from rag.store.lock import DirectoryLock
from tests.api import small
from tests.fakes import WordEncoder


def rebuilding(data: Path) -> None:
    lock = DirectoryLock.acquire(data, write=True)
    store = CableStore.open(data)
    rebuild(Settings(data_dir=data), store, WordEncoder())
    store.close()
    lock.release()


def backing_up(data: Path) -> None:
    for number in count():
        place = data.parent / f"{number}.tar"
        if not place.exists():
            back_up(data, place)
            return


def answering_batches(data: Path) -> None:
    """Begin a batch of two questions, or go on with what is left of the last one."""
    with open_collection(Settings(data_dir=data), WordEncoder(), write=False) as collection:
        service = small.build_service(collection)
        history = History.open(data)
        runner = BatchRunner(history.batches, lambda asked, _owner: service.answer(asked))
        if not history.batches.unfinished():
            asked = read_questions(f"question\n{small.QUESTION}\nWhere did hail destroy orchards?\n")
            history.batches.begin("", "sheet", asked, None)
        runner.resume()
        while history.batches.unfinished():
            pass
        runner.close()
        history.close()
        service.close()


def over_and_over(work: Callable[[Path], None], data: Path, writer: Connection) -> None:
    while True:
        writer.send("begun")
        work(data)
