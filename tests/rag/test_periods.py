"""Dates in questions: read as periods, and what is no date left alone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.periods import read_periods


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("the strike of 6 May 1976", "1976-05-06", "1976-05-06"),
        ("on May 6th, 1976", "1976-05-06", "1976-05-06"),
        ("on 1976-05-06", "1976-05-06", "1976-05-06"),
        ("in Sept. 1974", "1974-09-01", "1974-09-30"),
        ("in spring 1976", "1976-03-01", "1976-05-31"),
        ("in the winter of 1976", "1975-12-01", "1977-02-28"),
        ("between March and May 1978", "1978-03-01", "1978-05-31"),
        ("from 3 to 9 May 1978", "1978-05-03", "1978-05-09"),
        ("from 3 May to 9 June 1978", "1978-05-03", "1978-06-09"),
        ("on November 2-7, 1977", "1977-11-02", "1977-11-07"),
        ("the week before 4 May 1979", "1979-04-27", "1979-05-03"),
        ("three weeks after 5 May 1975", "1975-05-06", "1975-05-26"),
        ("since March 1977", "1977-03-01", None),
        ("before 1975", None, "1974-12-31"),
        ("in the third quarter of 1978", "1978-07-01", "1978-09-30"),
        ("throughout the 1970s", "1970-01-01", "1979-12-31"),
        ("early 1976", "1976-01-01", "1976-07-01"),
        ("during 1976-78", "1976-01-01", "1978-12-31"),
        ("between 1975 and 1978", "1975-01-01", "1978-12-31"),
        ("on 31 February 1976", "1976-02-01", "1976-02-29"),
    ],
)
def test_a_date_is_read(text: str, first: str | None, last: str | None) -> None:
    (period,) = read_periods(text)
    days = tuple(None if day is None else day.isoformat() for day in (period.first, period.last))
    assert days == (first, last)
    assert text[period.start : period.end] in text


@pytest.mark.parametrize(
    "text",
    [
        "What may happen in may?",
        "1,976 men",
        "76 percent",
        "1976-13-45",
        "the fourth half of 1978",
        "in $1976",
        "1999-98",
    ],
)
def test_what_is_no_date_is_not_read(text: str) -> None:
    assert read_periods(text) == []


def test_two_years_are_two_periods() -> None:
    assert [period.first.year for period in read_periods("in 1975 and in 1978") if period.first] == [
        1975,
        1978,
    ]


@given(st.text(alphabet="1976 0-MayJun,of the week before and between.th3", max_size=80))
def test_no_text_raises_and_periods_stand_in_their_order(text: str) -> None:
    periods = read_periods(text)
    assert all(p.first is None or p.last is None or p.first <= p.last for p in periods)
    assert all(a.end <= b.start for a, b in pairwise(periods))
