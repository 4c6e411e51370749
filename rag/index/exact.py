"""Exact nearest neighbours among chosen cables, over the vectors that the store keeps.

Chroma's metadata filter took 42-223 ms on 100,000 paragraphs and loses recall as filters get strict;
a product with all 100,000 vectors takes 8 ms and loses nothing. The matrix is a file beside the
store, mapped and not read: 1,536 bytes a chunk that the system can drop and that processes share.
To write a million vectors takes a minute, in the background: until then they are read from the store.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.models.worker import Vectors
from rag.store.cable_store import CableStore

# Up to this many cables, their rows are read from SQLite and no matrix is needed.
DIRECT_CABLES = 64
DIRECT_READS = 8
SUFFIX = ".vectors"
# Of so many filters the rows are kept: a person asks several questions of one selection.
KEPT_SELECTIONS = 16
log = logging.getLogger(__name__)


def paragraph_of(chunk_id: str) -> tuple[str, str]:
    """``"09ASTANA1206|9|0" -> ("09ASTANA1206", "9")``."""
    cable_id, label, _ = chunk_id.rsplit("|", 2)
    return cable_id, label


@dataclass(frozen=True, slots=True)
class ScoredChunk:
    """A chunk and its cosine with the question's vector."""

    chunk_id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class _Among:
    """Vectors that may be found, in parts; `rows` says of each which of `ids` is its chunk's."""

    ids: Sequence[str]
    rows: NDArray[np.intp]
    parts: tuple[Vectors, ...]

    def nearest(self, vector: Vectors, k: int) -> list[ScoredChunk]:
        if not self.parts:
            return []
        scores, rows = np.concatenate([part @ vector for part in self.parts]), self.rows
        if len(rows) > k:
            top = np.argpartition(-scores, k)[:k]
            scores, rows = scores[top], rows[top]
        found = [ScoredChunk(self.ids[row], score) for row, score in zip(rows, scores.tolist(), strict=True)]
        return sorted(found, key=lambda scored: (-scored.similarity, scored.chunk_id))


@dataclass(frozen=True, slots=True)
class _Matrix:
    """Vectors, rows grouped by cable: those of `cable` are ``rows[cable][0]:rows[cable][1]``."""

    ids: Sequence[str]
    vectors: Vectors
    rows: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, ids: Sequence[str], vectors: Vectors) -> _Matrix:
        rows: dict[str, tuple[int, int]] = {}
        for row, chunk_id in enumerate(ids):
            cable_id, _ = paragraph_of(chunk_id)
            rows[cable_id] = (rows.get(cable_id, (row, row))[0], row + 1)
        return cls(ids, vectors, rows)

    def whole(self) -> _Among:
        return _Among(self.ids, np.arange(len(self.ids)), (self.vectors,) if self.ids else ())

    def among(self, cable_ids: frozenset[str], paragraphs: frozenset[tuple[str, str]] | None) -> _Among:
        found = [np.arange(*self.rows[cable_id]) for cable_id in cable_ids if cable_id in self.rows]
        rows = np.sort(np.concatenate(found)) if found else np.arange(0)
        if paragraphs is not None:
            rows = rows[[paragraph_of(self.ids[row]) in paragraphs for row in rows]]
        # Neighbouring rows as one part, so that a wide filter is few products and no vector is copied.
        runs = np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1) if len(rows) else []
        return _Among(self.ids, rows, tuple(self.vectors[run[0] : run[-1] + 1] for run in runs))


