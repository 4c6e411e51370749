"""Exact nearest neighbours among chosen cables, over the vectors that the store keeps.

Chroma's metadata filter took 42-223 ms on 100,000 paragraphs and loses recall as filters get strict;
a product with all 100,000 vectors takes 8 ms and loses nothing. The matrix is a file beside the
store, mapped and not read: 1,536 bytes a chunk that the system can drop and that processes share.
To write a million vectors takes a minute: a server has it done in the background, and reads them from the
store until then. A single command writes it when it needs it, once, and the next one finds it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from functools import lru_cache
from pathlib import Path

import numpy as np

from rag.index.matrix import Among, Matrix, ScoredChunk
from rag.models.worker import Vectors
from rag.store.cable_store import CableStore

# Up to this many cables, their rows are read from SQLite and no matrix is needed.
DIRECT_CABLES = 64
DIRECT_READS = 8
# Up to so many chunks that pass a filter are searched exactly. Of 140,000 that passed among 644,000, HNSW
# with over-fetching took half the time and found 99 % of the ten nearest. While a matrix is being made, no
# more than the second number are read from the store.
EXACT_ROWS, READ_ROWS = 100_000, 20_000
# After a failure, such as a full disk: the cause is for somebody else to take away.
RETRY_S = 300.0
SUFFIX = ".vectors"
# Of so many filters the rows are kept: a person asks several questions of one selection.
KEPT_SELECTIONS = 16
log = logging.getLogger(__name__)


class ExactSearch:
    """Brute force over the vectors of one encoder. Safe for many threads."""

    def __init__(
        self, store: CableStore, fingerprint: str, *, read_rows: int = READ_ROWS, retry_s: float = RETRY_S
    ) -> None:
        self._store = store
        self._fingerprint = fingerprint
        self._read_rows, self._retry_s = read_rows, retry_s
        self._matrix: Matrix | None = None
        self._cables: int | None = None
        self._direct_reads = 0
        self._selected = lru_cache(KEPT_SELECTIONS)(self._from_matrix)
        self._lock, self._making = threading.Lock(), threading.Lock()
        self._in_background = False
        self._builder: threading.Thread | None = None
        self._retry_at = 0.0
        # Of the matrix that is being made: another is wanted, or none.
        self._stopped = threading.Event()

    @property
    def is_ready(self) -> bool:
        """Whether the matrix is there, so that nothing is read from the store."""
        return self._matrix is not None

    def takes(self, rows: float) -> bool:
        """Whether a search among so many chunks is for here, and not for HNSW, as things stand now.

        A matrix in the background that failed is begun again where it is time to.
        """
        awaited = self._in_background and self._matrix is None
        if awaited:
            self._go_on()
        return rows <= (self._read_rows if awaited else EXACT_ROWS)

    def is_settled(self, rows: int) -> bool:
        """Whether nothing that `takes` says of up to so many chunks changes when a matrix is made."""
        return self._matrix is not None or not self._in_background or rows <= self._read_rows

    def share(self, cable_ids: frozenset[str]) -> float:
        """About which share of all chunks these cables have: that which they are of the cables."""
        if self._cables is None:
            self._cables = self._store.survey.cable_count()
        return min(len(cable_ids) / max(self._cables, 1), 1.0)

    def prepare(self) -> None:
        """Have the matrix made in the background, from now on; searches go without it until it is there.

        Begins where nobody did, and again where it failed some minutes ago.
        """
        self._in_background = True
        self._go_on()

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
            self._stopped, self._retry_at = threading.Event(), 0.0
        self._selected.cache_clear()
        for old in self._store.path.glob(f"*{SUFFIX}"):
            old.unlink(missing_ok=True)

    def _among(
        self, cable_ids: frozenset[str] | None, paragraphs: frozenset[tuple[str, str]] | None
    ) -> Among:
        few = cable_ids is not None and len(cable_ids) <= DIRECT_CABLES
        # A process that asks again and again is better off with the matrix.
        if self._matrix is None and (not few or self._direct_reads >= DIRECT_READS):
            self._go_on()
            if cable_ids is None:
                self.settle()
        if (matrix := self._matrix) is None:
            self._direct_reads += 1
            matrix = self._read(cable_ids)
        elif not few and cable_ids is not None:
            return self._selected(cable_ids, paragraphs)
        return matrix.whole() if cable_ids is None else matrix.among(cable_ids, paragraphs)

    def _from_matrix(self, cable_ids: frozenset[str], paragraphs: frozenset[tuple[str, str]] | None) -> Among:
        return (self._matrix or self._read(cable_ids)).among(cable_ids, paragraphs)

    def _read(self, cable_ids: frozenset[str] | None) -> Matrix:
        """The vectors of these cables, or of all, as the store has them."""
        read = list(self._store.vectors.of_chunks(self._fingerprint, cable_ids))
        if not read:
            return Matrix.of((), np.empty((0, 1), dtype=np.float32))
        ids = [chunk_id for part, _ in read for chunk_id in part]
        return Matrix.of(ids, np.concatenate([part for _, part in read]))

    def _go_on(self) -> None:
        """Have the matrix made where it is time to: in the background, or here and now."""
        if not self._in_background:
            with self._making:
                if self._is_due():
                    self._build(self._stopped)
            return
        with self._lock:
            at_work = self._builder is not None and self._builder.is_alive()
            if not at_work and self._is_due():
                self._builder = threading.Thread(
                    target=self._build, args=[self._stopped], name="cableqa-vectors", daemon=True
                )
                self._builder.start()

    def _is_due(self) -> bool:
        return self._matrix is None and not self._stopped.is_set() and time.monotonic() >= self._retry_at

    def _build(self, stopped: threading.Event) -> None:
        try:
            matrix = self._mapped(stopped)
        except Exception:  # a full disk, a store that was closed: searches go on without it
            self._retry_at = time.monotonic() + self._retry_s
            log.exception(
                "the matrix of vectors could not be made: searches are slower, and a question in %.0f s or "
                "later has it tried again",
                self._retry_s,
            )
            return
        with self._lock:
            if not stopped.is_set():
                self._matrix = matrix

    def _mapped(self, stopped: threading.Event) -> Matrix | None:
        """The matrix from its file, which is written where it is missing; None where that was `stopped`."""
        ids = self._store.vectors.chunk_ids(self._fingerprint)
        if not ids:
            return Matrix.of((), np.empty((0, 1), dtype=np.float32))
        key = hashlib.sha256("\n".join((self._store.snapshot(), self._fingerprint, *ids)).encode())
        path = self._store.path / f"{key.hexdigest()[:16]}{SUFFIX}"
        if not path.exists() and not self._write(path, stopped):
            return None
        # A plain view: slices of a memmap cost several microseconds each.
        vectors = np.asarray(np.memmap(path, dtype="<f4", mode="r")).reshape(len(ids), -1)
        return Matrix.of(tuple(ids), vectors)

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
