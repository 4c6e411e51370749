"""What is left of a question without the cable that it names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.unnamed import unnamed
from rag.types import Span

ID = re.compile(r"\d\dTALLINN\d+|paragraph \d")


def named(text: str) -> list[Span]:
    return [Span(*match.span()) for match in ID.finditer(text)]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (
            "How many schools did the bus visit according to 07TALLINN412?",
            "How many schools did the bus visit?",
        ),
        (
            "How many schools did the bus visit, according to 07TALLINN412?",
            "How many schools did the bus visit?",
        ),
        ("In cable 07TALLINN412, who drove the bus?", "who drove the bus?"),
        ("Who drove the bus (07TALLINN412)?", "Who drove the bus?"),
        ("Who drove the bus in paragraph 2 of 07TALLINN412?", "Who drove the bus?"),
        ("What does 07TALLINN412 say about the bus?", "What is said about the bus?"),
        ("Who drove the bus, as reported in telegram 07TALLINN412, in 2007?", "Who drove the bus, in 2007?"),
        ("07TALLINN412 bus", "07TALLINN412 bus"),
    ],
)
def test_a_question_is_left_without_the_cable(text: str, rest: str) -> None:
    assert unnamed(text, named(text)) == rest


@given(st.text(alphabet="abc ,.?()", max_size=40), st.text(alphabet="abc ,.?()", max_size=40))
def test_no_word_of_the_question_is_lost_beside_the_name(before: str, after: str) -> None:
    text = f"{before} 07TALLINN412 {after}"
    left = unnamed(text, named(text))
    assert re.findall(r"\w+", left.replace("07TALLINN412", "")) == re.findall(r"\w+", before + " " + after)
