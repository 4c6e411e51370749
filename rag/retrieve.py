"""Finding paragraphs: meaning and words, fused, and cables that the question names looked up directly."""

from __future__ import annotations

from dataclasses import dataclass

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from rag.collection import Collection
from rag.types import Filters, FoundBy, Hit, Query

ParagraphKey = tuple[str, str]

# How many candidates each of the two ways proposes before they are fused.
CANDIDATES = 100
# Weight of the lexical score, scaled to its best candidate; the cosine has the rest. On the dev questions
# every weight from 0.35 to 0.65 is within one question of the best, so the plain middle is taken.
LEXICAL_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What the two ways say of one paragraph."""

    dense_rank: int | None = None
    dense_score: float | None = None
    lexical_rank: int | None = None
    lexical_score: float | None = None


class HybridSearch:
    """Dense and lexical candidates by a weighted sum, with every rank and score kept for explanation."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def find(self, query: Query, k: int) -> tuple[Hit, ...]:
        """The best `k` paragraphs, best first, at most one hit for each paragraph."""
        filters = query.filters
        allowed = self._collection.store.matching_cables(filters)
        looked_up = self._look_up(query, allowed, k)
        found = self._fused(query.standalone, allowed, k + len(looked_up))
        seen = {(hit.paragraph.cable_id, hit.paragraph.label) for hit in looked_up}
        rest = [hit for hit in found if (hit.paragraph.cable_id, hit.paragraph.label) not in seen]
        return tuple([*looked_up, *rest][:k])

    def _look_up(self, query: Query, allowed: frozenset[str] | None, k: int) -> list[Hit]:
        """Paragraphs that the question names; of a cable named as a whole, those that match best."""
        hits: list[Hit] = []
        store = self._collection.store
        for named in query.named:
            if allowed is not None and named.cable_id not in allowed:
                continue
            if named.label is None:
                hits += self._fused(query.standalone, frozenset([named.cable_id]), k, FoundBy.LOOKUP)
                continue
            paragraph = store.find_paragraph(named.cable_id, named.label)
            header = store.headers([named.cable_id]).get(named.cable_id)
            if paragraph is not None and header is not None:
                hits.append(Hit(paragraph, header, 1.0, FoundBy.LOOKUP))
        return hits

    def _fused(
        self, text: str, allowed: frozenset[str] | None, k: int, found_by: FoundBy | None = None
    ) -> list[Hit]:
        evidence = self._candidates(text, allowed)
        if not evidence:
            return []
        # A paragraph that one way did not propose is, for that way, no better than its last candidate.
        dense_floor = min(
            (e.dense_score for e in evidence.values() if e.dense_score is not None), default=0.0
        )
        lexical_best = max((e.lexical_score or 0.0 for e in evidence.values()), default=0.0) or 1.0

        def fused(e: _Evidence) -> float:
            dense = dense_floor if e.dense_score is None else e.dense_score
            return LEXICAL_WEIGHT * (e.lexical_score or 0.0) / lexical_best + (1 - LEXICAL_WEIGHT) * dense

        best = sorted(evidence, key=lambda key: (-fused(evidence[key]), key))[:k]
        paragraphs = self._collection.store.paragraphs(best)
        headers = self._collection.store.headers({cable_id for cable_id, _ in best})
        return [
            Hit(
                paragraph=paragraphs[key],
                header=headers[key[0]],
                score=round(fused(evidence[key]), 6),
                found_by=found_by or _found_by(evidence[key]),
                dense_rank=evidence[key].dense_rank,
                dense_score=evidence[key].dense_score,
                lexical_rank=evidence[key].lexical_rank,
                lexical_score=evidence[key].lexical_score,
            )
            for key in best
            if key in paragraphs and key[0] in headers
        ]

    def _candidates(self, text: str, allowed: frozenset[str] | None) -> dict[ParagraphKey, _Evidence]:
        collection = self._collection
        dense: dict[ParagraphKey, float] = {}
        vector = collection.encoder.encode([text])[0]
        for scored in collection.chunks.search(vector, CANDIDATES, allowed):
            cable_id, label, _ = scored.chunk_id.rsplit("|", 2)
            # Chunks come best first: a paragraph stands where its best chunk stands.
            dense.setdefault((cable_id, label), scored.similarity)
        lexical = {
            (scored.cable_id, scored.label): scored.score
            for scored in collection.lexical.search(text, CANDIDATES, allowed)
        }
        dense_rank = {key: rank for rank, key in enumerate(dense, start=1)}
        lexical_rank = {key: rank for rank, key in enumerate(lexical, start=1)}
        return {
            key: _Evidence(dense_rank.get(key), dense.get(key), lexical_rank.get(key), lexical.get(key))
            for key in {**dense, **lexical}
        }


def _found_by(evidence: _Evidence) -> FoundBy:
    if evidence.lexical_rank is None:
        return FoundBy.DENSE
    return FoundBy.LEXICAL if evidence.dense_rank is None else FoundBy.BOTH


class CableRetriever(BaseRetriever):
    """`HybridSearch` for LangChain programs: documents whose metadata name the cable and the paragraph."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    search_engine: HybridSearch
    filters: Filters = Filters()
    k: int = 8

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        hits = self.search_engine.find(Query(query, query, self.filters), k or self.k)
        return [
            Document(
                id=hit.paragraph.citation,
                page_content=hit.paragraph.text,
                metadata={
                    "cable_id": hit.paragraph.cable_id,
                    "paragraph": hit.paragraph.label,
                    "label": hit.paragraph.citation,
                    "score": hit.score,
                    "found_by": hit.found_by.value,
                },
            )
            for hit in hits
        ]
