"""The two indexes that a collection is searched with, and what stands in for one that fails.

The store keeps every vector: where the vector index is damaged, gone or slow, they are searched in its place,
exactly. Nothing stands in for the words: passages are then found by meaning alone, and nothing is declared
absent. Others can be put in the place of both while questions are asked (rag/index/healing.py).
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from rag.errors import CollectionError
from rag.index.chunks import ChunkIndex
from rag.index.lexical import LexicalIndex
from rag.index.matrix import ScoredChunk
from rag.models.worker import Vectors

CHUNKS, LEXICAL = "chunks", "lexical"
# Both are sound, and behind the store: an ingest was cut short.
PENDING = "pending"
# How long an index that failed is left alone: a slow server must not slow every question.
REST_S = 15.0
NOTES = {
    CHUNKS: "The vector index is not in use: the vectors that the store keeps were searched in its place.",
    LEXICAL: "The word index is being built anew: passages were found by meaning alone.",
    PENDING: "An ingest was cut short: the last that it read in may not be found yet.",
}


class Indexes:
    """Safe for many threads; `lost` says by name, and why, which of the two cannot be used at all.

    With `PENDING` among them both are used as far as they go.
    """

    def __init__(
        self, chunks: ChunkIndex, lexical: LexicalIndex, lost: Mapping[str, str] | None = None
    ) -> None:
        self.chunks = chunks
        self.lexical = lexical
        self._lost = dict(lost or {})
        self._failure: str | None = None
        self._rests_until = 0.0
        self._retired: list[tuple[ChunkIndex, LexicalIndex]] = []

    def nearest(
        self,
        vector: Vectors,
        k: int,
        allowed_cables: frozenset[str] | None = None,
        paragraphs: frozenset[tuple[str, str]] | None = None,
    ) -> list[ScoredChunk]:
        """As ``ChunkIndex.search``; never fails for the vector index's sake."""
        chunks = self.chunks
        if CHUNKS not in self._lost and time.monotonic() >= self._rests_until:
            try:
                found = chunks.search(vector, k, allowed_cables, paragraphs)
                self._failure = None
                return found
            except CollectionError as error:
                self._failure = error.message
                self._rests_until = time.monotonic() + REST_S
        return chunks.exact.search(np.asarray(vector, dtype=np.float32), k, allowed_cables, paragraphs)

    def degraded(self) -> dict[str, str]:
        """By name and reason what is not used now; empty where all is well."""
        failing = {} if self._failure is None else {CHUNKS: self._failure}
        return {**failing, **self._lost}

    def is_settled(self) -> bool:
        """Whether a search finds the same again, for as long as the collection does not change.

        Not so without an index, or while a filter is answered otherwise than it will be with the matrix.
        """
        try:
            return not self.degraded() and self.chunks.exact.is_settled(self.chunks.count())
        except CollectionError:
            return False

    def notes(self) -> tuple[str, ...]:
        """What an answer's record says of it."""
        return tuple(NOTES[name] for name in self.degraded())

    def replace(self, chunks: ChunkIndex, lexical: LexicalIndex) -> None:
        """Search with these from now on; the old ones are kept for who is in the middle of a search."""
        self._retired.append((self.chunks, self.lexical))
        self.chunks, self.lexical = chunks, lexical
        self._lost, self._failure, self._rests_until = {}, None, 0.0

    def close(self) -> None:
        """Release the files; a writer waits for merges of the words."""
        for chunks, lexical in (*self._retired, (self.chunks, self.lexical)):
            chunks.close()
            lexical.close()

    def abandon(self) -> None:
        """Release the files and wait for nothing."""
        self.chunks.close()
        self.lexical.abandon()
