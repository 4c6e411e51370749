"""A store whose vectors take as long to be read, all of them, as a test wants."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from sqlalchemy import Engine

from rag.models.worker import Vectors
from rag.store.cable_store import CableStore
from rag.store.vectors import VectorCache


class HeldVectors(VectorCache):
    """Those of chosen cables can be read at any time, all of them not before they are let go."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.let_go = threading.Event()
        self.begun = threading.Event()
        self.times_read_whole = 0
        self.is_disk_full = self.is_endless = False

    def of_chunks(
        self, fingerprint: str, cable_ids: Collection[str] | None = None
    ) -> Iterator[tuple[list[str], Vectors]]:
        self.times_read_whole += cable_ids is None
        if self.is_disk_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        for part in super().of_chunks(fingerprint, cable_ids):
            if cable_ids is None:
                self.begun.set()
                assert self.let_go.wait(60)
            yield part
            until = time.monotonic() + 60
            while self.is_endless and time.monotonic() < until:
                time.sleep(0.001)
                yield part


class HeldStore(CableStore):
    """A store whose matrix takes as long to write as a test wants."""

    def __init__(self, path: Path, engine: Engine, url: str | None = None) -> None:
        super().__init__(path, engine, url)
        self.vectors = self.held = HeldVectors(engine)
