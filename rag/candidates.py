"""Candidates: the paragraphs that meaning or words propose for a question, with what is known of each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache

from rag.collection import Collection
from rag.exact import DIRECT_CABLES, KEPT_SELECTIONS
from rag.narrowing import boosts
from rag.period_words import expansions
from rag.ranking import Evidence, ParagraphKey, Weights, ordered_scores
from rag.types import Clue, ClueField, Filters, Query
from rag.worker import Vectors

# How many candidates each of the two ways proposes before they are fused.
CANDIDATES = 100
SEARCHES_BESIDE = 4
# Of chosen cables all paragraphs are wanted: no cable of the archives has as many chunks as these.
OF_CABLES = 2_000


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be found: all cables or these, and of them all paragraphs or these."""

    cables: frozenset[str] | None = None
    paragraphs: frozenset[ParagraphKey] | None = None

    def is_empty(self) -> bool:
        return self.cables == frozenset() or self.paragraphs == frozenset()


@dataclass(frozen=True, slots=True)
class _Asked:
    """One text as both ways are asked for it."""

    text: str
    vector: Vectors
    added: tuple[str, ...]


class Candidates:
    """Proposes paragraphs over one collection."""

    def __init__(self, collection: Collection, weights: Weights) -> None:
        self._collection = collection
        self._weights = weights
        # Both indexes let go of the interpreter as they search: words are looked up beside meaning.
        self._beside = ThreadPoolExecutor(SEARCHES_BESIDE, thread_name_prefix="lexical")
        # A person asks several questions of one selection.
        self._passing = lru_cache(KEPT_SELECTIONS)(self._read_passing)

    def allowed(self, query: Query) -> Allowed:
        """What the query's filters let through."""
        if query.contradiction is not None:
            return Allowed(frozenset(), frozenset())
        if query.filters.is_empty():
            return Allowed()
        return self._passing(query.filters, self._collection.store.snapshot())

    def _read_passing(self, filters: Filters, snapshot: str) -> Allowed:
        """What they let through in the state of the collection that `snapshot` names."""
        store = self._collection.store
        cables = store.matching_cables(filters)
        # A filter that all pass is none: a set of all ids costs more than it says.
        if cables is not None and len(cables) > DIRECT_CABLES and len(cables) == store.survey.cable_count():
            cables = None
        if not filters.kinds:
            return Allowed(cables)
        paragraphs = store.survey.paragraphs_of_kind(filters.kinds, cables)
        return Allowed(frozenset(cable_id for cable_id, _ in paragraphs), paragraphs)

    def collect(self, query: Query, allowed: Allowed) -> dict[ParagraphKey, Evidence]:
        """Evidence for every candidate, the neighbours in the likeliest cables among them."""
        if allowed.is_empty():
            return {}
        texts = [query.standalone, query.text] if query.is_follow_up else [query.standalone]
        added = [query.expansions, expansions(query.text)] if query.is_follow_up else [query.expansions]
        vectors = self._collection.encoder.encode(texts)
        asked, *own = (_Asked(*one) for one in zip(texts, vectors, added, strict=True))
        evidence = self._proposed(asked, CANDIDATES, allowed)
        evidence = self._with_neighbours(asked, evidence, allowed)
        if own:
            evidence = self._with_own(own[0], evidence, allowed)
        return self._boosted(query, evidence)

    def _proposed(self, asked: _Asked, k: int, allowed: Allowed) -> dict[ParagraphKey, Evidence]:
        collection = self._collection
        finding = self._beside.submit(
            collection.lexical.search,
            asked.text,
            k,
            allowed.cables,
            allowed.paragraphs,
            asked.added,
            self._weights.abbreviation,
        )
        dense: dict[ParagraphKey, float] = {}
        for scored in collection.indexes.nearest(asked.vector, k, allowed.cables, allowed.paragraphs):
            cable_id, label, _ = scored.chunk_id.rsplit("|", 2)
            # Chunks come best first: a paragraph stands where its best chunk stands.
            dense.setdefault((cable_id, label), scored.similarity)
        found = finding.result()
        lexical = {(scored.cable_id, scored.label): scored.score for scored in found}
        dense_rank = {key: place for place, key in enumerate(dense, start=1)}
        lexical_rank = {key: place for place, key in enumerate(lexical, start=1)}
        return {
            key: Evidence(dense_rank.get(key), dense.get(key), lexical_rank.get(key), lexical.get(key))
            for key in {**dense, **lexical}
        }

    def _with_neighbours(
        self, asked: _Asked, evidence: dict[ParagraphKey, Evidence], allowed: Allowed
    ) -> dict[ParagraphKey, Evidence]:
        """All paragraphs of the best cables: what continues a hit may share no word with the question."""
        cables = _best_cables(evidence, self._weights, self._weights.neighbours)
        if not cables:
            return evidence
        among = self._proposed(asked, OF_CABLES, Allowed(cables, allowed.paragraphs))
        merged = dict(evidence)
        for key, one in among.items():
            known = evidence.get(key, Evidence())
            # Ranks stay those among all paragraphs; the scores of both searches are on one scale.
            merged[key] = replace(
                known,
                dense_score=one.dense_score if known.dense_score is None else known.dense_score,
                lexical_score=one.lexical_score if known.lexical_score is None else known.lexical_score,
            )
        return merged

    def _with_own(
        self, asked: _Asked, evidence: dict[ParagraphKey, Evidence], allowed: Allowed
    ) -> dict[ParagraphKey, Evidence]:
        """A follow-up's own words, among the cables that the talk so far speaks of."""
        cables = _best_cables(evidence, self._weights, DIRECT_CABLES)
        own = self._proposed(asked, OF_CABLES, Allowed(cables, allowed.paragraphs))
        found = {}
        for key, one in evidence.items():
            if key[0] in cables:
                said = own.get(key, Evidence())
                found[key] = replace(one, own_dense=said.dense_score, own_lexical=said.lexical_score)
        return found

    def _boosted(self, query: Query, evidence: dict[ParagraphKey, Evidence]) -> dict[ParagraphKey, Evidence]:
        """Evidence with what the question implies: the kind of paragraph, and when it was sent."""
        store = self._collection.store
        lifted: list[tuple[ClueField, float, frozenset[ParagraphKey]]] = []
        kinds = {value for clue in boosts(query.clues, ClueField.KIND) for value in clue.values}
        if kinds:
            found = store.survey.kinds(evidence)
            fitting = frozenset(key for key, kind in found.items() if kind.value in kinds)
            lifted.append((ClueField.KIND, self._weights.kind, fitting))
        dates = list(boosts(query.clues, ClueField.DATE))
        if dates:
            spans = store.survey.dates({cable_id for cable_id, _ in evidence})
            sent = {
                cable_id for cable_id, span in spans.items() if any(_within(clue, span) for clue in dates)
            }
            fitting = frozenset(key for key in evidence if key[0] in sent)
            lifted.append((ClueField.DATE, self._weights.date, fitting))
        boosted = dict(evidence)
        for field, weight, keys in lifted:
            for key in keys if weight else ():
                boosted[key] = replace(boosted[key], boosts={**boosted[key].boosts, field.value: weight})
        return boosted


def _within(clue: Clue, span: tuple[str, str]) -> bool:
    """Whether a cable's days and the clue's have one in common, as the filter has it."""
    first, last = clue.values
    return (not first or span[1] >= first) and (not last or span[0] <= last)


def _best_cables(evidence: dict[ParagraphKey, Evidence], weights: Weights, limit: int) -> frozenset[str]:
    ordered = dict.fromkeys(key[0] for key, _ in ordered_scores(evidence, weights))
    return frozenset(list(ordered)[:limit])
