"""Slips of the pen: a misspelt place is searched for too, and of other words it is asked what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.understand import understand
from rag.config import Settings
from rag.finding.retrieve import HybridSearch
from rag.finding.spelling import Spelling, mended
from rag.index.collection import Collection, open_collection
from rag.store.cable_store import CableStore
from rag.store.ceiling import Ceiling
from rag.store.under_ceiling import StoreBelow
from rag.types import Cable, Filters, Found, Question, Turn
from tests.cables import make_cable
from tests.fakes import WordEncoder
from tests.rag import archive_of_zembla as archive

TEXTS = {
    "05TALLINN7": "The embassy has followed the negotiations with Morocco since the auction of barges.",
    "05TALLINN8": "Kazakhstan elected a president; Kazakhstani papers were glad of it.",
    "05TALLINN9": "Of the elevators at Tolmira six stand still, and of those at Telmira two.",
    "05TALLINN10": "They should not have embared; they couldn't, said Hussein, Truman and Syria. A haven.",
    "05TALLINN11": "Australia sold wool at Peking.",
    "05LUSAKA12": "Zambia and Morocco agreed; what was prescribed was done.",
    "76LUSAKA13": "A lantern festival was held in February.",
    "76LUSAKA14": "A lantern festival was held in July.",
}
DAYS = {"76LUSAKA13": date(1976, 2, 9), "76LUSAKA14": date(1976, 7, 9)}
WHOLE = (
    "action auction barges dairy daily elected president papers elevators negotiations prescribed should "
    "haven hussein truman tolmira telmira lantern festival couldn"
).split()

EVERYTHING = Filters()


class PiecesEncoder(WordEncoder):
    """Has few words whole, as an encoder of pieces of words does; names are among them are few."""

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        spans = [match.span() for match in re.finditer(r"\S+", text)]
        halves = [((a, (a + b) // 2), ((a + b) // 2, b)) for a, b in spans]
        pairs = zip(spans, halves, strict=True)
        return [
            piece for whole, half in pairs for piece in ([whole] if text[slice(*whole)] in WHOLE else half)
        ]


def cable_of(cable_id: str, text: str | None = None) -> Cable:
    origin = "Embassy Lusaka" if "LUSAKA" in cable_id else "Embassy Tallinn"
    day = DAYS.get(cable_id, date(2005, 5, 6))
    return make_cable(cable_id, [text or TEXTS[cable_id]], origin=origin, day=day)


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    folder = tmp_path_factory.mktemp("slips")
    with archive.opened(folder, [cable_of(cable_id) for cable_id in TEXTS]):
        pass
    opened = open_collection(
        Settings(data_dir=folder, embedding_precision="fp32"), PiecesEncoder(), write=False
    )
    yield opened
    opened.close()


def ask(
    collection: Collection, text: str, history: Sequence[Turn] = (), filters: Filters = EVERYTHING
) -> Found:
    search = HybridSearch(collection)
    return search.search(understand(Question(text, tuple(history), filters), search.archive), 3)


def told(collection: Collection, text: str) -> list[str]:
    """What is told of words that stand nowhere."""
    return [note for note in ask(collection, text).notes if "nowhere" in note]


@pytest.mark.parametrize(
    ("text", "found", "like"),
    [
        ("What of Morroco?", "05LUSAKA12", "Morocco"),
        ("Who was elected in Kazakstan?", "05TALLINN8", "Kazakhstan"),
        ("Morroco's embassy", "05TALLINN7", "Morocco"),
    ],
)
def test_a_misspelt_place_is_searched_for_too_and_that_is_said(
    collection: Collection, text: str, found: str, like: str
) -> None:
    result = ask(collection, text)
    assert result.hits[0].paragraph.cable_id == found
    assert result.hits[0].lexical_rank == 1
    assert any(f"“{like}” was searched for as well" in note for note in result.notes)


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("Husseini", "“Hussein”"),
        ("Trueman", "“Truman”"),
        ("negotations", "“negotiations”"),
        ("What was proscribed?", "“prescribed”"),
        ("talmira", "“tolmira” or “telmira”"),
        ("morroco", "“Morocco”"),
        ("STYRIA MORROCO", "“Morocco”"),
        ("Austrlia", "“Australia”"),
    ],
)
def test_what_is_like_another_word_and_may_be_right_is_searched_for_alone(
    collection: Collection, text: str, like: str
) -> None:
    result = ask(collection, text)
    assert any(note.endswith(f"Did you mean {like}?") for note in result.notes)
    assert not any("as well" in note for note in result.notes)
    search = HybridSearch(collection)
    assert result.hits == search.find(understand(Question(text), search.archive), 3)


@pytest.mark.parametrize(
    "text",
    [
        "negotiations with Morocco",  # as it stands there
        "Who was in action there?",  # a word, and the collection has it not
        "What did Austria sell?",  # a place, though Australia is there
        "Pekng",  # too short to tell
        "embargoed",  # like a word that is itself a slip
        "shouldn't, couldn't, wouldn't, couldnt, havent",
        "76PARISS99999 and 05TALLIN7",
    ],
)
def test_what_is_no_slip_is_left_alone(collection: Collection, text: str) -> None:
    assert told(collection, text) == []


def test_a_count_is_of_the_word_as_it_was_written(collection: Collection) -> None:
    found = ask(collection, "How many cables mention Morroco?")
    assert (found.total, found.hits) == (0, ())
    assert "“Morroco” stands nowhere in this collection. Did you mean “Morocco”?" in found.notes


def test_whole_words_are_mended_and_each_is_told_once(collection: Collection) -> None:
    text = "Morrocoan ships of Morroco, and Morroco's ports"
    slips = Spelling(collection).slips(text)
    assert [slip.written for slip in slips] == ["Morroco"]
    assert mended(text, slips) == "Morrocoan ships of Morocco, and Morocco's ports"
    assert len(told(collection, text)) == 1


def test_a_mended_question_is_understood_anew(collection: Collection) -> None:
    tallinn = Filters(origins=("Embassy Tallinn",))
    found = ask(collection, "What do cables from Lusakka say of Morocco?", filters=tallinn)
    assert "05TALLINN7" in {hit.paragraph.cable_id for hit in found.hits}
    assert any("exclude each other" in note for note in found.notes), found.notes


def test_a_misspelt_month_is_a_date(collection: Collection) -> None:
    found = ask(collection, "lantern festival held Febuary 1976")
    assert [hit.paragraph.cable_id for hit in found.hits][:2] == ["76LUSAKA13", "76LUSAKA14"]


def test_what_is_searched_for_too_passes_the_same_filters(collection: Collection) -> None:
    found = ask(collection, "What of Morroco?", filters=Filters(origins=("Embassy Lusaka",)))
    assert found.hits[0].paragraph.cable_id == "05LUSAKA12"
    assert {hit.header.origin for hit in found.hits} == {"Embassy Lusaka"}


def test_a_follow_up_is_mended_and_keeps_the_talk(collection: Collection) -> None:
    talk = [Turn("Who agreed with Zambia?", "Nobody.")]
    assert ask(collection, "And in Morroco?", talk).hits[0].paragraph.cable_id == "05LUSAKA12"


def test_of_many_words_few_are_looked_at(collection: Collection) -> None:
    words = [f"Morro{first}{second}co" for first in "abcdefgh" for second in "mnpqrstv"]
    assert len(told(collection, " ".join(["Morroco", *words, "Kazakstan"]))) == 1


@pytest.mark.parametrize("places", [(7, 8), (8, 7)])
def test_what_is_told_does_not_hang_on_the_order_of_cables(tmp_path: Path, places: tuple[int, int]) -> None:
    texts = ("The lift at Tolmira, Telmira stands.", "The lift at Tolmira stands.")
    made = [cable_of(f"05TALLINN{place}", text) for place, text in zip(places, texts, strict=True)]
    with archive.opened(tmp_path, made) as whole:
        notes = told(replace(whole, encoder=PiecesEncoder()), "Talmira")
    assert notes == ["“Talmira” stands nowhere in this collection. Did you mean “Tolmira” or “Telmira”?"]


def test_a_slip_is_told_while_the_cables_are_being_removed(tmp_path: Path) -> None:
    with archive.opened(tmp_path, [cable_of("05TALLINN7"), cable_of("05TALLINN8")]) as whole:
        with closing(CableStore.open(tmp_path)) as store:
            store.delete("05TALLINN7")
        found = ask(replace(whole, encoder=PiecesEncoder()), "What of Morroco and negotations?")
    assert "05TALLINN7" not in {hit.paragraph.cable_id for hit in found.hits}


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
