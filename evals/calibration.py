"""Whether confidence tells right answers from wrong ones: risk-coverage curve, AURC, ECE.

Definitions: El-Yaniv and Wiener (2010) for risk and coverage; Geifman, Uziel and El-Yaniv (2019) for AURC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """An answered question: how confident the answer was and its loss (0 right ... 1 wrong)."""

    confidence: float
    loss: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about one confidence: their mean confidence, the share that was right, how many."""

    confidence: float
    accuracy: float
    n: int


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """`points` are (coverage, risk) from the surest answer down; coverage is of all `asked` questions.

    `source` says what served as confidence. `ece` and `bins` are None and empty unless it is a probability.
    """

    source: str
    asked: int
    points: tuple[tuple[float, float], ...]
    aurc: float
    ece: float | None
    bins: tuple[Bin, ...]


def risk_coverage(
    answered: Sequence[Judged], *, asked: int, source: str, probability: bool = False
) -> RiskCoverage | None:
    """The curve over the `answered` of `asked` questions; None when nothing was answered.

    Answers of equal confidence cannot be told apart and make one point.
    ``[Judged(.9, 0), Judged(.5, 1)], asked=4 -> points ((.25, 0), (.5, .5)), aurc .25``
    """
    if not answered:
        return None
    ordered = sorted(answered, key=lambda judged: -judged.confidence)
    points: list[tuple[float, float]] = []
    risks: list[float] = []
    lost, count = 0.0, 0
    while count < len(ordered):
        level = ordered[count].confidence
        tied = [judged.loss for judged in ordered[count:] if judged.confidence == level]
        count += len(tied)
        lost += sum(tied)
        points.append((count / asked, lost / count))
        risks.extend([lost / count] * len(tied))
    bins = _bins(ordered) if probability else ()
    ece = sum(b.n * abs(b.accuracy - b.confidence) for b in bins) / len(ordered) if probability else None
    return RiskCoverage(source, asked, tuple(points), sum(risks) / len(risks), ece, bins)


def _bins(answered: Sequence[Judged]) -> tuple[Bin, ...]:
    """Ten bins of equal width over 0..1; empty ones are left out."""
    held: dict[int, list[Judged]] = {}
    for judged in answered:
        held.setdefault(min(int(judged.confidence * BINS), BINS - 1), []).append(judged)
    return tuple(
        Bin(
            confidence=sum(j.confidence for j in held[number]) / len(held[number]),
            accuracy=1 - sum(j.loss for j in held[number]) / len(held[number]),
            n=len(held[number]),
        )
        for number in sorted(held)
    )
