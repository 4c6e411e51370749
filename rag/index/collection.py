"""A collection: the store, its two indexes and the encoder that made them, opened together or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.config import Settings
from rag.errors import CollectionDamaged, CollectionEmpty, StorageFull
from rag.index.agreement import REPAIR, probe, require_words_of
from rag.index.chunks import ChunkIndex
from rag.index.embedded import EMBEDDED_VERSION
from rag.index.exact import ExactSearch
from rag.index.generations import Places, generation, remove_old_generations
from rag.index.home import note_home, require_home
from rag.index.indexes import Indexes
from rag.index.indexing import IndexedTotals, Indexer
from rag.index.lexical import LexicalIndex
from rag.index.ray_embedder import Embedder
from rag.models.embeddings import Encoder
from rag.models.precision import choose_precision
from rag.store.cable_store import CableStore
from rag.store.lock import DirectoryLock

# Stands in the data directory while a writer has it open: found by the next one, the last was killed.
UNCLEAN = "unclean"


@dataclass(frozen=True, slots=True)
class Collection:
    """What questions are asked of. `encoder` is the one that the collection's vectors were made with."""

    store: CableStore
    indexes: Indexes
    encoder: Encoder
    lock: DirectoryLock
    unclean: Path | None = None

    @property
    def chunks(self) -> ChunkIndex:
        return self.indexes.chunks

    @property
    def lexical(self) -> LexicalIndex:
        return self.indexes.lexical

    def __enter__(self) -> Collection:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, StorageFull):
            self.abandon()
        else:
            self.close()

    def require_cables(self) -> None:
        """Raises CollectionEmpty where there is nothing to search."""
        if self.store.is_empty():
            raise CollectionEmpty(
                f"There is no cable in {self.store.path}. Add some with `cableqa ingest PATH`.",
                path=str(self.store.path),
            )

    def abandon(self) -> None:
        """Release everything after a failed write: nothing more is written, and the next writer looks."""
        self.indexes.abandon()
        self.store.close()
        self.lock.release()

    def close(self) -> None:
        """Release everything; a writer leaves the directory clean for the next."""
        if self.unclean is not None:
            self.chunks.settle()
        self.indexes.close()
        self.store.close()
        if self.unclean is not None:
            self.unclean.unlink(missing_ok=True)
        self.lock.release()


def open_collection(
    settings: Settings,
    encoder: Encoder,
    *,
    write: bool,
    on_progress: Callable[[IndexedTotals], None] = lambda _: None,
    embedder: Embedder | None = None,
) -> Collection:
    """Open the data directory with other readers, or alone to write.

    A writer first finishes what an interrupted one left pending, by the `embedder` where there is one. An
    empty collection opens. Raises CollectionLocked (who has it), CollectionDamaged (store and indexes
    disagree, or another encoder made them), CollectionOutdated (an older cableqa wrote it, and this does not
    write), CollectionError (a Chroma server that does not answer), StorageFull, UsageError (the vectors of a
    store that is shared are elsewhere).
    """
    with locked_store(settings, write=write) as (lock, store):
        try:
            return _open_indexes(settings, store, encoder, lock, write, on_progress, embedder)
        except OSError as error:
            raise StorageFull(str(settings.data_dir), str(error)) from error


@contextmanager
def locked_store(settings: Settings, *, write: bool) -> Iterator[tuple[DirectoryLock, CableStore]]:
    """The data directory's lock and the store in it, wherever the settings have it; both let go by a failure.

    Raises CollectionLocked, CollectionDamaged, CollectionOutdated, CollectionError.
    """
    lock = DirectoryLock.acquire(settings.data_dir, write=write, url=settings.store_url)
    try:
        store = CableStore.open(settings.data_dir, write=write, url=settings.store_url)
        try:
            yield lock, store
        except BaseException:
            store.close()
            raise
    except BaseException:
        lock.release()
        raise


