"""Chunks: within the encoder's length, at sentences, every word in one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.chunk import MARKS, chunk_cable
from tests.cables import make_cable
from tests.fakes import WordEncoder
from tests.strategies import ANY_TEXT, SENTENCES


class ShortEncoder(WordEncoder):
    """Takes few tokens, so that small texts are cut."""

    max_tokens = 12


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.one_of(SENTENCES, ANY_TEXT), min_size=1, max_size=6).map(". ".join).filter(str.strip),
    st.none() | st.just("THE COD WAR") | st.just("word " * 50),
)
def test_chunks_hold_every_word_once_and_fit(text: str, heading: str | None) -> None:
    encoder = ShortEncoder()
    cable = make_cable(texts=(text,), headings=(heading,))
    chunks = chunk_cable(cable, encoder)
    paragraph = cable.paragraphs[0]
    assert [word for chunk in chunks for word in chunk.text.split()] == text.split()
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    for chunk in chunks:
        assert paragraph.text[chunk.start : chunk.end] == chunk.text == chunk.text.strip()
        assert encoder.token_count(chunk.text) <= encoder.max_tokens - MARKS


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    text = "The first sentence has six words. The second one has six too. A third ends it."
    chunks = chunk_cable(make_cable(texts=(text,)), ShortEncoder())
    assert [chunk.text for chunk in chunks] == [
        "The first sentence has six words.",
        "The second one has six too. A third ends it.",
    ]


def test_the_heading_takes_its_room() -> None:
    text = "One two three four five. Six seven eight nine ten."
    plain = chunk_cable(make_cable(texts=(text,)), ShortEncoder())
    headed = chunk_cable(make_cable(texts=(text,), headings=("COD WAR",)), ShortEncoder())
    assert (len(plain), len(headed)) == (1, 2)
