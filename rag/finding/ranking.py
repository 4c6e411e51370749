"""Ranking: how what is known of a paragraph becomes one score. No I/O; every weight in one place.

The weights were fitted on development questions only; `benchmarks/retrieval.py --ablation` prints what each
one gains. What gained nothing is not here: reciprocal ranks, summaries moved down, diversity by cable, boosts
for the posts and TAGS that a question implies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from rag.types import Part

ParagraphKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each ingredient of a score weighs.

    `lexical` is the share of the words: BM25, scaled to its best candidate, and `proximity` times how near
    they stand to each other, scaled to the best again; the cosine has the rest. `cable` is what the best
    paragraph of a cable gives to the others of it: a question is mostly about one cable. In a follow-up
    the talk so far says which cable (`follow_up_cable`), and the question's own words which paragraph
    (`follow_up_own`). Boosts are added for what the question implies. `neighbours` is from how many cables
    all paragraphs are candidates, and of so many that are likeliest (`shortlist`) the texts are read.
    """

    lexical: float = 0.35
    proximity: float = 2.0
    cable: float = 0.4
    follow_up_cable: float = 3.0
    follow_up_own: float = 0.8
    kind: float = 0.4
    date: float = 0.2
    abbreviation: float = 0.5
    neighbours: int = 5
    shortlist: int = 20


@dataclass(frozen=True, slots=True)
class Boost:
    """What a question implies lifts these paragraphs by `weight`."""

    name: str
    weight: float
    keys: frozenset[ParagraphKey]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of paragraphs before they are scored, by paragraph; who is missing was not proposed.

    `dense` are cosines and `lexical` BM25 scores; the ranks are 1-based, among all paragraphs that pass.
    `proximity` is known of the likeliest only. `own_*` are of a follow-up's own words, None where it
    is none, and its proximity is of them alone.
    """

    keys: tuple[ParagraphKey, ...] = ()
    dense: Mapping[ParagraphKey, float] = field(default_factory=dict)
    lexical: Mapping[ParagraphKey, float] = field(default_factory=dict)
    dense_ranks: Mapping[ParagraphKey, int] = field(default_factory=dict)
    lexical_ranks: Mapping[ParagraphKey, int] = field(default_factory=dict)
    proximity: Mapping[ParagraphKey, float] = field(default_factory=dict)
    own_dense: Mapping[ParagraphKey, float] | None = None
    own_lexical: Mapping[ParagraphKey, float] | None = None
    boosts: tuple[Boost, ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """A paragraph's score with the parts that add up to it."""

    key: ParagraphKey
    score: float
    parts: tuple[Part, ...]


def rank(evidence: Evidence, weights: Weights, k: int) -> list[Scored]:
    """The best `k` paragraphs with their scores in parts, best first; equal scores in the order of ids."""
    table = _Table.of(evidence, weights)
    return [table.scored(row) for row in table.ordered()[:k]]


def likeliest(evidence: Evidence, weights: Weights) -> list[ParagraphKey]:
    """The paragraphs that rank first, as many as are read."""
    return [evidence.keys[row] for row in _Table.of(evidence, weights).ordered()[: weights.shortlist]]


def best_cables(evidence: Evidence, weights: Weights, limit: int) -> frozenset[str]:
    """The cables of the paragraphs that rank first, at most so many."""
    ordered = dict.fromkeys(evidence.keys[row][0] for row in _Table.of(evidence, weights).ordered())
    return frozenset(list(ordered)[:limit])


@dataclass(frozen=True, slots=True)
class _Table:
    """The parts of every score, a column for a paragraph; they are summed and divided."""

    keys: tuple[ParagraphKey, ...]
    names: tuple[str, ...]
    parts: tuple[NDArray[np.float64], ...]
    divisor: float

    @classmethod
    def of(cls, evidence: Evidence, weights: Weights) -> _Table:
        keys = evidence.keys
        own = 0.0 if evidence.own_dense is None else weights.follow_up_own
        of_cable = weights.cable if evidence.own_dense is None else weights.follow_up_cable
        cables = [cable_id for cable_id, _ in keys]
        meaning = 1 - weights.lexical
        dense = meaning * _cosines(evidence.dense, keys)
        lexical, near = _words(evidence.lexical, {} if own else evidence.proximity, keys, weights)
        parts = {"dense": dense, "lexical": lexical, "proximity": near}
        if evidence.own_dense is not None:
            parts = {name: (1 - own) * column for name, column in parts.items()}
            own_lexical, own_near = _words(evidence.own_lexical or {}, evidence.proximity, keys, weights)
            parts["own dense"] = own * meaning * _cosines(evidence.own_dense, keys)
            parts["own lexical"] = own * own_lexical
            parts["own proximity"] = own * own_near
        lifts = [
            np.array([boost.weight if key in boost.keys else 0.0 for key in keys])
            for boost in evidence.boosts
        ]
        lift = sum(lifts, np.zeros(len(keys)))
        # In a follow-up, the talk so far chooses the cable.
        context = dense + lexical + near + lift
        # Ascending, so that of each cable the highest is the last word.
        order = np.argsort(context)
        best = dict(zip(map(cables.__getitem__, order.tolist()), context[order].tolist(), strict=True))
        return cls(
            keys=keys,
            names=(*parts, *(f"{boost.name} boost" for boost in evidence.boosts), "cable"),
            parts=(
                *parts.values(),
                *lifts,
                of_cable * np.fromiter(map(best.__getitem__, cables), np.float64, len(cables)),
            ),
            # Back to the scale of one cosine and one share: a score means the same with boosts and without.
            divisor=(1 + of_cable) * (1 + float(lift.max(initial=0.0))),
        )

    def ordered(self) -> list[int]:
        """The rows, best first."""
        scores = (-sum(self.parts, np.zeros(len(self.keys)))).tolist()
        return [row for _, _, row in sorted(zip(scores, self.keys, range(len(scores)), strict=True))]

    def scored(self, row: int) -> Scored:
        values = [float(column[row]) / self.divisor for column in self.parts]
        parts = (Part(name, round(value, 6)) for name, value in zip(self.names, values, strict=True) if value)
        return Scored(self.keys[row], sum(values), tuple(parts))


def _cosines(known: Mapping[ParagraphKey, float], keys: Sequence[ParagraphKey]) -> NDArray[np.float64]:
    """As they are; who was not proposed is no better than the last who was."""
    values = _known(known, keys, np.nan)
    missing = np.isnan(values)
    values[missing] = values[~missing].min() if not missing.all() else 0.0
    return values


def _words(
    bm25: Mapping[ParagraphKey, float],
    proximity: Mapping[ParagraphKey, float],
    keys: Sequence[ParagraphKey],
    weights: Weights,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What BM25 and proximity give, as shares of the best of their sum."""
    shares = _shares(_known(bm25, keys))
    near = weights.proximity * _known(proximity, keys)
    share = weights.lexical / ((shares + near).max(initial=0.0) or 1.0)
    return share * shares, share * near


def _known(
    scores: Mapping[ParagraphKey, float], keys: Sequence[ParagraphKey], otherwise: float = 0.0
) -> NDArray[np.float64]:
    if not scores:
        return np.full(len(keys), otherwise)
    return np.fromiter(map(scores.get, keys, repeat(otherwise)), np.float64, len(keys))


def _shares(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return scores / (scores.max(initial=0.0) or 1.0)
