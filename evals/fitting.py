"""Fitting the last weighing of rules and entailment model, and measuring it on other documents."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.types import Passage, Quote, Verdict
from rag.verifying.checks.claim import claim_of
from rag.verifying.checks.judgement import is_invented
from rag.verifying.entailing import is_open, pair_of
from rag.verifying.entailment import Entailment
from rag.verifying.verify import judge_quote
from rag.verifying.weighing import FEATURES, Weigher, features_of

FOLDS = 5
_RIDGE = 5.0
_STEPS = 40
_KEEP = np.linspace(0.1, 0.7, 31)
# To turn the rules over takes more than an even chance.
_LIFT = np.linspace(0.5, 0.9, 21)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence, what it cites, and whether that bears it out; cases of one `document` stay together."""

    sentence: str
    passage: Passage
    supported: bool
    source: str
    document: str


@dataclass(frozen=True, slots=True)
class Examined:
    """A case as the rules judge it, and its features where they leave it to the model."""

    case: Case
    by_rules: bool
    features: tuple[float, ...] | None
    invented: bool = False

    def stands(self, weigher: Weigher) -> bool:
        """Whether `EntailmentVerifier` with this weigher finds the sentence supported."""
        if self.features is None:
            return self.by_rules
        probability = weigher.probability(self.features)
        return weigher.supports(probability, by_rules=self.by_rules, invented=self.invented)


def examine(cases: Sequence[Case], entailment: Entailment) -> list[Examined]:
    """Judge every case by rule, and ask the model where the verifier would."""
    claims = [claim_of(case.sentence) for case in cases]
    judgements = [
        judge_quote(claim, Quote(case.passage.number), {case.passage.number: case.passage})
        for claim, case in zip(claims, cases, strict=True)
    ]
    asked = [
        at
        for at, (claim, judgement) in enumerate(zip(claims, judgements, strict=True))
        if is_open(claim, judgement)
    ]
    pairs = [pair_of(cases[at].sentence, [cases[at].passage]) for at in asked]
    features = {
        at: features_of(pair, judgements[at], answer)
        for at, pair, answer in zip(asked, pairs, entailment.judge(pairs), strict=True)
    }
    return [
        Examined(
            case, judgement.verdict is Verdict.SUPPORTED, features.get(at), is_invented(claim, judgement)
        )
        for at, (case, claim, judgement) in enumerate(zip(cases, claims, judgements, strict=True))
    ]


def fit_weigher(examined: Sequence[Examined]) -> Weigher:
    """Ridge logistic regression; every source weighs alike, and in it supported cases and the rest.

    The thresholds are those with the best mean of the sources' balanced accuracies.
    """
    opened = [one for one in examined if one.features is not None]
    inputs = np.array([one.features for one in opened], dtype=np.float64)
    truth = np.array([one.case.supported for one in opened], dtype=np.float64)
    weights = _shares([one.case for one in opened])
    mean, scale = inputs.mean(0), inputs.std(0) + 1e-9
    fitted = _logistic(np.c_[(inputs - mean) / scale, np.ones(len(inputs))], truth, weights)
    slopes = fitted[:-1] / scale
    bias = float(fitted[-1] - slopes @ mean)
    probabilities = 1 / (1 + np.exp(-(inputs @ slopes + bias)))
    keep, lift = _thresholds(examined, probabilities)
    return Weigher(tuple(float(w) for w in slopes), bias, keep, lift)


def _shares(cases: Sequence[Case]) -> Floats:
    counts: dict[tuple[str, bool], int] = {}
    for case in cases:
        counts[case.source, case.supported] = counts.get((case.source, case.supported), 0) + 1
    shares: Floats = np.array([1 / counts[case.source, case.supported] for case in cases])
    return shares * (len(cases) / float(shares.sum()))


def _logistic(inputs: Floats, truth: Floats, weights: Floats) -> Floats:
    """Newton's method; the bias, last, is not shrunk."""
    fitted = np.zeros(inputs.shape[1])
    ridge = np.array([_RIDGE] * (inputs.shape[1] - 1) + [1e-9])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-inputs @ fitted))
        gradient = inputs.T @ (weights * (p - truth)) + ridge * fitted
        hessian = (inputs * (weights * p * (1 - p))[:, None]).T @ inputs + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        fitted -= step
        if np.abs(step).max() < 1e-8:
            break
    return fitted


def _thresholds(examined: Sequence[Examined], probabilities: Floats) -> tuple[float, float]:
    """The best of each threshold by itself: what it adds to the mean balanced accuracy of the sources."""
    opened = [one for one in examined if one.features is not None]
    sides = {(c.source, c.supported) for c in (one.case for one in examined)}
    count = {side: sum((o.case.source, o.case.supported) == side for o in examined) for side in sides}
    # Standing, a case adds to the accuracy where it is supported and takes from it where it is not.
    gains = np.array(
        [(1 if o.case.supported else -1) / count[o.case.source, o.case.supported] for o in opened]
    )
    by_rules = np.array([one.by_rules for one in opened])

    def best(grid: Floats, mine: NDArray[np.bool_]) -> float:
        added = [float(gains[mine & (probabilities >= threshold)].sum()) for threshold in grid]
        highest = np.flatnonzero(np.isclose(added, max(added)))
        return float(grid[highest[len(highest) // 2]])

    return best(_KEEP, by_rules), best(_LIFT, ~by_rules)


def cross_validate(examined: Sequence[Examined]) -> list[bool]:
    """For each case whether it stands, by a weigher fitted on other documents only."""
    folds = [zlib.crc32(f"fold {one.case.document}".encode()) % FOLDS for one in examined]
    stands = [False] * len(examined)
    for fold in range(FOLDS):
        weigher = fit_weigher([one for one, its in zip(examined, folds, strict=True) if its != fold])
        for at, its in enumerate(folds):
            if its == fold:
                stands[at] = examined[at].stands(weigher)
    return stands


def balanced_parts(truth: Sequence[bool], stands: Sequence[bool]) -> list[float]:
    """Numbers whose mean is the balanced accuracy, one for each case: for intervals by document."""
    count = {side: sum(t is side for t in truth) for side in (True, False)}
    return [float(s == t) * len(truth) / (2 * count[t]) for t, s in zip(truth, stands, strict=True)]


def weights_by_name(weigher: Weigher) -> dict[str, float]:
    """The weights under the names of their features, as the file beside the model has them."""
    return {name: round(weight, 5) for name, weight in zip(FEATURES, weigher.weights, strict=True)}
