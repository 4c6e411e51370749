"""Building both indexes anew from the store, beside the old ones, and changing over in one write.

Vectors come from the cache: only what was never embedded by this encoder is embedded.
"""

from __future__ import annotations

import contextlib
import ctypes
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from rag.config import Settings
from rag.errors import CollectionDamaged
from rag.index.chroma_client import drop_collections
from rag.index.collection import open_chunks
from rag.index.exact import SUFFIX
from rag.index.generations import Places, generation, remove_old_generations
from rag.index.home import note_home
from rag.index.indexing import IndexedTotals, Indexer, new_revision
from rag.index.lexical import LexicalIndex
from rag.models.embeddings import Encoder
from rag.store.cable_store import CableStore
from rag.store.migrations import UPGRADES
from rag.store.work import PendingCable

_M_PERTURB = -6  # malloc.h


def rebuild(
    settings: Settings,
    store: CableStore,
    encoder: Encoder,
    on_progress: Callable[[IndexedTotals], None] = lambda _: None,
    *,
    keep_old: bool = False,
    require_alone: Callable[[], None] = lambda: None,
) -> IndexedTotals:
    """Make the next generation of the indexes and point the store to it; nobody else may do so meanwhile.

    `require_alone` is called when they are built, and raises where somebody else may have begun: then nothing
    changes.

    With `keep_old` the old ones are left to the next writer: somebody reads them.

    Killed before the end, the old generation is still the one in use, and what it lacks is pending. Raises
    CollectionDamaged if what was built does not hold what the store holds.
    """
    old, revision = generation(store), new_revision()
    with contextlib.nullcontext() if store.work.is_purged() else _fresh_memory_filled():
        totals = _build(settings, store, encoder, Places.of(store, old + 1), revision, on_progress)
    require_alone()
    store.work.change_over(old + 1, revision)
    note_home(settings, store)
    if keep_old:
        return totals
    remove_old_generations(store, settings.chroma_url)
    remove_matrices(store)
    if not store.work.is_purged():
        # A copy of before an upgrade holds what was deleted since.
        _remove(store.path / UPGRADES)
        store.work.mark_purged()
    return totals


def _build(
    settings: Settings,
    store: CableStore,
    encoder: Encoder,
    places: Places,
    revision: str,
    on_progress: Callable[[IndexedTotals], None],
) -> IndexedTotals:
    remove_indexes(places, settings.chroma_url)
    chunks = open_chunks(settings, store, encoder, places, write=True)
    try:
        lexical = LexicalIndex.open(places.lexical, write=True)
        try:
            indexer = Indexer(store, chunks, lexical, encoder, on_progress, anew=revision)
            for cable_id in store.census.cable_ids():
                indexer.add(PendingCable(cable_id, ()))
            indexer.finish()
            counts = store.counts()
            built = (chunks.count(), lexical.count())
            if built != (counts.chunks, counts.paragraphs):
                raise CollectionDamaged(
                    f"The new indexes hold {built[0]} chunks and {built[1]} paragraphs, the store has "
                    f"{counts.chunks} and {counts.paragraphs}: the old ones stay in use.",
                )
            chunks.settle()
        finally:
            lexical.close()
    finally:
        chunks.close()
    return indexer.totals


def build_words(store: CableStore, folder: Path) -> None:
    """Build the word index alone, beside `folder`, and put it in the place of what is there.

    Who reads the old one has its files open. Nobody else may build it meanwhile. Raises CollectionDamaged.
    """
    beside = folder.with_name(f"{folder.name}.new")
    _remove(beside)
    words = LexicalIndex.open(beside, write=True)
    try:
        for cable_id in store.census.cable_ids():
            header = store.find_header(cable_id)
            if header is not None:
                words.add((paragraph, header) for paragraph in store.cable_paragraphs(cable_id))
        words.commit(*filter(None, [store.work.words_revision()]))
        built, wanted = words.count(), store.counts().paragraphs
        if built != wanted:
            raise CollectionDamaged(f"The new word index holds {built} paragraphs, the store has {wanted}.")
    finally:
        words.close()
    _remove(folder)
    beside.rename(folder)


def remove_matrices(store: CableStore) -> None:
    """Delete the vectors that searches keep in files beside the store."""
    for matrix in store.path.glob(f"*{SUFFIX}*"):
        matrix.unlink(missing_ok=True)


@contextlib.contextmanager
def _fresh_memory_filled() -> Iterator[None]:
    """Have the C library fill what it hands out meanwhile; it makes large reads many times slower.

    hnswlib writes memory to its file that it never wrote to: vectors of deleted cables were found there.
    Other C libraries than glibc have no such switch, and give large pieces of fresh memory as zeros.
    """
    _set_fill(1)
    try:
        yield
    finally:
        _set_fill(0)


def _set_fill(byte: int) -> None:
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_PERTURB, byte)


def remove_indexes(places: Places, chroma_url: str | None) -> None:
    """Delete what an earlier, interrupted rebuild left in the same places."""
    if chroma_url is not None:
        drop_collections(chroma_url, lambda name: name == places.name)
    for folder in (places.chroma, places.lexical):
        _remove(folder)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
