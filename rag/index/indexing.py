"""Bringing the indexes up to the store: what is pending is embedded, added, and struck off.

    store.write(batch) -> pending -> Indexer.add -> vectors cached -> Chroma + tantivy -> struck off

Killed anywhere, the next run does again only what was not struck off, with the vectors that are
cached. While one window is encoded, the caller parses the next.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from rag.index.chunks import ChunkIndex
from rag.index.embedded import embedded_text, text_sha256
from rag.index.lexical import LexicalIndex
from rag.models.worker import Vectors
from rag.store.cable_store import CableStore
from rag.store.work import PendingCable
from rag.types import Cable, CableHeader, Chunk, Paragraph

# Chunks encoded between two writes to the cache: what a kill can cost. At 70 chunks/s under 4 s.
WINDOW = 256
# Windows that wait for the encoder: one in work, one ready behind it.
IN_FLIGHT = 2
# Chunks between two writes to the indexes: each flushes files, and in Chroma's all other threads stand still.
COMMIT_CHUNKS = 4_096


class TextEncoder(Protocol):
    """What the indexer needs of rag.models.embeddings.Encoder."""

    @property
    def fingerprint(self) -> str: ...

    def submit(self, texts: Sequence[str]) -> Future[Vectors]: ...


@dataclass(slots=True)
class _Window:
    """Chunks that are encoded together: `keys` and `hashes` by chunk id, `texts` by hash."""

    keys: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    # What leaves the vector index before these come.
    stale: list[str] = field(default_factory=list)
    # Cables that are complete with this window.
    complete: list[PendingCable] = field(default_factory=list)
    known: dict[str, Vectors] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    # Missing too, but in work for a window before this one, which is written first.
    awaited: list[str] = field(default_factory=list)
    result: Future[Vectors] | None = None


def new_revision() -> str:
    """A name for a state of the words that no other has."""
    return uuid.uuid4().hex[:12]


@dataclass(slots=True)
class IndexedTotals:
    """What an indexer did so far. `reused` vectors came from the cache."""

    chunks: int = 0
    embedded: int = 0
    reused: int = 0


class Indexer:
    """Works off pending cables in windows. One thread calls it; `on_progress` is told the chunks done.

    With `anew` the indexes are built beside those in use, to change over to their words as that revision:
    nothing is struck off here, since those in use still lack it.
    """

    def __init__(
        self,
        store: CableStore,
        chunks: ChunkIndex,
        lexical: LexicalIndex,
        encoder: TextEncoder,
        on_progress: Callable[[IndexedTotals], None] = lambda _: None,
        *,
        anew: str | None = None,
    ) -> None:
        self._store = store
        self._chunks = chunks
        self._lexical = lexical
        self._encoder = encoder
        self._on_progress = on_progress
        self._anew = anew
        self._open = _Window()
        self._running: deque[_Window] = deque()
        # What is taken on and not struck off, and what of it is written by all but the next commit.
        self._taken: set[str] = set()
        self._written: list[str] = []
        # What the next commit changes in the vector index: the last word on each id, None to remove it.
        self._changes: dict[str, Vectors | None] = {}
        self.totals = IndexedTotals()

    def add(self, pending: PendingCable) -> None:
        """Take on one cable as it is in the store now: present, changed or gone."""
        cable_id = pending.cable_id
        header = self._store.find_header(cable_id)
        if header is None:
            self._forget(pending)
            self._open.complete.append(pending)
            return
        paragraphs = self._store.cable_paragraphs(cable_id)
        self._take(pending, header, paragraphs, self._store.cable_chunks(cable_id))

    def add_put(self, pending: PendingCable, cable: Cable, chunks: Sequence[Chunk]) -> None:
        """As `add`, for a cable that was put just now: it is not read back from the store."""
        self._take(pending, cable.header, cable.paragraphs, chunks)

    def _forget(self, pending: PendingCable) -> None:
        self._taken.add(pending.cable_id)
        self._lexical.delete_cables([pending.cable_id])
        self._open.stale += pending.stale

    def _take(
        self,
        pending: PendingCable,
        header: CableHeader,
        cable_paragraphs: Sequence[Paragraph],
        chunks: Sequence[Chunk],
    ) -> None:
        self._forget(pending)
        paragraphs = {paragraph.label: paragraph for paragraph in cable_paragraphs}
        self._lexical.add((paragraph, header) for paragraph in cable_paragraphs)
        for chunk in chunks:
            text = embedded_text(header, paragraphs[chunk.label], chunk)
            sha256 = text_sha256(text)
            self._open.keys[chunk.chunk_id] = (chunk.cable_id, chunk.label, chunk.ordinal)
            self._open.hashes[chunk.chunk_id] = sha256
            self._open.texts[sha256] = text
            if len(self._open.keys) >= WINDOW:
                self._send()
        self._open.complete.append(pending)

    def drain(self) -> None:
        """Take on everything that is pending in the store, and finish it."""
        after = ""
        while batch := self._store.work.pending(after, limit=200):
            for pending in batch:
                self.add(pending)
            after = batch[-1].cable_id
        self.finish()

    def settle(self, cable_ids: Iterable[str]) -> None:
        """To be called before cables are put: what they were before must not be struck off with them."""
        if not self._taken.isdisjoint(cable_ids):
            self.finish()

    def finish(self) -> None:
        """Wait for the encoder and leave nothing pending of what was added."""
        self._send()
        while self._running:
            self._write(self._running.popleft())
        self._commit()

    def _send(self) -> None:
        window, self._open = self._open, _Window()
        window.known = self._store.vectors.get(window.texts, self._encoder.fingerprint)
        running = {sha256 for other in self._running for sha256 in other.missing}
        unknown = [sha256 for sha256 in window.texts if sha256 not in window.known]
        window.missing = [sha256 for sha256 in unknown if sha256 not in running]
        window.awaited = [sha256 for sha256 in unknown if sha256 in running]
        if window.missing:
            window.result = self._encoder.submit([window.texts[sha256] for sha256 in window.missing])
        self._running.append(window)
        while len(self._running) > IN_FLIGHT:
            self._write(self._running.popleft())

    def _write(self, window: _Window) -> None:
        if window.result is not None:
            embedded = dict(zip(window.missing, window.result.result(), strict=True))
            self._store.vectors.put(embedded, self._encoder.fingerprint)
            window.known |= embedded
        if window.awaited:
            window.known |= self._store.vectors.get(window.awaited, self._encoder.fingerprint)
        self._store.work.set_embedded({key: window.hashes[chunk_id] for chunk_id, key in window.keys.items()})
        self._changes |= dict.fromkeys(window.stale)
        self._changes |= {chunk_id: window.known[sha256] for chunk_id, sha256 in window.hashes.items()}
        self._written += [pending.cable_id for pending in window.complete]
        self.totals.chunks += len(window.keys)
        self.totals.embedded += len(window.missing)
        self.totals.reused += len(window.keys) - len(window.missing)
        self._on_progress(self.totals)
        if len(self._changes) >= COMMIT_CHUNKS:
            self._commit()

    def _commit(self) -> None:
        """Write to both indexes what they lack, and only then strike it off.

        Between the two the words are of either revision: what is pending is added again to both alike.
        """
        present = {chunk_id: vector for chunk_id, vector in self._changes.items() if vector is not None}
        self._chunks.delete(sorted(self._changes.keys() - present.keys()))
        if present:
            self._chunks.add(list(present), np.stack(list(present.values())))
        work = self._store.work
        if self._anew is not None:
            self._lexical.commit(self._anew)
        elif not self._written:
            # Of a cable that is not complete, and pending.
            self._lexical.commit()
        else:
            revision = new_revision()
            self._lexical.commit(*filter(None, [work.words_revision()]), revision)
            work.mark_done(self._written, revision)
        self._taken.difference_update(self._written)
        self._written, self._changes = [], {}
