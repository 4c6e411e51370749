"""Who of several processes builds damaged indexes anew: of one machine by a file, of several by the store.

Both locks end with the process that holds them.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.config import Settings
from rag.errors import CollectionLocked
from rag.store.dialect import HEALING_LOCK
from rag.store.postgres import ServerLock

LOCK_NAME = "lock.healing"
WORDS_LOCK_NAME = "lock.words"


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is to build: `other` says whose where it is not this process's."""

    other: str | None = None
    lock: ServerLock | None = None

    def require_held(self) -> None:
        """Raises CollectionLocked where the turn was lost with the connection to the store."""
        if self.lock is not None:
            self.lock.require_held()


@contextmanager
def alone_with_store(settings: Settings) -> Iterator[Turn]:
    """Take the turn among all that share the store to build its indexes, if it is free; never waits."""
    if settings.store_url is None:
        with _locked(settings.data_dir / LOCK_NAME) as builder:
            yield Turn(builder)
        return
    try:
        lock = ServerLock.acquire(settings.store_url, write=True, number=HEALING_LOCK)
    except CollectionLocked as error:
        holders = error.detail["holders"]
        yield Turn(" and ".join(holders) if isinstance(holders, list) and holders else "another machine")
        return
    try:
        yield Turn(lock=lock)
    finally:
        lock.release()


@contextmanager
def alone_here(data_dir: Path) -> Iterator[bool]:
    """Hold what lets one process of this machine build its word index; never waits."""
    with _locked(data_dir / WORDS_LOCK_NAME) as builder:
        yield builder is None


@contextmanager
def _locked(path: Path) -> Iterator[str | None]:
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            yield f"process {file.read(20).strip() or 'unknown'}"
            return
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield None
