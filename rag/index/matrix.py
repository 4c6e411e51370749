"""Unit vectors by chunk, and the nearest of those that a filter leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.models.worker import Vectors


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
class Among:
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
class Matrix:
    """Vectors, rows grouped by cable: those of `cable` are ``rows[cable][0]:rows[cable][1]``."""

    ids: Sequence[str]
    vectors: Vectors
    rows: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, ids: Sequence[str], vectors: Vectors) -> Matrix:
        rows: dict[str, tuple[int, int]] = {}
        for row, chunk_id in enumerate(ids):
            cable_id, _ = paragraph_of(chunk_id)
            rows[cable_id] = (rows.get(cable_id, (row, row))[0], row + 1)
        return cls(ids, vectors, rows)

    def whole(self) -> Among:
        return Among(self.ids, np.arange(len(self.ids)), (self.vectors,) if self.ids else ())

    def among(self, cable_ids: frozenset[str], paragraphs: frozenset[tuple[str, str]] | None) -> Among:
        found = [np.arange(*self.rows[cable_id]) for cable_id in cable_ids if cable_id in self.rows]
        rows = np.sort(np.concatenate(found)) if found else np.arange(0)
        if paragraphs is not None:
            rows = rows[[paragraph_of(self.ids[row]) in paragraphs for row in rows]]
        # Neighbouring rows as one part, so that a wide filter is few products and no vector is copied.
        runs = np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1) if len(rows) else []
        return Among(self.ids, rows, tuple(self.vectors[run[0] : run[-1] + 1] for run in runs))
