"""Ranking: how what is known of a paragraph becomes one score. No I/O; every weight in one place.

The weights were fitted on development questions only; `benchmarks/retrieval.py --ablation` prints what each
one gains. What gained nothing is not here: reciprocal ranks, summaries moved down, diversity by cable, boosts
for the posts and TAGS that a question implies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rag.types import Part

ParagraphKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each ingredient of a score weighs.

    `lexical` is the share of BM25, scaled to its best candidate; the cosine has the rest. `cable` is what the
    best paragraph of a cable gives to the others of it: a question is mostly about one cable. In a follow-up
    the talk so far says which cable (`follow_up_cable`), and the question's own words which paragraph
    (`follow_up_own`). Boosts are added for what the question implies. `neighbours` is from how many cables
    all paragraphs are candidates.
    """

    lexical: float = 0.5
    cable: float = 0.4
    follow_up_cable: float = 3.0
    follow_up_own: float = 0.8
    kind: float = 0.4
    date: float = 0.2
    abbreviation: float = 0.5
    neighbours: int = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one paragraph before it is scored. `own_*` are of a follow-up's own words."""

    dense_rank: int | None = None
    dense_score: float | None = None
    lexical_rank: int | None = None
    lexical_score: float | None = None
    own_dense: float | None = None
    own_lexical: float | None = None
    boosts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scored:
    """A paragraph's score with the parts that add up to it."""

    key: ParagraphKey
    score: float
    parts: tuple[Part, ...]


def rank(evidence: Mapping[ParagraphKey, Evidence], weights: Weights, k: int) -> list[Scored]:
    """The best `k` paragraphs with their scores in parts, best first; equal scores in the order of ids."""
    table = _Table.of(evidence, weights)
    return [Scored(key, score, table.parts(key)) for key, score in table.ordered()[:k]]


def ordered_scores(
    evidence: Mapping[ParagraphKey, Evidence], weights: Weights
) -> list[tuple[ParagraphKey, float]]:
    """Every paragraph with its score, as `rank` orders them."""
    return _Table.of(evidence, weights).ordered()


@dataclass(frozen=True, slots=True)
class _Table:
    """The ingredients of every score, a column for a paragraph: summed with boosts and cable, and divided."""

    rows: dict[ParagraphKey, int]
    names: tuple[str, ...]
    values: NDArray[np.float64]
    boosts: list[Mapping[str, float]]
    of_cable: float
    cable: NDArray[np.float64]
    divisor: float

    @classmethod
    def of(cls, evidence: Mapping[ParagraphKey, Evidence], weights: Weights) -> _Table:
        known = list(evidence.values())
        followed = any(one.own_dense is not None for one in known)
        own = weights.follow_up_own if followed else 0.0
        of_cable = weights.follow_up_cable if followed else weights.cable
        dense, lexical = _cosines([e.dense_score for e in known]), _shares([e.lexical_score for e in known])
        own_dense, own_lexical = (
            _cosines([e.own_dense for e in known]),
            _shares([e.own_lexical for e in known]),
        )
        boosts = [one.boosts for one in known]
        lift = np.array([sum(boost.values()) for boost in boosts], dtype=np.float64)
        meaning = 1 - weights.lexical
        values = np.stack(
            [
                (1 - own) * meaning * dense,
                (1 - own) * weights.lexical * lexical,
                own * meaning * own_dense,
                own * weights.lexical * own_lexical,
            ]
        )
        # In a follow-up, the talk so far chooses the cable.
        context = meaning * dense + weights.lexical * lexical + lift
        best: dict[str, float] = {}
        for (cable_id, _), score in zip(evidence, context.tolist(), strict=True):
            best[cable_id] = max(score, best.get(cable_id, score))
        return cls(
            rows={key: row for row, key in enumerate(evidence)},
            names=("dense", "lexical", "own dense", "own lexical"),
            values=values,
            boosts=boosts,
            of_cable=of_cable,
            cable=np.array([best[cable_id] for cable_id, _ in evidence], dtype=np.float64),
            # Back to the scale of one cosine and one share: a score means the same with boosts and without.
            divisor=(1 + of_cable) * (1 + float(lift.max(initial=0.0))),
        )

    def ordered(self) -> list[tuple[ParagraphKey, float]]:
        lift = np.array([sum(boost.values()) for boost in self.boosts], dtype=np.float64)
        scores = ((self.values.sum(axis=0) + lift + self.of_cable * self.cable) / self.divisor).tolist()
        return sorted(zip(self.rows, scores, strict=True), key=lambda one: (-one[1], one[0]))

    def parts(self, key: ParagraphKey) -> tuple[Part, ...]:
        row = self.rows[key]
        named = [
            *zip(self.names, self.values[:, row].tolist(), strict=True),
            *((f"{name} boost", value) for name, value in self.boosts[row].items()),
            ("cable", self.of_cable * float(self.cable[row])),
        ]
        return tuple(Part(name, round(value / self.divisor, 6)) for name, value in named if value)


def _cosines(values: Sequence[float | None]) -> NDArray[np.float64]:
    """As they are; who was not proposed is no better than the last who was."""
    floor = min((value for value in values if value is not None), default=0.0)
    return np.array([floor if value is None else value for value in values], dtype=np.float64)


def _shares(values: Sequence[float | None]) -> NDArray[np.float64]:
    """BM25 as a share of its best."""
    scores = np.array([value or 0.0 for value in values], dtype=np.float64)
    return scores / (scores.max(initial=0.0) or 1.0)