@contextmanager
def store_alone(settings: Settings) -> Iterator[CableStore]:
    """The store without its indexes, while nobody else has the directory. Raises as `locked_store`."""
    with locked_store(settings, write=True) as (lock, store):
        yield store
        store.close()
        lock.release()


def _open_indexes(
    settings: Settings,
    store: CableStore,
    encoder: Encoder,
    lock: DirectoryLock,
    write: bool,
    on_progress: Callable[[IndexedTotals], None],
    embedder: Embedder | None,
) -> Collection:
    require_home(settings, store)
    encoder = settled_encoder(settings, store, encoder, write=write)
    places = Places.of(store, generation(store))
    unclean = settings.data_dir / UNCLEAN
    if unclean.exists() and settings.chroma_url is None:
        probe(places.chroma, places.name, index_fingerprint(encoder))
    chunks = open_chunks(settings, store, encoder, places, write=write)
    try:
        lexical = LexicalIndex.open(places.lexical, write=write)
    except BaseException:
        chunks.close()
        raise
    collection = Collection(store, Indexes(chunks, lexical), encoder, lock, unclean if write else None)
    try:
        if write:
            # Before anything is added: behind that they would be taken for up to the store.
            require_words_of(store, places.lexical)
            unclean.touch()
            # What a server built anew stands beside what others read meanwhile; now nobody does.
            remove_old_generations(store, settings.chroma_url)
            if embedder is not None:
                embedder.embed(store, encoder.fingerprint, encoder.precision)
            Indexer(store, chunks, lexical, encoder, on_progress).drain()
        require_agreement(collection)
        require_words_of(store, places.lexical)
        if write:
            note_home(settings, store)
    except BaseException:
        chunks.close()
        lexical.abandon()
        raise
    return collection


def settled_encoder(settings: Settings, store: CableStore, encoder: Encoder, *, write: bool) -> Encoder:
    """The encoder at the collection's precision, which the first writer chooses once for all."""
    chosen = store.get_meta("precision")
    if chosen is None:
        chosen = (
            choose_precision(encoder)
            if settings.embedding_precision == "auto"
            else settings.embedding_precision
        )
        if write:
            store.set_meta("precision", chosen)
            store.set_meta("store_id", uuid.uuid4().hex[:12])
    return encoder.at("bf16" if chosen == "bf16" else "fp32")


def index_fingerprint(encoder: Encoder) -> str:
    """What must be equal for vectors to be comparable: the model, its precision, what is embedded."""
    return f"{encoder.fingerprint}/text{EMBEDDED_VERSION}"


def open_chunks(
    settings: Settings, store: CableStore, encoder: Encoder, places: Places, *, write: bool
) -> ChunkIndex:
    return ChunkIndex.open(
        places.chroma,
        settings.chroma_url,
        index_fingerprint(encoder),
        name=places.name,
        exact=ExactSearch(store, encoder.fingerprint),
        write=write,
    )


def require_agreement(collection: Collection) -> None:
    """Raises CollectionDamaged where the indexes do not hold what the store holds, by counts."""
    require_nothing_pending(collection.store)
    counts = collection.store.counts()
    require_count("vector index", collection.chunks.count(), counts.chunks)
    require_count("word index", collection.lexical.count(), counts.paragraphs)


def require_nothing_pending(store: CableStore) -> None:
    """Raises CollectionDamaged where an ingest was cut short."""
    pending = store.work.pending_count()
    if pending:
        raise CollectionDamaged(
            f"An ingest was interrupted: {pending} cables are not yet in the indexes. Run `cableqa ingest` "
            "again, or `cableqa doctor`; nothing is embedded twice.",
            pending=pending,
        )


def require_count(what: str, found: int, wanted: int) -> None:
    """Raises CollectionDamaged where they differ."""
    if found != wanted:
        raise CollectionDamaged(f"{what}: {found} found, {wanted} expected. {REPAIR}", found=found)
