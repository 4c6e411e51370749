"""Intervals cover what they say they cover, on data whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.statistics import MANY_CLUSTERS, mean_interval, quantile_interval, student_t


def clustered_shares(rng: np.random.Generator, groups: int) -> tuple[list[float], list[int], float]:
    """Right/wrong scores in clusters of 1 to 5, each cluster with its own rate; the true mean is 0.7."""
    sizes = rng.integers(1, 6, size=groups)
    rates = rng.beta(7, 3, size=groups)
    names = np.repeat(np.arange(groups), sizes)
    return list((rng.random(len(names)) < rates[names]).astype(float)), list(names), 0.7


def test_clustered_interval_covers_95_percent() -> None:
    rng = np.random.default_rng(1)
    runs, inside = 1_500, 0
    for _ in range(runs):
        values, names, truth = clustered_shares(rng, 40)
        interval = mean_interval(values, names, replicates=500, seed=int(rng.integers(1 << 30)))
        assert interval is not None
        inside += interval.low <= truth <= interval.high
    assert inside / runs == pytest.approx(0.95, abs=0.02)


def test_ignoring_clusters_would_not_cover() -> None:
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(400):
        rates = rng.beta(0.7, 0.3, size=30)
        names = np.repeat(np.arange(30), 5)
        values = list((rng.random(150) < rates[names]).astype(float))
        interval = mean_interval(values, list(range(150)), replicates=400)
        assert interval is not None
        inside += interval.low <= 0.7 <= interval.high
    assert inside / 400 < 0.85


def test_latency_interval_covers_95_percent() -> None:
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(2_000):
        interval = quantile_interval(list(rng.exponential(size=120)), 0.5)
        assert interval is not None
        inside += interval.low <= np.log(2) <= interval.high
    assert inside / 2_000 == pytest.approx(0.955, abs=0.025)


def test_all_right_is_not_certainty() -> None:
    interval = mean_interval([1.0] * 20, list(range(20)))
    assert interval is not None
    assert interval.high == 1.0
    assert interval.low == pytest.approx(0.025 ** (1 / 20))
    wrong = mean_interval([0.0] * 20, list(range(20)))
    assert wrong is not None
    assert wrong.high == pytest.approx(1 - 0.025 ** (1 / 20))


def test_many_clusters_take_the_limit_that_the_bootstrap_has() -> None:
    rng = np.random.default_rng(4)
    values, names, _ = clustered_shares(rng, MANY_CLUSTERS + 1)
    limit = mean_interval(values, names)
    few = [position for position, name in enumerate(names) if name < MANY_CLUSTERS]
    drawn = mean_interval([values[i] for i in few], [names[i] for i in few])
    assert limit is not None and drawn is not None
    assert limit.low == pytest.approx(drawn.low, abs=0.003)
    assert limit.high == pytest.approx(drawn.high, abs=0.003)


def test_one_cluster_has_no_interval() -> None:
    assert mean_interval([1.0, 0.0, 1.0], ["x", "x", "x"]) is None
    assert quantile_interval([3.0], 0.5) is None


def test_student_t_against_the_printed_table() -> None:
    for freedom, printed in ((5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)):
        assert student_t(1.959964, freedom) == pytest.approx(printed, abs=5e-3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8)), min_size=2, max_size=40))
def test_interval_is_the_same_for_the_same_data(pairs: list[tuple[float, int]]) -> None:
    values, names = [value for value, _ in pairs], [name for _, name in pairs]
    first = mean_interval(values, names, replicates=200)
    assert first == mean_interval(values, names, replicates=200)
    if first is not None:
        assert -1e-12 <= first.low <= first.high <= 1 + 1e-12
