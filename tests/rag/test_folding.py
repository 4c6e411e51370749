"""Folding and the way back from it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.text.folding import fold

TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [
                "INTERES- TED", "PETROL", " ,", "“yes”", "--", " - ", "57 - 30", "\n", "  ", "É", "ß", "ﬁ",
                "a", "9",
                "(Ref A),the", "$ 6", "end.", "don't", "…", "\u00ad", "POINT-OF- VIEW", "1, 2",
            ]
        ),
        max_size=12,
    ).map(" ".join),
)  # fmt: skip


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("INTERES- TED", "interested"),
        ("INTERES-\nTED", "Interested"),
        ("POINT-OF- VIEW", "point-of-view"),
        ("PETROL .", "petrol."),
        ("“END”", '"end"'),
        ("don’t", "DON'T"),
        ("OCTOBER - NOVEMBER", "October–November"),
        ("57 - 30", "57-30"),
        ("a  b\n\nc", "a b c"),
        ("São Paulo", "SAO PAULO"),
        ("$ 6,000", "$6,000"),
        ("(Ref A),the", "(Ref A), the"),
        ("wait…", "wait..."),
    ],
)
def test_two_spellings_of_the_same_words_fold_to_one(left: str, right: str) -> None:
    assert fold(left).text == fold(right).text


@pytest.mark.parametrize(
    ("left", "right"),
    [("OCTOBER - NOVEMBER", "octobernovember"), ("1, 2", "12"), ("80,000", "80 000"), ("not", "no t")],
)
def test_different_words_stay_different(left: str, right: str) -> None:
    assert fold(left).text != fold(right).text


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_every_folded_character_knows_its_place(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert all(0 <= a < b <= len(text) for a, b in zip(folded.starts, folded.ends, strict=True))
    assert list(folded.starts) == sorted(folded.starts) and list(folded.ends) == sorted(folded.ends)


@given(TEXTS, st.data())
@settings(max_examples=100, deadline=None)
def test_what_is_found_maps_back_to_the_words_that_were_searched(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    found = folded.find(folded.text[start:end])
    if found is not None:
        span = folded.span(*found)
        assert folded.text[found[0] : found[1]] == folded.text[start:end]
        assert 0 <= span.start < span.end <= len(text)


def test_a_find_is_of_whole_words() -> None:
    folded = fold("THE BATH; the bat")
    found = folded.find("bat")
    assert found is not None
    span = folded.span(*found)
    assert "THE BATH; the bat"[span.start : span.end] == "bat"
    assert folded.find("ath") is None
    assert folded.find("") is None


def test_a_span_reaches_across_the_hyphen_break() -> None:
    text = "ALL INTERES- TED AGENCIES"
    folded = fold(text)
    found = folded.find("interested")
    assert found is not None
    span = folded.span(*found)
    assert text[span.start : span.end] == "INTERES- TED"
