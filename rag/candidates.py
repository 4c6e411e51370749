"""Candidates: the paragraphs that meaning or words propose for a question, with what is known of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rag.collection import Collection
from rag.exact import DIRECT_CABLES
from rag.narrowing import boosts
from rag.period_words import expansions
from rag.ranking import Evidence, ParagraphKey, Weights, rank
from rag.types import Clue, ClueField, Query
from rag.worker import Vectors

# How many candidates each of the two ways proposes before they are fused.
CANDIDATES = 100
# No cable of the archives has more paragraphs than these; longer ones are cut there.
OF_CABLES = 400


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

    def allowed(self, query: Query) -> Allowed:
        """What the query's filters let through."""
        if query.contradiction is not None:
            return Allowed(frozenset(), frozenset())
        store = self._collection.store
        cables = store.matching_cables(query.filters)
        if not query.filters.kinds:
            return Allowed(cables)
        paragraphs = store.survey.paragraphs_of_kind(query.filters.kinds, cables)
        return Allowed(frozenset(cable_id for cable_id, _ in paragraphs), paragraphs)

    def collect(self, query: Query, allowed: Allowed) -> dict[ParagraphKey, Evidence]:
        """Evidence for every candidate, the neighbours in the likeliest cables among them."""
        if allowed.is_empty():
            return {}
        texts = [query.standalone, query.text] if query.is_follow_up else [query.standalone]
        vectors = self._collection.encoder.encode(texts)
        asked, *own = (
            _Asked(text, vector, expansions(text) if self._weights.abbreviation else ())
            for text, vector in zip(texts, vectors, strict=True)
        )
        evidence = self._proposed(asked, CANDIDATES, allowed)
        evidence = self._with_neighbours(asked, evidence, allowed)
        if own:
            evidence = self._with_own(own[0], evidence, allowed)
        return self._boosted(query, evidence)

    def _proposed(self, asked: _Asked, k: int, allowed: Allowed) -> dict[ParagraphKey, Evidence]:
        collection = self._collection
        dense: dict[ParagraphKey, float] = {}
        for scored in collection.chunks.search(asked.vector, k, allowed.cables, allowed.paragraphs):
            cable_id, label, _ = scored.chunk_id.rsplit("|", 2)
            # Chunks come best first: a paragraph stands where its best chunk stands.
            dense.setdefault((cable_id, label), scored.similarity)
        found = collection.lexical.search(
            asked.text, k, allowed.cables, allowed.paragraphs, asked.added, self._weights.abbreviation
        )
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
        """Evidence with what the question implies: the kind of paragraph, when and where it was sent."""
        clues = list(boosts(query.clues))
        found = dict(evidence)
        weight = {
            ClueField.KIND: self._weights.kind,
            ClueField.DATE: self._weights.date,
            ClueField.ORIGIN: self._weights.origin,
            ClueField.TAG: self._weights.tag,
        }
        for field, clued in _by_field(clues).items():
            if not weight.get(field):
                continue
            lifted = self._fitting(field, clued, evidence)
            for key in lifted:
                one = found[key]
                found[key] = replace(one, boosts={**one.boosts, field.value: weight[field]})
        return found

    def _fitting(
        self, field: ClueField, clues: list[Clue], evidence: Iterable[ParagraphKey]
    ) -> list[ParagraphKey]:
        """The candidates that fit any of a field's clues."""
        keys = list(evidence)
        if field is ClueField.KIND:
            wanted = {value for clue in clues for value in clue.values}
            kinds = self._collection.store.survey.kinds(keys)
            return [key for key in keys if kinds[key].value in wanted]
        headers = self._collection.store.headers({cable_id for cable_id, _ in keys})
        fitting = {
            cable_id
            for cable_id, header in headers.items()
            if any(
                _fits(clue, header.origin, header.tags, header.date_from, header.date_to) for clue in clues
            )
        }
        return [key for key in keys if key[0] in fitting]


def _by_field(clues: list[Clue]) -> dict[ClueField, list[Clue]]:
    grouped: dict[ClueField, list[Clue]] = {}
    for clue in clues:
        grouped.setdefault(clue.field, []).append(clue)
    return grouped


def _fits(clue: Clue, origin: str | None, tags: tuple[str, ...], first: object, last: object) -> bool:
    if clue.field is ClueField.ORIGIN:
        return origin in clue.values
    if clue.field is ClueField.TAG:
        return not set(tags).isdisjoint(clue.values)
    start, end = clue.values
    return first is not None and (not start or str(last) >= start) and (not end or str(first) <= end)


def _best_cables(evidence: dict[ParagraphKey, Evidence], weights: Weights, limit: int) -> frozenset[str]:
    ordered = dict.fromkeys(scored.key[0] for scored in rank(evidence, weights))
    return frozenset(list(ordered)[:limit])
