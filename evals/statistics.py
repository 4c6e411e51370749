"""Intervals that know their samples are not independent.

Questions about one cable stand or fall together, so whole clusters are drawn (cluster bootstrap,
Cameron, Gelbach and Miller 2008). Percentiles are widened for few clusters as in Hesterberg (2015,
"What Teachers Should Know About the Bootstrap"), without which 95 % covers 91-93 % at 30 clusters.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

REPLICATES = 2_000
SEED = 20_090_721
LEVEL = 0.95
# Beyond so many clusters the bootstrap is its normal limit to three digits, and costs a second a metric.
MANY_CLUSTERS = 1_000
BATCH_CELLS = 4_000_000  # draws are made in batches of so many numbers: 32 MB, whatever the set's size

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, of 95 % where nothing else is said."""

    low: float
    high: float


def mean_interval(
    values: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    bounded: bool = True,
    level: float = LEVEL,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> Interval | None:
    """Interval of the mean of `values`, whole clusters drawn; None below two clusters.

    `bounded` says that values are shares: when all are 0 or all are 1 the bootstrap would claim
    certainty, so the exact binomial limit for as many trials as there are clusters is given.
    """
    sums, counts = _by_cluster(np.asarray(values, dtype=np.float64), clusters)
    groups = len(sums)
    if groups < 2:
        return None
    if bounded and np.ptp(values) == 0 and values[0] in (0, 1):
        edge = ((1 - level) / 2) ** (1 / groups)
        return Interval(edge, 1.0) if values[0] == 1 else Interval(0.0, 1 - edge)
    if groups > MANY_CLUSTERS:
        mean = sums.sum() / counts.sum()
        error = sqrt(groups / (groups - 1) * float(np.sum((sums - mean * counts) ** 2))) / counts.sum()
        half = NormalDist().inv_cdf((1 + level) / 2) * error
        return Interval(float(mean - half), float(mean + half))
    rng = np.random.default_rng(seed)
    means = np.concatenate(
        [(weights @ sums) / (weights @ counts) for weights in _draws(rng, groups, replicates)]
    )
    tail = widened_tail(groups, level)
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))


def quantile_interval(values: Sequence[float], quantile: float) -> Interval | None:
    """95 % interval of a quantile of `values`, between two of its order statistics."""
    count = len(values)
    if count < 2:
        return None
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * sqrt(count * quantile * (1 - quantile))
    ordered = sorted(values)
    low, high = floor(count * quantile - half), ceil(count * quantile + half)
    return Interval(float(ordered[max(low - 1, 0)]), float(ordered[min(high, count - 1)]))


def widened_tail(groups: int, level: float = LEVEL) -> float:
    """The tail share whose normal quantile is that of Student's t, scaled by sqrt(n / (n - 1))."""
    normal = NormalDist()
    return normal.cdf(-sqrt(groups / (groups - 1)) * student_t(normal.inv_cdf((1 + level) / 2), groups - 1))


def student_t(z: float, freedom: int) -> float:
    """Quantile of Student's t from the normal one (Cornish-Fisher, Abramowitz and Stegun 26.7.5)."""
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def _by_cluster(values: Floats, clusters: Sequence[Hashable]) -> tuple[Floats, Floats]:
    order = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    index = np.fromiter((order[name] for name in clusters), dtype=np.int64, count=len(values))
    sums = np.bincount(index, weights=values, minlength=len(order)).astype(np.float64)
    return sums, np.bincount(index, minlength=len(order)).astype(np.float64)


def _draws(rng: np.random.Generator, groups: int, replicates: int) -> Iterator[Floats]:
    batch = max(1, min(replicates, BATCH_CELLS // groups))
    for start in range(0, replicates, batch):
        size = min(batch, replicates - start)
        yield rng.multinomial(groups, np.full(groups, 1 / groups), size=size).astype(np.float64)
