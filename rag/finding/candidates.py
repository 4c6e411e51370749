"""Candidates: the paragraphs that meaning or words propose for a question, with what is known of each."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache

from rag.asking.narrowing import boosts
from rag.finding.proximity import Proximity, rarest
from rag.finding.ranking import Boost, Evidence, ParagraphKey, Weights, best_cables, likeliest
from rag.index.collection import Collection
from rag.index.exact import DIRECT_CABLES, KEPT_SELECTIONS
from rag.index.matrix import paragraph_of
from rag.models.worker import Vectors
from rag.text.period_words import expansions
from rag.types import Clue, ClueField, Filters, Query

# How many candidates each of the two ways proposes, if no more are asked for. Each of those by meaning takes
# Chroma 0.01 ms; more than 64 found nothing more on the development sets.
BY_MEANING, BY_WORDS = 64, 100
SEARCHES_BESIDE = 4
# Of chosen cables all paragraphs are wanted: no cable of the archives has as many chunks as these.
OF_CABLES = 2_000

_Scores = dict[ParagraphKey, float]


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
        store = self._collection.store
        if query.filters.is_empty() and store.is_whole:
            return Allowed()
        return self._passing(query.filters, store.snapshot())

    def _read_passing(self, filters: Filters, snapshot: str) -> Allowed:
        """What they let through in the state of the collection that `snapshot` names."""
        store = self._collection.store
        cables = store.matching_cables(filters)
        # A filter that all pass is none: a set of all ids costs more than it says. What may be seen of a
        # larger whole is no such set, whatever it has in common with the filter.
        if cables is not None and store.is_whole and len(cables) == store.survey.cable_count():
            cables = None
        if not filters.kinds:
            return Allowed(cables)
        paragraphs = store.survey.paragraphs_of_kind(filters.kinds, cables)
        return Allowed(frozenset(cable_id for cable_id, _ in paragraphs), paragraphs)

    def collect(self, query: Query, allowed: Allowed, k: int) -> Evidence:
        """Evidence for candidates, no fewer than `k`, all paragraphs of the likeliest cables among them."""
        if allowed.is_empty():
            return Evidence()
        texts = [query.standalone, query.text] if query.is_follow_up else [query.standalone]
        added = [query.expansions, expansions(query.text)] if query.is_follow_up else [query.expansions]
        vectors = self._collection.encoder.encode(texts)
        asked, *own = (_Asked(*one) for one in zip(texts, vectors, added, strict=True))
        dense, lexical = self._proposed(asked, allowed, k)
        evidence = Evidence(
            keys=tuple(dict.fromkeys((*dense, *lexical))),
            dense=dense,
            lexical=lexical,
            dense_ranks={key: place for place, key in enumerate(dense, start=1)},
            lexical_ranks={key: place for place, key in enumerate(lexical, start=1)},
        )
        evidence = self._with_neighbours(asked, evidence, allowed)
        if own:
            evidence = self._with_own(own[0], evidence, allowed)
        evidence = replace(evidence, boosts=tuple(self._boosts(query, evidence)))
        # What was said before tells the cable, and its words were never meant to stand together.
        return self._with_proximity(texts[-1], evidence)

    def _proposed(self, asked: _Asked, allowed: Allowed, k: int) -> tuple[_Scores, _Scores]:
        """Cosines and BM25 scores of what either way proposes, best first; both ways at once."""
        lexical = self._beside.submit(self._by_words, asked, max(BY_WORDS, k), allowed)
        return self._by_meaning(asked, max(BY_MEANING, k), allowed), lexical.result()

    def _all_of(self, cables: frozenset[str], asked: _Asked, allowed: Allowed) -> tuple[_Scores, _Scores]:
        """As `_proposed`, for all paragraphs of a few cables that may be found.

        Either way takes less time than to have another thread do it.
        """
        among = Allowed(cables, allowed.paragraphs)
        return self._by_meaning(asked, OF_CABLES, among), self._by_words(asked, OF_CABLES, among)

    def _by_meaning(self, asked: _Asked, k: int, allowed: Allowed) -> _Scores:
        dense: _Scores = {}
        nearest = self._collection.indexes.nearest(asked.vector, k, allowed.cables, allowed.paragraphs)
        for scored in nearest:
            # Chunks come best first: a paragraph stands where its best chunk stands.
            dense.setdefault(paragraph_of(scored.chunk_id), scored.similarity)
        return dense

    def _by_words(self, asked: _Asked, k: int, allowed: Allowed) -> _Scores:
        found = self._collection.lexical.search(
            asked.text, k, allowed.cables, allowed.paragraphs, asked.added, self._weights.abbreviation
        )
        return {(scored.cable_id, scored.label): scored.score for scored in found}

    def _with_neighbours(self, asked: _Asked, evidence: Evidence, allowed: Allowed) -> Evidence:
        """All paragraphs of the best cables: what continues a hit may share no word with the question."""
        cables = best_cables(evidence, self._weights, self._weights.neighbours)
        if not cables:
            return evidence
        dense, lexical = self._all_of(cables, asked, allowed)
        # Ranks stay those among all paragraphs; the scores of both searches are on one scale.
        return replace(
            evidence,
            keys=tuple(dict.fromkeys((*evidence.keys, *dense, *lexical))),
            dense={**dense, **evidence.dense},
            lexical={**lexical, **evidence.lexical},
        )

    def _with_own(self, asked: _Asked, evidence: Evidence, allowed: Allowed) -> Evidence:
        """A follow-up's own words, among the cables that the talk so far speaks of."""
        cables = best_cables(evidence, self._weights, DIRECT_CABLES)
        dense, lexical = self._all_of(cables, asked, allowed)
        keys = tuple(key for key in evidence.keys if key[0] in cables)
        return replace(evidence, keys=keys, own_dense=dense, own_lexical=lexical)

    def _with_proximity(self, text: str, evidence: Evidence) -> Evidence:
        """How near the words of `text` stand to each other in the likeliest paragraphs, which are read."""
        lexical = self._collection.lexical
        rarity = rarest(lexical.rarity(lexical.terms(text)))
        if not self._weights.proximity or len(rarity) < 2:
            return evidence
        read = self._collection.store.found.texts(likeliest(evidence, self._weights))
        near = Proximity(rarity)
        said = {key: near.of(lexical.terms(text)) for key, text in read.items()}
        return replace(evidence, proximity=said)

    def _boosts(self, query: Query, evidence: Evidence) -> Iterator[Boost]:
        """What the question implies: the kind of paragraph, and when it was sent."""
        store = self._collection.store
        kinds = {value for clue in boosts(query.clues, ClueField.KIND) for value in clue.values}
        if kinds and self._weights.kind:
            found = store.survey.kinds(evidence.keys)
            fitting = frozenset(key for key, kind in found.items() if kind.value in kinds)
            yield Boost(ClueField.KIND.value, self._weights.kind, fitting)
        dates = list(boosts(query.clues, ClueField.DATE))
        if dates and self._weights.date:
            spans = store.survey.dates({cable_id for cable_id, _ in evidence.keys})
            sent = {
                cable_id for cable_id, span in spans.items() if any(_within(clue, span) for clue in dates)
            }
            fitting = frozenset(key for key in evidence.keys if key[0] in sent)
            yield Boost(ClueField.DATE.value, self._weights.date, fitting)


def _within(clue: Clue, span: tuple[str, str]) -> bool:
    """Whether a cable's days and the clue's have one in common, as the filter has it."""
    first, last = clue.values
    return (not first or span[1] >= first) and (not last or span[0] <= last)
