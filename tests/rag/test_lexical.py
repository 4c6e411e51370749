"""The word index: BM25 with stemming, filters, replacement; no sign is an operator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import CollectionDamaged
from rag.index.lexical import LexicalIndex
from rag.index.lexical_fields import COMMON, ENOUGH, MANY, telling_terms
from tests.cables import make_cable

MADE = [
    make_cable("08ZEMBLA1", ("Eighty flyers were printed.", "The U.S. gave $80,000 for flyers.")),
    make_cable("08ZEMBLA2", ("Fishermen fished in Reykjavík.",), headings=("COD QUOTA",), subject="FISH"),
    make_cable("08ZEMBLA3", ("No printing was done.",), origin="Embassy Freedonia", tags=("KTIP", "PREL")),
]


def add(index: LexicalIndex, *made: object) -> None:
    for cable in made:
        index.delete_cables([cable.header.cable_id])
        index.add((paragraph, cable.header) for paragraph in cable.paragraphs)
    index.commit()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LexicalIndex]:
    opened = LexicalIndex.open(tmp_path_factory.mktemp("lexical") / "1")
    add(opened, *MADE)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("flyer print", ("08ZEMBLA1", "1")),
        ("80000", ("08ZEMBLA1", "2")),
        ("80,000 flyers", ("08ZEMBLA1", "2")),
        ("What did the US give?", ("08ZEMBLA1", "2")),
        ("fishing", ("08ZEMBLA2", "1")),
        ("reykjavik", ("08ZEMBLA2", "1")),
        ("quotas", ("08ZEMBLA2", "1")),
        ("08ZEMBLA3", ("08ZEMBLA3", "1")),
        ("Freedonia", ("08ZEMBLA3", "1")),
        ("trafficking in persons", ("08ZEMBLA3", "1")),
    ],
)
def test_words_find_their_paragraph(index: LexicalIndex, words: str, first: tuple[str, str]) -> None:
    best = index.search(words, 5)[0]
    assert (best.cable_id, best.label) == first


def test_a_filter_keeps_scores_and_order(index: LexicalIndex) -> None:
    everything = index.search("printed flyers in Zembla", 10)
    for allowed in (frozenset(["08ZEMBLA1"]), frozenset(["08ZEMBLA3", "08ZEMBLA2", "no"]), frozenset[str]()):
        wanted = [scored for scored in everything if scored.cable_id in allowed]
        assert index.search("printed flyers in Zembla", 10, allowed) == wanted


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_is_a_query(index: LexicalIndex, text: str) -> None:
    for suffix in ("", ' AND "', "* OR text:(", "^-1 ~"):
        assert all(scored.score > 0 for scored in index.search(text + suffix, 3))


def test_words_that_say_nothing_find_nothing(index: LexicalIndex) -> None:
    assert (
        index.search("what is the", 5) == [] and index.search("", 5) == [] and index.search("xyzzy", 5) == []
    )


def test_replacement_and_deletion_leave_nothing(tmp_path: Path) -> None:
    index = LexicalIndex.open(tmp_path / "1")
    add(index, *MADE)
    add(index, make_cable("08ZEMBLA1", ("Only pigeons here.",)))
    index.delete_cables(["08ZEMBLA3"])
    index.commit()
    index.close()
    reader = LexicalIndex.open(tmp_path / "1", write=False)
    assert sorted(reader.keys()) == [("08ZEMBLA1", "1"), ("08ZEMBLA2", "1")] and reader.count() == 2
    assert reader.search("flyers", 5) == []
    reader.close()


def test_what_is_not_committed_is_not_there(tmp_path: Path) -> None:
    index = LexicalIndex.open(tmp_path / "1")
    index.add((paragraph, MADE[0].header) for paragraph in MADE[0].paragraphs)
    assert index.count() == 0
    index.close()
    assert LexicalIndex.open(tmp_path / "1", write=False).count() == 0


def test_a_broken_index_says_what_to_do(tmp_path: Path) -> None:
    LexicalIndex.open(tmp_path / "1").close()
    (tmp_path / "1" / "meta.json").write_text("{", encoding="utf-8")
    with pytest.raises(CollectionDamaged, match="cableqa doctor"):
        LexicalIndex.open(tmp_path / "1")


@given(
    st.dictionaries(st.text("abc", max_size=3), st.integers(0, MANY), max_size=9), st.integers(0, 2 * MANY)
)
def test_common_words_are_left_out_where_rarer_ones_say_enough(
    counts: dict[str, int], paragraphs: int
) -> None:
    terms = dict.fromkeys(counts, 1.0)
    kept = telling_terms(terms, counts, paragraphs)
    left_out = terms.keys() - kept.keys()
    assert not left_out or (paragraphs >= MANY and sum(counts[term] > 0 for term in kept) >= ENOUGH)
    assert all(counts[term] > COMMON * paragraphs for term in left_out)


def test_words_of_nowhere_do_not_take_the_place_of_common_ones(tmp_path: Path) -> None:
    common = make_cable("08ZEMBLA1", ("The government made a report.",))
    index = LexicalIndex.open(tmp_path / "1")
    index.add((common.paragraphs[0], common.header) for _ in range(MANY))
    add(index, make_cable("08ZEMBLA2", ("A report on herring, cod and haddock.",)))
    nowhere = ("xqzt", "wvut", "zzyx")
    assert index.search(f"government report {' '.join(nowhere)}", 5)
    assert index.search("government report", 5, added=nowhere)
    # Three rarer ones are enough everywhere, and nothing is left out where the rest is filtered away.
    asked, among = "report of herring, cod and haddock", frozenset(["08ZEMBLA1"])
    assert [found.cable_id for found in index.search(asked, 5)] == ["08ZEMBLA2"]
    assert len(index.search(asked, 5, among)) == 5
    assert index.search(asked, 5, None, frozenset([("08ZEMBLA1", "1")]))
    index.close()
