"""Finding paragraphs: named ones looked up, others by meaning and words, or every one that holds a phrase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from rag.asking.compound import found_together
from rag.asking.understand import understand
from rag.finding.candidates import Allowed, Candidates
from rag.finding.lookup import LookUp
from rag.finding.ranking import Evidence, ParagraphKey, Scored, Weights, rank
from rag.finding.rerank import KeepOrder, Reranker
from rag.finding.scan import ALL_HITS, describe, scan
from rag.finding.spelling import Slip, Spelling, mended, note_of
from rag.index.collection import Collection
from rag.store.catalogue import StoredArchive
from rag.text.period_words import expansions
from rag.types import Coverage, Filters, Found, FoundBy, Hit, Part, Query, Question, Scope


class HybridSearch:
    """Look-ups, dense and lexical candidates in one ranking, and scans, over one collection."""

    def __init__(
        self, collection: Collection, reranker: Reranker | None = None, weights: Weights | None = None
    ) -> None:
        self._collection = collection
        self._reranker = reranker or KeepOrder()
        self._weights = weights or Weights()
        self._candidates = Candidates(collection, self._weights)
        self._lookup = LookUp(collection.store)
        self._spelling = Spelling(collection)
        self.archive = StoredArchive(collection.store)

    @property
    def reranker_name(self) -> str:
        return self._reranker.name

    def find(self, query: Query, k: int) -> tuple[Hit, ...]:
        """The best `k` paragraphs, best first, at most one hit for each paragraph."""
        return self.search(query, k).hits

    def search(self, query: Query, k: int) -> Found:
        """The best `k` paragraphs with how complete they are; of an exhaustive question, every one.

        An exhaustive question gives all its hits while there are no more than `ALL_HITS`, whatever `k` is.
        A note says which index is not in use. Raises CollectionDegraded where it cannot be done without.
        """
        # What names a cable is looked up, and what headers tell is counted, without other words.
        by_words = not (query.named or query.unknown or query.references or query.header_facts)
        slips = self._spelling.slips(query.text) if by_words else ()
        # A count is of the words as they are written.
        is_searched = query.scope is Scope.OPEN
        parts = [*query.parts, *(self._mended(query, slips) if is_searched else ())]
        found = self._searched(query, k)
        if parts:
            found = found_together(found, [self._searched(part, k) for part in parts], k)
            found = replace(found, hits=tuple(_without_repeats(found.hits)))
        told = (note_of(slip, is_searched=is_searched) for slip in slips)
        return replace(found, notes=(*found.notes, *told, *self._collection.indexes.notes()))

    def _mended(self, query: Query, slips: Sequence[Slip]) -> tuple[Query, ...]:
        """The question without its sure slips, understood anew, and its parts; none where none is sure."""
        text = mended(query.text, slips)
        if text == query.text:
            return ()
        read = understand(Question(text, filters=query.filters), self.archive)
        lone = query.standalone.replace(query.text, text)
        return (replace(read, standalone=lone, expansions=expansions(lone)), *read.parts)

    def _searched(self, query: Query, k: int) -> Found:
        allowed = self._candidates.allowed(query)
        notes = list(query.notes)
        if allowed.is_empty() and query.contradiction is None:
            notes.append("No paragraph of this collection passes the filters.")
        if query.contradiction is not None:
            return Found((), Coverage.COMPLETE, 0, 0, (*notes, query.contradiction))
        if query.scope is Scope.EXHAUSTIVE:
            return self._scanned(query, allowed, notes)

        def within(cables: frozenset[str], found_by: FoundBy) -> list[Hit]:
            return self._ranked(query, Allowed(cables, allowed.paragraphs), k, found_by)

        pointed = [
            *self._lookup.referred(query, allowed, within, notes),
            *self._lookup.named(query, allowed, within, notes),
        ]
        wanted = max(k, self._reranker.depth)
        ranked = self._ranked(query, allowed, wanted + len(pointed), None)
        hits = _without_repeats(_once([*pointed, *ranked]))[:wanted]
        return Found(tuple(self._reranker.rerank(query.read_as, hits)[:k]), notes=tuple(notes))

    def _scanned(self, query: Query, allowed: Allowed, notes: list[str]) -> Found:
        found = scan(self._collection, query, allowed)
        shown = found.keys[:ALL_HITS]
        scored = [Scored(key, 1.0, (Part("holds it", 1.0),)) for key in shown]
        whole = len(shown) == len(found.keys)
        told = describe(found, query)
        return Found(
            tuple(self._hits(scored, Evidence(), FoundBy.LEXICAL)),
            Coverage.COMPLETE if whole else Coverage.SAMPLE,
            len(found.keys),
            found.scanned,
            (*notes, told),
            told if query.mentions else None,
        )

    def _ranked(self, query: Query, allowed: Allowed, k: int, found_by: FoundBy | None) -> list[Hit]:
        evidence = self._candidates.collect(query, allowed, k)
        return self._hits(rank(evidence, self._weights, k), evidence, found_by)

    def _hits(self, scored: Sequence[Scored], evidence: Evidence, found_by: FoundBy | None) -> list[Hit]:
        shown = self._collection.store.found.shown([one.key for one in scored])
        hits = []
        for one in scored:
            # The last bits of a cosine depend on where in memory its vector happens to lie.
            stored, cosine = shown.get(one.key), evidence.dense.get(one.key)
            if stored is not None:
                hits.append(
                    Hit(
                        paragraph=stored.paragraph,
                        header=stored.header,
                        score=round(one.score, 6),
                        found_by=found_by or _found_by(one.key, evidence),
                        dense_rank=evidence.dense_ranks.get(one.key),
                        dense_score=None if cosine is None else round(cosine, 6),
                        lexical_rank=evidence.lexical_ranks.get(one.key),
                        lexical_score=evidence.lexical.get(one.key),
                        parts=one.parts,
                        original=stored.original,
                    )
                )
        return hits


def _without_repeats(hits: Sequence[Hit]) -> list[Hit]:
    """Of a retransmission and its original, the one that ranks first, where they say the same words."""
    shown: dict[tuple[str, str], str] = {}
    kept = []
    for hit in hits:
        cable_id = hit.paragraph.cable_id
        if shown.setdefault((hit.original or cable_id, hit.paragraph.sha256), cable_id) == cable_id:
            kept.append(hit)
    return kept


def _once(hits: list[Hit]) -> list[Hit]:
    unique: dict[ParagraphKey, Hit] = {}
    for hit in hits:
        unique.setdefault((hit.paragraph.cable_id, hit.paragraph.label), hit)
    return list(unique.values())


def _found_by(key: ParagraphKey, evidence: Evidence) -> FoundBy:
    if key not in evidence.lexical:
        return FoundBy.DENSE
    return FoundBy.BOTH if key in evidence.dense else FoundBy.LEXICAL


class CableRetriever(BaseRetriever):
    """`HybridSearch` for LangChain programs: documents whose metadata name the cable and the paragraph."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    search_engine: HybridSearch
    filters: Filters = Filters()
    k: int = 8

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        understood = understand(Question(query, filters=self.filters), self.search_engine.archive)
        hits = self.search_engine.find(understood, k or self.k)
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
