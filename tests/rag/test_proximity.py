"""Proximity: what stands together counts, bounded, whatever the words are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.finding.proximity import MOST_TERMS, WINDOW, Proximity, rarest

TERMS = st.sampled_from("abcdefgh")


def test_the_least_distance_of_a_pair_counts_and_nothing_beyond_the_window() -> None:
    rarity = {"barge": 4.0, "quota": 1.0}
    assert Proximity(rarity).of(["barge", "quota"]) == 1.0
    assert Proximity(rarity).of(["quota", "x", "x", "x", "barge", *["x"] * 9, "quota"]) == pytest.approx(0.5)
    assert Proximity(rarity).of(["barge", *["x"] * WINDOW, "quota"]) == 0.0
    assert Proximity({"barge": 4.0}).of(["barge", "barge"]) == 0.0


def test_a_pair_of_rare_words_counts_more_than_one_with_a_common_word() -> None:
    rarity = {"barge": 4.0, "quota": 3.0, "embassy": 0.5}
    assert Proximity(rarity).of(["barge", "quota"]) == pytest.approx(3 / 4)
    assert Proximity(rarity).of(["barge", "embassy"]) == pytest.approx(0.5 / 4)


@given(st.dictionaries(TERMS, st.floats(0.01, 15), max_size=8), st.lists(TERMS, max_size=60))
def test_it_is_a_share_and_reads_both_ways(rarity: dict[str, float], said: list[str]) -> None:
    share = Proximity(rarity).of(said)
    assert 0 <= share <= 1 + 1e-9
    assert Proximity(rarity).of(said[::-1]) == pytest.approx(share)


def test_of_a_long_question_the_rarest_words_are_looked_at() -> None:
    many = {f"w{place}": place + 1.0 for place in range(3 * MOST_TERMS)}
    assert list(rarest(many)) == [f"w{place}" for place in reversed(range(2 * MOST_TERMS, 3 * MOST_TERMS))]
