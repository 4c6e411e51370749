"""Exact nearest neighbours among chosen cables, over the vectors that the store keeps.

Chroma's metadata filter took 42-223 ms on 100,000 paragraphs and loses recall as filters get strict;
a product with all 100,000 vectors takes 8 ms and loses nothing. The matrix is a file beside the
store, mapped and not read: 1,536 bytes a chunk that the system can drop and that processes share.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.store import CableStore
from rag.worker import Vectors

# Up to this many cables, their rows are read from SQLite and no matrix is needed.
DIRECT_CABLES = 64
DIRECT_READS = 8
SUFFIX = ".vectors"


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
class _Matrix:
    """All vectors, rows grouped by cable: those of `cable` are ``rows[cable][0]:rows[cable][1]``."""

    ids: tuple[str, ...]
    vectors: Vectors
    rows: dict[str, tuple[int, int]]


class ExactSearch:
    """Brute force over the vectors of one encoder."""

    def __init__(self, store: CableStore, fingerprint: str) -> None:
        self._store = store
        self._fingerprint = fingerprint
        self._matrix: _Matrix | None = None
        self._direct_reads = 0

    def row_count(self, cable_ids: frozenset[str]) -> int:
        """How many chunks the cables have."""
        rows = self._load().rows
        return sum(rows[c][1] - rows[c][0] for c in cable_ids if c in rows)

    def search(
        self,
        vector: Vectors,
        k: int,
        cable_ids: frozenset[str],
        paragraphs: frozenset[tuple[str, str]] | None = None,
    ) -> list[ScoredChunk]:
        """The `k` chunks of `cable_ids` nearest to the unit vector `vector`, best first.

        `paragraphs` narrows further, to (cable id, label); cables outside `cable_ids` stay outside.
        """
        if not cable_ids or k <= 0:
            return []
        best: list[ScoredChunk] = []
        for ids, vectors in self._among(cable_ids):
            scores = vectors @ vector
            if paragraphs is not None:
                rows = [i for i, chunk_id in enumerate(ids) if paragraph_of(chunk_id) in paragraphs]
                ids, scores = [ids[i] for i in rows], scores[rows]
            top = np.argpartition(-scores, k)[:k] if len(scores) > k else np.arange(len(scores))
            best += [ScoredChunk(ids[i], float(scores[i])) for i in top.tolist()]
        return sorted(best, key=lambda scored: (-scored.similarity, scored.chunk_id))[:k]

    def forget(self) -> None:
        """Drop the matrix: the vectors have changed, or text was deleted."""
        self._matrix = None
        for old in self._store.path.glob(f"*{SUFFIX}"):
            old.unlink(missing_ok=True)

    def _among(self, cable_ids: frozenset[str]) -> Iterator[tuple[list[str] | tuple[str, ...], Vectors]]:
        # A process that asks again and again is better off with the matrix.
        direct = self._matrix is None and len(cable_ids) <= DIRECT_CABLES
        if direct and self._direct_reads < DIRECT_READS:
            self._direct_reads += 1
            yield from self._store.vectors.of_chunks(self._fingerprint, cable_ids)
            return
        matrix = self._load()
        for start, end in _joined(sorted(matrix.rows[c] for c in cable_ids if c in matrix.rows)):
            yield matrix.ids[start:end], matrix.vectors[start:end]

    def _load(self) -> _Matrix:
        if self._matrix is None:
            ids = self._store.vectors.chunk_ids(self._fingerprint)
            key = hashlib.sha256("\n".join((self._store.snapshot(), self._fingerprint, *ids)).encode())
            path = self._store.path / f"{key.hexdigest()[:16]}{SUFFIX}"
            if not path.exists():
                self._write(path)
            vectors: Vectors = np.empty((0, 1), dtype=np.float32)
            if ids:
                vectors = np.memmap(path, dtype="<f4", mode="r").reshape(len(ids), -1)
            rows: dict[str, tuple[int, int]] = {}
            for row, chunk_id in enumerate(ids):
                cable_id = chunk_id.rsplit("|", 2)[0]
                rows[cable_id] = (rows.get(cable_id, (row, row))[0], row + 1)
            self._matrix = _Matrix(tuple(ids), vectors, rows)
        return self._matrix

    def _write(self, path: Path) -> None:
        """Write the matrix whole or not at all: two processes, or threads of one, may do so at once."""
        partial = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
        with partial.open("wb") as file:
            for _, vectors in self._store.vectors.of_chunks(self._fingerprint):
                file.write(vectors.tobytes())
        partial.replace(path)


def _joined(ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Neighbouring ranges as one, so that a wide filter is few products."""
    start, end = -1, -1
    for first, last in ranges:
        if first == end:
            end = last
            continue
        if end > start:
            yield start, end
        start, end = first, last
    if end > start:
        yield start, end
