"""Who of several processes builds damaged indexes anew: of one machine by a file, of several by the store.

Both locks end with the process that holds them.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.config import Settings
from rag.dialect import HEALING_LOCK
from rag.errors import CollectionLocked
from rag.postgres import ServerLock

LOCK_NAME = "lock.healing"
WORDS_LOCK_NAME = "lock.words"


@contextmanager
def alone_with_store(settings: Settings) -> Iterator[str | None]:
    """Hold what lets one process of all that share the store build its indexes; never waits.

    Yields None where it is held, and who has it where it is not.
    """
    if settings.store_url is None:
        with _locked(settings.data_dir / LOCK_NAME) as builder:
            yield builder
        return
    try:
        lock = ServerLock.acquire(settings.store_url, write=True, number=HEALING_LOCK)
    except CollectionLocked as error:
        holders = error.detail["holders"]
        yield " and ".join(holders) if isinstance(holders, list) and holders else "another machine"
        return
    try:
        yield None
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
