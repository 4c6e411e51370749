"""Exact nearest neighbours among chosen cables, over the vectors that the store keeps.

Chroma's metadata filter took 42-223 ms on 100,000 paragraphs and loses recall as filters get strict;
a product with all 100,000 vectors takes 8 ms and loses nothing. The matrix is a file beside the
store, mapped and not read: 1,536 bytes a chunk that the system can drop and that processes share.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.store import CableStore
from rag.worker import Vectors

# Up to this many cables, their rows are read from SQLite and no matrix is needed.
DIRECT_CABLES = 64
DIRECT_READS = 8
SUFFIX = ".vectors"
# Of so many filters the rows are kept: a person asks several questions of one selection.
KEPT_SELECTIONS = 16


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
    """Brute force over the vectors of one encoder."""

    def __init__(self, store: CableStore, fingerprint: str) -> None:
        self._store = store
        self._fingerprint = fingerprint
        self._matrix: _Matrix | None = None
        self._direct_reads = 0
        self._selected = lru_cache(KEPT_SELECTIONS)(self._from_matrix)

    def row_count(self, cable_ids: frozenset[str]) -> int:
        """How many chunks the cables have."""
        return len(self._among(cable_ids, None).rows)

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
        self._matrix = None
        self._selected.cache_clear()
        for old in self._store.path.glob(f"*{SUFFIX}"):
            old.unlink(missing_ok=True)

    def _among(
        self, cable_ids: frozenset[str] | None, paragraphs: frozenset[tuple[str, str]] | None
    ) -> _Among:
        if cable_ids is None:
            return self._load().whole()
        if len(cable_ids) > DIRECT_CABLES:
            return self._selected(cable_ids, paragraphs)
        # A process that asks again and again is better off with the matrix.
        if self._matrix is None and self._direct_reads < DIRECT_READS:
            self._direct_reads += 1
            read = list(self._store.vectors.of_chunks(self._fingerprint, cable_ids))
            if not read:
                return _Among((), np.arange(0), ())
            ids = [chunk_id for part, _ in read for chunk_id in part]
            return _Matrix.of(ids, np.concatenate([part for _, part in read])).among(cable_ids, paragraphs)
        return self._from_matrix(cable_ids, paragraphs)

    def _from_matrix(
        self, cable_ids: frozenset[str], paragraphs: frozenset[tuple[str, str]] | None
    ) -> _Among:
        return self._load().among(cable_ids, paragraphs)

    def _load(self) -> _Matrix:
        if self._matrix is None:
            ids = self._store.vectors.chunk_ids(self._fingerprint)
            key = hashlib.sha256("\n".join((self._store.snapshot(), self._fingerprint, *ids)).encode())
            path = self._store.path / f"{key.hexdigest()[:16]}{SUFFIX}"
            if not path.exists():
                self._write(path)
            vectors: Vectors = np.empty((0, 1), dtype=np.float32)
            if ids:
                # A plain view: slices of a memmap cost several microseconds each.
                vectors = np.asarray(np.memmap(path, dtype="<f4", mode="r")).reshape(len(ids), -1)
            self._matrix = _Matrix.of(tuple(ids), vectors)
        return self._matrix

    def _write(self, path: Path) -> None:
        """Write the matrix whole or not at all: two processes, or threads of one, may do so at once."""
        partial = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
        with partial.open("wb") as file:
            for _, vectors in self._store.vectors.of_chunks(self._fingerprint):
                file.write(vectors.tobytes())
        partial.replace(path)
