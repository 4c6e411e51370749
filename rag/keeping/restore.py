"""Restoring a backup into an empty data directory: whole, or not at all.

    verify -> unpack into DIR/restoring -> open and upgrade there -> move, the store last -> build the indexes

While ``restoring`` is there nobody opens the collection; a restore that was killed is run again.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from rag.config import Settings
from rag.errors import CollectionDamaged, UsageError
from rag.index.collection import settled_encoder
from rag.index.indexing import IndexedTotals
from rag.index.rebuild import rebuild
from rag.keeping.backup import Backup, unpack, verified
from rag.models.embeddings import Encoder
from rag.store.cable_store import FILE_NAME, CableStore
from rag.store.lock import LOCK_NAME, RESTORING, DirectoryLock
from rag.store.migrations import UPGRADES


def restore(
    place: Path,
    settings: Settings,
    encoder: Encoder,
    open_others: Callable[[Path], None],
    on_progress: Callable[[IndexedTotals], None] = lambda _: None,
) -> tuple[Backup, IndexedTotals]:
    """Bring the backup at `place` back into the data directory, which must hold nothing.

    `open_others` opens, and so upgrades, the files of a folder beside the store. Raises UsageError
    (something is there), CollectionDamaged (the backup is not whole), CollectionLocked, StorageFull.
    """
    data_dir = settings.data_dir
    backup = verified(place)
    lock = DirectoryLock.acquire(data_dir, write=True, restoring=True)
    try:
        _require_nothing(data_dir)
        _move_in(backup, data_dir, open_others)
        store = CableStore.open(data_dir)
        try:
            totals = rebuild(
                settings, store, settled_encoder(settings, store, encoder, write=True), on_progress
            )
        finally:
            store.close()
    finally:
        lock.release()
    return backup, totals


def _require_nothing(data_dir: Path) -> None:
    if (data_dir / RESTORING).is_dir():
        # An earlier restore was killed: what it moved in already is moved in again.
        return
    found = [path.name for path in data_dir.iterdir() if not path.name.startswith(LOCK_NAME)]
    if found:
        raise UsageError(
            f"{data_dir} is not empty ({', '.join(sorted(found)[:3])}): restore into a new directory "
            "(`--data-dir`), or move this one away.",
            path=str(data_dir),
        )


def _move_in(backup: Backup, data_dir: Path, open_others: Callable[[Path], None]) -> None:
    folder = data_dir / RESTORING
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    unpack(backup, folder)
    store = CableStore.open(folder)
    problems = store.census.integrity_problems()
    # Another collection on the same Chroma server may be this one's original: they must not share a name.
    store.set_meta("store_id", uuid.uuid4().hex[:12])
    store.close()
    if problems:
        raise CollectionDamaged(f"The store in {backup.place} is damaged: {'; '.join(problems[:3])}.")
    open_others(folder)
    shutil.rmtree(folder / UPGRADES, ignore_errors=True)
    for path in sorted(folder.iterdir(), key=lambda path: (path.name == FILE_NAME, path.name)):
        path.replace(data_dir / path.name)
    folder.rmdir()
