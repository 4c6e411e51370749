"""An ingest in its own process, to be killed: ``python -m tests.ingestion.interrupted ARCHIVE DATA LOG``.

Prints a line for each report of progress. LOG gets the text of everything that was embedded.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

import numpy as np

from ingestion.ingest import ingest
from ingestion.reading import IngestOptions
from ingestion.report import IngestProgress
from rag.collection import open_collection
from rag.config import Settings
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


def show(progress: IngestProgress) -> None:
    print(progress.files_done, progress.chunks_done, flush=True)


def main(archive: str, data: str, log: str) -> None:
    encoder = LoggingEncoder(Path(log))
    with open_collection(Settings(data_dir=Path(data)), encoder, write=True) as collection:
        print("open", flush=True)
        ingest([Path(archive)], collection, IngestOptions(), show)


if __name__ == "__main__":
    main(*sys.argv[1:])
