"""Slips of the pen: a misspelt word is searched for as the one word that it is like, and that is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.understand import understand
from rag.config import Settings
from rag.finding.retrieve import HybridSearch
from rag.index.collection import Collection, open_collection
from rag.store.ceiling import Ceiling
from rag.store.under_ceiling import StoreBelow
from rag.types import Found, Question, Turn
from tests.cables import make_cable
from tests.fakes import WordEncoder
from tests.rag import archive_of_zembla as archive

TEXTS = {
    "05TALLINN7": "The embassy has followed the negotiations with Morocco since the auction of barges.",
    "05TALLINN8": "Kazakhstan elected a president; Kazakhstani papers were glad of it.",
    "05TALLINN9": "Of the elevators at Tolmira six stand still, and of those at Telmira two.",
}
ENGLISH = "action auction barges dairy daily elected president papers elevators negotiations".split()


class PiecesEncoder(WordEncoder):
    """Has few words whole, as an encoder of pieces of words does; names are not among them."""

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        spans = [match.span() for match in re.finditer(r"\S+", text)]
        halves = [((a, (a + b) // 2), ((a + b) // 2, b)) for a, b in spans]
        pairs = zip(spans, halves, strict=True)
        return [
            piece for whole, half in pairs for piece in ([whole] if text[slice(*whole)] in ENGLISH else half)
        ]


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    folder = tmp_path_factory.mktemp("slips")
    with archive.opened(folder, [make_cable(cable_id, [text]) for cable_id, text in TEXTS.items()]):
        pass
    opened = open_collection(
        Settings(data_dir=folder, embedding_precision="fp32"), PiecesEncoder(), write=False
    )
    yield opened
    opened.close()


def ask(collection: Collection, text: str, history: Sequence[Turn] = ()) -> Found:
    search = HybridSearch(collection)
    return search.search(understand(Question(text, tuple(history)), search.archive), 3)


@pytest.mark.parametrize(
    ("text", "found", "told"),
    [
        (
            "negotations with Morroco",
            "05TALLINN7",
            ["“negotiations”", "“Morroco”", "“Morocco”"],
        ),
        ("Who was elected in Kazakstan?", "05TALLINN8", ["“Kazakstan”", "taken as “Kazakhstan”"]),
    ],
)
def test_a_misspelt_word_finds_what_it_is_like_and_that_is_said(
    collection: Collection, text: str, found: str, told: list[str]
) -> None:
    result = ask(collection, text)
    assert result.hits[0].paragraph.cable_id == found
    assert result.hits[0].lexical_rank == 1
    assert [one for one in told if one not in " ".join(result.notes)] == []


@pytest.mark.parametrize(
    "text",
    [
        "negotiations with Morocco",  # as it stands there
        "What stands still at Talmira?",  # like two
        "Who was in action there?",  # a word, and the collection has it not
        "What did Gambia sell at Zambezi?",  # places, and nothing like them
        "Moroc",  # too short to tell
    ],
)
def test_what_is_no_slip_for_one_word_is_left_alone(collection: Collection, text: str) -> None:
    assert not any("nowhere" in note for note in ask(collection, text).notes)


def test_a_count_is_of_the_word_as_it_was_written(collection: Collection) -> None:
    found = ask(collection, "How many cables mention Morroco?")
    assert (found.total, found.hits) == (0, ())
    assert any("“Morroco” stands nowhere in this collection; “Morocco” does." in note for note in found.notes)


def test_a_word_of_a_cable_above_the_ceiling_is_never_told(tmp_path: Path) -> None:
    secret = make_cable("05TALLINN7", [TEXTS["05TALLINN7"]], classification="SECRET")
    plain = make_cable("05TALLINN8", ["The harbor is open."], classification="UNCLASSIFIED")
    with (
        archive.opened(tmp_path, [secret, plain]) as whole,
        closing(StoreBelow(whole.store, Ceiling.UNCLASSIFIED)) as store,
    ):
        below = replace(whole, store=store, encoder=PiecesEncoder())
        assert not any("Morocco" in note for note in ask(below, "negotiations with Morroco").notes)


@given(st.text(max_size=60))
def test_any_text_is_searched_for(collection: Collection, text: str) -> None:
    assert len(ask(collection, text).hits) <= 3
