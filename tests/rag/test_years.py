"""Whether two texts name one time."""

from __future__ import annotations

import pytest

from rag.answering.years import name_one_time


@pytest.mark.parametrize(
    ("text", "other", "one"),
    [
        ("In 1987 40 trucks left.", "On May 3, 1987 50 trucks left.", True),
        ("On May 3 40 trucks left.", "On May 3, 1989 50 trucks left.", True),
        ("In May 1987 40 trucks left.", "On May 3, 1987 50 trucks left.", True),
        ("On May 3, 1987 40 trucks left.", "On May 3, 1989 50 trucks left.", False),
        ("In May 1987 40 trucks left.", "In June 1987 50 trucks left.", False),
        ("In 1987 40 trucks left.", "In 1988 50 trucks left.", False),
        ("40 trucks left.", "On May 3, 1987 50 trucks left.", False),
    ],
)
def test_two_texts_name_one_time_where_no_part_of_it_differs(text: str, other: str, one: bool) -> None:
    assert name_one_time(text, other) is one
    assert name_one_time(other, text) is one
