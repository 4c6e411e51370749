"""An ingest in a process of its own, to be killed or starved: ``-m tests.ingestion.interrupted A DATA LOG``.

LOG gets the text of everything that was embedded.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from ingestion.ingest import ingest
from ingestion.reading import IngestOptions
from ingestion.report import IngestProgress, silent
from rag.config import Settings
from rag.index.collection import open_collection
from tests.fakes import WordEncoder


class LoggingEncoder(WordEncoder):
    """Writes down what it embeds, and takes its time."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def submit(self, texts: Sequence[str]) -> Future[np.ndarray]:
        with self._log.open("a", encoding="utf-8") as file:
            file.writelines(f"{text.splitlines()[-1]}\n" for text in texts)
        time.sleep(0.05)
        return super().submit(texts)


def run(archive: Path, data: Path, log: Path, told: Callable[[IngestProgress], None]) -> None:
    with open_collection(Settings(data_dir=data), LoggingEncoder(log), write=True) as collection:
        ingest([archive], collection, IngestOptions(), told)


def run_and_tell(archive: Path, data: Path, log: Path, writer: Connection) -> None:
    """The same, with a message for each report of progress."""
    run(archive, data, log, lambda progress: writer.send(progress.files_done))


def main(archive: str, data: str, log: str) -> None:
    run(Path(archive), Path(data), Path(log), silent)


if __name__ == "__main__":
    main(*sys.argv[1:])
