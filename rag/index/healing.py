"""Serving without an index that is damaged, while it is built anew from the store and put in place."""

from __future__ import annotations

import logging
import threading
import time

from rag.config import Settings
from rag.errors import CableqaError, CollectionError
from rag.index.agreement import probe, require_words_of
from rag.index.chunks import ChunkIndex
from rag.index.collection import (
    Collection,
    index_fingerprint,
    locked_store,
    open_chunks,
    require_count,
    require_nothing_pending,
    settled_encoder,
)
from rag.index.exact import ExactSearch
from rag.index.generations import Places, generation
from rag.index.healing_lock import Turn, alone_here, alone_with_store
from rag.index.home import require_home
from rag.index.indexes import CHUNKS, LEXICAL, PENDING, Indexes
from rag.index.indexing import IndexedTotals
from rag.index.lexical import LexicalIndex
from rag.index.rebuild import build_words, rebuild
from rag.index.segments import damaged_files
from rag.models.embeddings import Encoder
from rag.store.cable_store import CableStore
from rag.store.lock import DirectoryLock

LOOK_S = 1.0
# After a failure, such as a full disk: the cause is for somebody else to take away.
PAUSE_S = 30.0
log = logging.getLogger(__name__)


def open_what_is_whole(settings: Settings, encoder: Encoder) -> Collection:
    """Open the data directory for reading, each index after a trial, and without one that is damaged.

    Where an ingest was cut short, the indexes are used as far as they go: what they hold and the store does
    not is shown by nobody. Raises as ``open_collection`` does for everything else.
    """
    with locked_store(settings, write=False) as (lock, store):
        return _opened(settings, store, encoder, lock)


def _opened(settings: Settings, store: CableStore, encoder: Encoder, lock: DirectoryLock) -> Collection:
    require_home(settings, store)
    encoder = settled_encoder(settings, store, encoder, write=False)
    places = Places.of(store, generation(store))
    counts = store.counts()
    lost: dict[str, str] = {}
    try:
        require_nothing_pending(store)
    except CollectionError as error:
        lost[PENDING] = error.message
    try:
        if settings.chroma_url is None:
            probe(places.chroma, places.name, index_fingerprint(encoder))
        chunks = open_chunks(settings, store, encoder, places, write=False)
        # Behind the store, they cannot hold as much.
        if PENDING not in lost:
            require_count("vector index", chunks.count(), counts.chunks)
    except CollectionError as error:
        if "wanted" in error.detail:
            raise
        lost[CHUNKS] = error.message
        chunks = ChunkIndex(None, None, ExactSearch(store, encoder.fingerprint))
    try:
        wanted = None if PENDING in lost else counts.paragraphs
        lexical = _whole_words(store, places, wanted, lost.get(PENDING))
    except CollectionError as error:
        lost[LEXICAL] = error.message
        lexical = LexicalIndex.missing(error.message)
    return Collection(store, Indexes(chunks, lexical, lost), encoder, lock)


def _whole_words(
    store: CableStore, places: Places, paragraphs: int | None, failure: str | None = None
) -> LexicalIndex:
    """The word index of this machine. Raises CollectionError where it is missing, damaged or out of date."""
    require_words_of(store, places.lexical)
    require_count("damaged files of the word index", len(damaged_files(places.lexical)), 0)
    lexical = LexicalIndex.open(places.lexical, write=False, failure=failure)
    if paragraphs is not None:
        require_count("word index", lexical.count(), paragraphs)
    return lexical


class _Stopped(Exception):
    """The server ends; what was built so far is thrown away by whoever builds next."""


class Healer:
    """Watches a collection that is open for reading. Of several processes that serve one store, on however
    many machines, one builds; the words, which are in files, are built by one of each machine.
    """

    def __init__(self, settings: Settings, collection: Collection) -> None:
        self._settings = settings
        self._collection = collection
        self._generation = generation(collection.store)
        self._stopping = threading.Event()
        self._builder: str | None = None
        self._thread = threading.Thread(target=self._watch, name="cableqa-healer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop at the next window that is indexed."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        wait_s = 0.0
        while not self._stopping.wait(wait_s):
            wait_s = LOOK_S
            try:
                if self._collection.indexes.degraded():
                    self._mend()
            except _Stopped:
                return
            except CableqaError as error:
                log.warning("the indexes could not be built anew: %s", error.message)
                wait_s = PAUSE_S
            except Exception:  # whatever breaks in here, questions are still answered
                log.exception("the indexes could not be built anew")
                wait_s = PAUSE_S

    def _mend(self) -> None:
        # Another machine may have brought the vectors to itself, or to a server.
        require_home(self._settings, self._collection.store)
        if generation(self._collection.store) != self._generation:
            self._change_over()
        elif self._settings.chroma_url is None:
            self._build_alone()
        else:
            self._mend_beside_server()

    def _build_alone(self) -> None:
        with alone_with_store(self._settings) as turn:
            if turn.other is not None:
                if turn.other != self._builder:
                    log.warning("the indexes are being built anew by %s: they are waited for", turn.other)
                self._builder = turn.other
                return
            self._builder = None
            # Whoever had the lock a moment ago may have built them.
            if generation(self._collection.store) == self._generation:
                self._build(turn)

    def _build(self, turn: Turn) -> None:
        began = time.monotonic()
        log.warning("building the indexes anew: %s", self._collection.indexes.degraded())
        collection = self._collection
        # Whoever is in the middle of a search, here or in another process, still reads the old ones.
        rebuild(
            self._settings,
            collection.store,
            collection.encoder,
            self._go_on,
            keep_old=True,
            require_alone=turn.require_held,
        )
        self._change_over()
        log.warning("the indexes are whole again after %.1f s", time.monotonic() - began)

    def _change_over(self) -> None:
        store = self._collection.store
        current = generation(store)
        places = Places.of(store, current)
        chunks = self._opened(places)
        try:
            words = self._words(places)
            if words is None:
                chunks.close()
                return
            chunks.prepare()
        except BaseException:
            chunks.close()
            raise
        self._collection.indexes.replace(chunks, words)
        self._generation = current

    def _words(self, places: Places) -> LexicalIndex | None:
        """This machine's words, built where another machine built the vectors; None while another does."""
        store = self._collection.store
        paragraphs = store.counts().paragraphs
        with alone_here(self._settings.data_dir) as alone:
            if not alone:
                return None
            try:
                return _whole_words(store, places, paragraphs)
            except CollectionError:
                log.warning("building the words of this machine anew")
                build_words(store, places.lexical)
            return _whole_words(store, places, paragraphs)

    def _mend_beside_server(self) -> None:
        """Use a Chroma server again that only was away; what it holds whole, other machines use too."""
        collection = self._collection
        try:
            chunks = self._opened(Places.of(collection.store, self._generation))
        except CollectionError:
            return
        try:
            whole = chunks.count() == collection.store.counts().chunks
        except CollectionError:
            chunks.close()
            return
        if whole and collection.lexical.failure is None:
            chunks.exact.prepare()
            collection.indexes.replace(chunks, collection.lexical)
            return
        chunks.close()
        if whole and PENDING not in collection.indexes.degraded():
            self._change_over()
        else:
            self._build_alone()

    def _opened(self, places: Places) -> ChunkIndex:
        collection = self._collection
        return open_chunks(self._settings, collection.store, collection.encoder, places, write=False)

    def _go_on(self, _totals: IndexedTotals) -> None:
        if self._stopping.is_set():
            raise _Stopped
