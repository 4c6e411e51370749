"""Other ways to search than the product's, to be measured beside it: meaning alone, words alone."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from rag.index.collection import Collection
from rag.pipeline import Finder
from rag.types import Found, FoundBy, Hit, Query

# Chunks of one paragraph stand beside each other: so many more are asked for than paragraphs are wanted.
CHUNKS_EACH = 4


class Retriever(StrEnum):
    """How paragraphs are found."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


class DenseSearch:
    """Nearest vectors only; no look-ups."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def search(self, query: Query, k: int) -> Found:
        allowed = self._collection.store.matching_cables(query.filters)
        vector = self._collection.encoder.encode([query.standalone])[0]
        best: dict[tuple[str, str], float] = {}
        for scored in self._collection.chunks.search(vector, k * CHUNKS_EACH, allowed):
            cable_id, label, _ = scored.chunk_id.rsplit("|", 2)
            best.setdefault((cable_id, label), scored.similarity)
        return Found(_hits(self._collection, best, k, FoundBy.DENSE))


class LexicalSearch:
    """BM25 only; no look-ups. Scores are scaled to the best one, as the answerer expects shares."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def search(self, query: Query, k: int) -> Found:
        allowed = self._collection.store.matching_cables(query.filters)
        found = self._collection.lexical.search(query.standalone, k, allowed)
        top = max((scored.score for scored in found), default=0.0) or 1.0
        best = {(scored.cable_id, scored.label): scored.score / top for scored in found}
        return Found(_hits(self._collection, best, k, FoundBy.LEXICAL))


def chosen_search(retriever: Retriever, collection: Collection) -> Callable[[Finder], Finder] | None:
    """What is put in the place of the product's search; None leaves it."""
    if retriever is Retriever.DENSE:
        return lambda _own: DenseSearch(collection)
    return (lambda _own: LexicalSearch(collection)) if retriever is Retriever.LEXICAL else None


def _hits(
    collection: Collection, scores: dict[tuple[str, str], float], k: int, found_by: FoundBy
) -> tuple[Hit, ...]:
    keys = list(scores)[:k]
    paragraphs = collection.store.paragraphs(keys)
    headers = collection.store.headers({cable_id for cable_id, _ in keys})
    dense = found_by is FoundBy.DENSE
    return tuple(
        Hit(
            paragraphs[key],
            headers[key[0]],
            round(scores[key], 6),
            found_by,
            dense_rank=rank if dense else None,
            dense_score=scores[key] if dense else None,
            lexical_rank=None if dense else rank,
            lexical_score=None if dense else scores[key],
        )
        for rank, key in enumerate(keys, start=1)
        if key in paragraphs and key[0] in headers
    )
