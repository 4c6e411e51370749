"""Chunks: within the encoder's length, at sentences, every word in one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.chunk import MARKS, TEXT_SHARE, chunk_cable
from rag.index.embedded import embedded_context, embedded_text
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
        assert encoder.token_counts([chunk.text])[0] <= encoder.max_tokens - MARKS
        context = encoder.token_counts([embedded_context(cable.header, paragraph)])[0]
        if context <= encoder.max_tokens * TEXT_SHARE - MARKS:
            embedded = embedded_text(cable.header, paragraph, chunk)
            assert encoder.token_counts([embedded])[0] <= encoder.max_tokens - MARKS


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (
            "The first sentence has six words. The second one has six too. A third ends it.",
            ["The first sentence has six words.", "The second one has six too. A third ends it."],
        ),
        (
            "One two three four five six. Seven eight nine ten. END QUOTE.",
            ["One two three four five six.", "Seven eight nine ten. END QUOTE."],
        ),
    ],
    ids=["between sentences", "no mark alone"],
)
def test_where_a_long_paragraph_is_cut(text: str, cut: list[str]) -> None:
    chunks = chunk_cable(make_cable(texts=(text,), origin=None, subject=None), ShortEncoder())
    assert [chunk.text for chunk in chunks] == cut


@pytest.mark.parametrize(
    ("origin", "subject", "heading", "pieces"),
    [
        (None, None, None, 1),
        (None, None, "COD WAR", 2),
        ("Embassy Oslo", None, None, 2),
        (None, "COD", None, 2),
    ],
)
def test_what_is_embedded_before_a_chunk_takes_its_room(
    origin: str | None, subject: str | None, heading: str | None, pieces: int
) -> None:
    text = "One two three four five. Six seven eight nine ten."
    cable = make_cable(texts=(text,), headings=(heading,), origin=origin, subject=subject)
    assert len(chunk_cable(cable, ShortEncoder())) == pieces
