"""Of long evidence, the sentences that bear on a claim."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rag.verifying.excerpt import choose_sentences

TEXT = (
    "The harbor was dredged in spring. Nobody complained. Fishermen from Tallow Bay sold their boats. "
    "The mayor opened a school. Prices of cod doubled within a month. It snowed."
)


def tokens_of(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


def chosen(claim: str, room: int, text: str = TEXT) -> list[str]:
    return [text[s.start : s.end] for s in choose_sentences(claim, text, tokens_of(text), room)]


def test_the_sentences_with_the_claims_words_are_taken_in_the_texts_order() -> None:
    found = chosen("Cod prices doubled after the fishermen sold their boats.", 18)
    assert found == ["Fishermen from Tallow Bay sold their boats.", "Prices of cod doubled within a month."]


def test_a_text_that_fits_is_taken_whole() -> None:
    assert " ".join(chosen("Anything.", 1_000)) == TEXT


def test_of_a_text_without_a_full_stop_the_right_piece_is_taken() -> None:
    text = " ".join(f"word{n}" for n in range(500)) + " the mayor resigned " + "and so on " * 200
    assert "mayor resigned" in " ".join(chosen("The mayor resigned.", 120, text))


@given(st.text("ab .\n?", max_size=200), st.text("ab ", max_size=30), st.integers(1, 40))
def test_what_is_taken_is_in_order_and_has_room(text: str, claim: str, room: int) -> None:
    tokens = tokens_of(text)
    if not tokens:
        return
    spans = choose_sentences(claim, text, tokens, room)
    assert all(left.end <= right.start for left, right in pairwise(spans))
    assert sum(any(s.start <= start < s.end for s in spans) for start, _ in tokens) <= room
