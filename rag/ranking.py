"""Ranking: how what is known of a paragraph becomes one score. No I/O; every weight in one place.

The weights were fitted on development questions only; `benchmarks/retrieval.py --ablation` prints what each
one gains. What gained nothing is not here: reciprocal ranks, summaries moved down, diversity by cable, boosts
for the posts and TAGS that a question implies.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

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


def rank(evidence: Mapping[ParagraphKey, Evidence], weights: Weights) -> list[Scored]:
    """The paragraphs with their scores, best first; equal scores in the order of their ids."""
    followed = any(e.own_dense is not None for e in evidence.values())
    parts = _fused(evidence, weights, followed=followed)
    of_cable = weights.follow_up_cable if followed else weights.cable
    context = _context(evidence, weights) if followed else {key: sum(p.values()) for key, p in parts.items()}
    best: dict[str, float] = {}
    for (cable_id, _), score in context.items():
        best[cable_id] = max(score, best.get(cable_id, score))
    # All of it is brought back to the scale of one cosine and one share of BM25: a score means the same with
    # boosts and without.
    whole_of = (1 + of_cable) * (1 + max((sum(e.boosts.values()) for e in evidence.values()), default=0.0))
    scored = []
    for key, values in parts.items():
        whole = {**values, "cable": of_cable * best[key[0]]}
        shares = {name: value / whole_of for name, value in whole.items() if value}
        scored.append(
            Scored(key, sum(shares.values()), tuple(Part(n, round(v, 6)) for n, v in shares.items()))
        )
    return sorted(scored, key=lambda one: (-one.score, one.key))


def _fused(
    evidence: Mapping[ParagraphKey, Evidence], weights: Weights, *, followed: bool
) -> dict[ParagraphKey, dict[str, float]]:
    """The weighted sum for each paragraph, in named parts."""
    own = weights.follow_up_own if followed else 0.0
    dense, lexical = _scaled(evidence.values(), "dense_score"), _scaled(evidence.values(), "lexical_score")
    own_dense, own_lexical = (
        _scaled(evidence.values(), "own_dense"),
        _scaled(evidence.values(), "own_lexical"),
    )
    fused: dict[ParagraphKey, dict[str, float]] = {}
    for (key, one), d, w, od, ow in zip(
        evidence.items(), dense, lexical, own_dense, own_lexical, strict=True
    ):
        values = {
            "dense": (1 - own) * (1 - weights.lexical) * d,
            "lexical": (1 - own) * weights.lexical * w,
            "own dense": own * (1 - weights.lexical) * od,
            "own lexical": own * weights.lexical * ow,
        }
        fused[key] = {**values, **{f"{name} boost": value for name, value in one.boosts.items()}}
    return fused


def _context(evidence: Mapping[ParagraphKey, Evidence], weights: Weights) -> dict[ParagraphKey, float]:
    """The scores by the stand-alone text alone, by which a follow-up's cable is chosen."""
    alone = {key: replace(one, own_dense=None, own_lexical=None) for key, one in evidence.items()}
    return {key: sum(parts.values()) for key, parts in _fused(alone, weights, followed=False).items()}


def _scaled(evidence: Collection[Evidence], name: str) -> list[float]:
    """Cosines as they are, BM25 as a share of its best; who was not proposed is no better than the last."""
    values: list[float | None] = [getattr(one, name) for one in evidence]
    known = [value for value in values if value is not None]
    if name.endswith("dense_score") or name == "own_dense":
        floor = min(known, default=0.0)
        return [floor if value is None else value for value in values]
    top = max(known, default=0.0) or 1.0
    return [(value or 0.0) / top for value in values]
