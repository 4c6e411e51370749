"""A question's reading: cables and paragraphs it names, follow-ups made to stand alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.understand import understand
from rag.types import ParagraphRef, Question, Turn
from tests.rag.archives import ListedArchive

KNOWN = ("09ASTANA1206", "09ASTANA222", "1978GUATEM00316", "07KUALALUMPUR88")
ARCHIVE = ListedArchive(KNOWN, titles={"a campaign ends": "09ASTANA222"})


@pytest.mark.parametrize(
    "spelled",
    [
        "09ASTANA1206",
        "09 ASTANA 1206",
        "Astana 1206",
        "ASTANA 00001206",
        "2009ASTANA1206",
        "09-ASTANA-1206",
        "09Astana01206",
        "Astana 1206 of 2009",
        "cable 1206 from Astana",
        "09astana1206",
    ],
)
def test_a_cable_is_named_in_every_spelling(spelled: str) -> None:
    query = understand(Question(f"What does {spelled} say about flyers?"), ARCHIVE)
    assert query.named == (ParagraphRef("09ASTANA1206", None),)


def test_of_very_many_cables_that_are_not_there_only_the_first_are_looked_near_for() -> None:
    text = "What do " + " and ".join(f"09ASTANA{number}" for number in range(9000, 9040)) + " say?"
    query = understand(Question(text), ARCHIVE)
    assert len(query.unknown) == len(query.notes) == 40
    assert sum("Near it: 09ASTANA1206" in note for note in query.notes) == 8


def test_a_paragraph_is_named_with_its_cable() -> None:
    query = understand(Question("What is in para 9 of 09 Astana 1206?"), ARCHIVE)
    assert query.named == (ParagraphRef("09ASTANA1206", "9"),)


def test_two_cables_are_named_in_the_order_of_the_question() -> None:
    query = understand(Question("Compare Kuala Lumpur 88 and 09ASTANA222."), ARCHIVE)
    assert [named.cable_id for named in query.named] == ["07KUALALUMPUR88", "09ASTANA222"]


def test_a_year_or_a_number_is_no_cable() -> None:
    assert understand(Question("Who met in Astana in 1976, and were 40 there?"), ARCHIVE).named == ()


def test_an_id_that_is_not_in_the_collection_is_reported() -> None:
    query = understand(Question("What does 09ASTANA1207 say, or 09ASTANA1206?"), ARCHIVE)
    assert query.unknown == ("09ASTANA1207",)


HISTORY = (Turn("How much did consumer prices rise in Argentina in July 1978?", "They rose 6.6 percent."),)


def test_a_follow_up_takes_its_subject_from_the_turn_before() -> None:
    query = understand(Question("And wholesale prices?", history=HISTORY), ARCHIVE)
    assert "Argentina" in query.standalone
    assert query.standalone.startswith("And wholesale prices?")
    assert query.text == "And wholesale prices?"


def test_a_long_answer_does_not_crowd_out_the_question() -> None:
    long_turn = (Turn("How much did consumer prices rise?", "They rose [1]. " * 500),)
    standalone = understand(Question("And wholesale prices?", history=long_turn), ARCHIVE).standalone
    assert standalone.startswith("And wholesale prices?")
    assert len(standalone) < 700
    assert "[1]" not in standalone


def test_a_question_that_stands_alone_is_left_alone() -> None:
    text = "Which minister opened the Lusaka agricultural show in August 2007?"
    assert understand(Question(text, history=HISTORY), ARCHIVE).standalone == text


@given(st.text(max_size=300), st.text(max_size=60))
def test_no_text_raises(text: str, before: str) -> None:
    query = understand(Question(text, history=(Turn(before, before),)), ARCHIVE)
    assert query.text == text
    assert all(named.cable_id in KNOWN for named in query.named)


def test_a_possessive_names_no_cable() -> None:
    asked = "Who thought of a congratulatory message for Banda's 25 years in office?"
    query = understand(Question(asked), ARCHIVE)
    assert (query.unknown, query.notes) == ((), ())


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("Which Norwegian minister told London in May 1973 that Oslo might mediate in the dispute?", False),
        (
            "Which minister said in 1973 that he would mediate once all of the warships had left the bay?",
            False,
        ),
        ("Which company manufactured the vaccine that USAID bought for Mulonga?", False),
        ("What did the minister say that the board would do?", False),
        ("How much more would that cost Israel over a year than paying $25?", True),
        ("Why did the Costa Ricans want to push it back?", True),
        ("What happened to the rest?", True),
        ("What happened to the rest of the harbor board?", False),
        ("And how long did Alfonso Lopez govern Colombia under a state of siege in 1975?", True),
        ("When did he think would be the best time for the trip to Washington and New York?", True),
    ],
)
def test_only_what_leans_on_the_talk_takes_it_along(text: str, leans: bool) -> None:
    talk = (Turn("Who led the harbor board?", "Minister Kask led it."),)
    assert understand(Question(text, talk), ARCHIVE).is_follow_up is leans


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("hostages", False),
        ("Hostages.", False),
        ("Soviet grain imports", False),
        ("hostages in Tehran", False),
        ("Who was Idi Amin?", False),
        ("Who was Kask?", True),
        ("wholesale prices", True),
        ("Casualties?", True),
        ("1979", True),
        ("in 1979", True),
        ("the hostages", True),
        ("why", True),
        ("details of it", True),
        ("Which side won?", True),
        ("And hostages?", True),
        ("protest march in Tehran", False),
        ("Who was Foreign Minister Gromyko?", False),
        ("Gromyko", False),
        ("Bonn summit", False),
        ("Cyprus talks", False),
        ("Dutch demands", True),
        ("05TALLINN7", False),
        ("Astana 1206", False),
        ("Oslo 1978", True),
        ("quarter 2", True),
        *(
            (text, True)
            for text in (
                "Elaborate",
                "Continue",
                "details",
                "summarize",
                "Summarize the answer please",
                "Give me the full text",
                "full text",
                "sources",
                "Reasons",
                "names and dates",
                "March 1976",
                "January 1979",
                "second quarter",
                "Denmark",
                "Danish response",
                "British position",
                "prime minister",
                "seasonally adjusted",
                "yes please",
                "thanks",
                "Who was President?",
                "Who was Ambassador?",
                "Who was Prime Minister?",
            )
        ),
    ],
)
def test_a_short_question_with_a_subject_of_its_own_leans_on_nothing(text: str, leans: bool) -> None:
    talk = (Turn("How far did consumer prices rise in 1978?", "They rose 6 percent, said Minister Kask."),)
    query = understand(Question(text, talk), ARCHIVE)
    assert query.is_follow_up is leans
    assert leans or query.standalone == text


def test_what_follows_a_new_subject_takes_that_along_and_not_the_one_before() -> None:
    talk = (Turn("Who led the harbor board?", "Minister Kask led it."), Turn("hostages", "Six were held."))
    standalone = understand(Question("Where were they held?", talk), ARCHIVE).standalone
    assert "hostages" in standalone
    assert "harbor" not in standalone


def test_the_subject_is_of_the_last_turn_that_was_no_follow_up() -> None:
    talk = (
        Turn("How far did consumer prices rise in Norway in 1978?", "They rose 8.1 percent."),
        Turn("hostages in Tehran", "Six were held at the Kalmuse hotel."),
        Turn("Where were they held?", "At the hotel."),
        Turn("Why?", "Nobody knows."),
    )
    standalone = understand(Question("When were they freed?", talk), ARCHIVE).standalone
    assert standalone.startswith("When were they freed? hostages in Tehran Why?")
    assert "Norway" not in standalone
    back = (
        *talk,
        Turn("Who led the harbor board of Tallinn in 2005?", "Kask."),
        Turn("Until when?", "2007."),
    )
    assert "hostages" not in understand(Question("And after him?", back), ARCHIVE).standalone