class ExactSearch:
    """Brute force over the vectors of one encoder. Safe for many threads."""

    def __init__(self, store: CableStore, fingerprint: str) -> None:
        self._store = store
        self._fingerprint = fingerprint
        self._matrix: _Matrix | None = None
        self._cables: int | None = None
        self._direct_reads = 0
        self._selected = lru_cache(KEPT_SELECTIONS)(self._from_matrix)
        self._lock = threading.Lock()
        self._builder: threading.Thread | None = None
        # Of the builder at work: another matrix is wanted, or none.
        self._stopped = threading.Event()

    @property
    def is_ready(self) -> bool:
        """Whether the matrix is there, so that nothing is read from the store."""
        return self._matrix is not None

    def share(self, cable_ids: frozenset[str]) -> float:
        """About which share of all chunks these cables have: that which they are of the cables."""
        if self._cables is None:
            self._cables = self._store.survey.cable_count()
        return min(len(cable_ids) / max(self._cables, 1), 1.0)

    def prepare(self) -> None:
        """Begin to make the matrix where nobody did; searches go without it until it is there."""
        with self._lock:
            if self._matrix is None and self._builder is None:
                self._stopped = threading.Event()
                self._builder = threading.Thread(
                    target=self._build, args=[self._stopped], name="cableqa-vectors", daemon=True
                )
                self._builder.start()

    def settle(self) -> None:
        """Wait for the matrix that is being made."""
        builder = self._builder
        if builder is not None:
            builder.join()

    def close(self) -> None:
        """Give up what is being made. What is there can still be searched."""
        self._stopped.set()
        self.settle()

    def search(
        self,
        vector: Vectors,
        k: int,
        cable_ids: frozenset[str] | None,
        paragraphs: frozenset[tuple[str, str]] | None = None,
    ) -> list[ScoredChunk]:
        """The `k` chunks of `cable_ids`, or of all, nearest to the unit vector `vector`, best first.

        `paragraphs` narrows further, to (cable id, label); cables outside `cable_ids` stay outside.
        """
        if cable_ids == frozenset() or k <= 0:
            return []
        return self._among(cable_ids, paragraphs).nearest(vector, k)

    def forget(self) -> None:
        """Drop the matrix: the vectors have changed, or text was deleted."""
        self.close()
        with self._lock:
            self._matrix = self._builder = self._cables = None
        self._selected.cache_clear()
        for old in self._store.path.glob(f"*{SUFFIX}"):
            old.unlink(missing_ok=True)

    def _among(
        self, cable_ids: frozenset[str] | None, paragraphs: frozenset[tuple[str, str]] | None
    ) -> _Among:
        few = cable_ids is not None and len(cable_ids) <= DIRECT_CABLES
        if self._matrix is None:
            # A process that asks again and again is better off with the matrix.
            if not few or self._direct_reads >= DIRECT_READS:
                self.prepare()
            if cable_ids is None:
                self.settle()
        if (matrix := self._matrix) is None:
            self._direct_reads += 1
            matrix = self._read(cable_ids)
        elif not few and cable_ids is not None:
            return self._selected(cable_ids, paragraphs)
        return matrix.whole() if cable_ids is None else matrix.among(cable_ids, paragraphs)

    def _from_matrix(
        self, cable_ids: frozenset[str], paragraphs: frozenset[tuple[str, str]] | None
    ) -> _Among:
        return (self._matrix or self._read(cable_ids)).among(cable_ids, paragraphs)

    def _read(self, cable_ids: frozenset[str] | None) -> _Matrix:
        """The vectors of these cables, or of all, as the store has them."""
        read = list(self._store.vectors.of_chunks(self._fingerprint, cable_ids))
        if not read:
            return _Matrix.of((), np.empty((0, 1), dtype=np.float32))
        ids = [chunk_id for part, _ in read for chunk_id in part]
        return _Matrix.of(ids, np.concatenate([part for _, part in read]))

    def _build(self, stopped: threading.Event) -> None:
        try:
            matrix = self._mapped(stopped)
        except Exception:  # a full disk, a store that was closed: searches go on without it
            log.exception("the matrix of vectors could not be made: searches with filters are slower")
            return
        with self._lock:
            if not stopped.is_set():
                self._matrix = matrix

    def _mapped(self, stopped: threading.Event) -> _Matrix | None:
        """The matrix from its file, which is written where it is missing; None where that was `stopped`."""
        ids = self._store.vectors.chunk_ids(self._fingerprint)
        if not ids:
            return _Matrix.of((), np.empty((0, 1), dtype=np.float32))
        key = hashlib.sha256("\n".join((self._store.snapshot(), self._fingerprint, *ids)).encode())
        path = self._store.path / f"{key.hexdigest()[:16]}{SUFFIX}"
        if not path.exists() and not self._write(path, stopped):
            return None
        # A plain view: slices of a memmap cost several microseconds each.
        vectors = np.asarray(np.memmap(path, dtype="<f4", mode="r")).reshape(len(ids), -1)
        return _Matrix.of(tuple(ids), vectors)

    def _write(self, path: Path, stopped: threading.Event) -> bool:
        """Write the matrix whole or not at all: two processes may do so at once. Says whether it did."""
        partial = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            with partial.open("wb") as file:
                for _, vectors in self._store.vectors.of_chunks(self._fingerprint):
                    if stopped.is_set():
                        return False
                    file.write(vectors.tobytes())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return True
