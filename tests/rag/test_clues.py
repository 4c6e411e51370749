"""Clues: what a question says of its cables is a filter, what it implies a boost, the rest is left alone."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.clues import read_clues
from rag.asking.narrowing import narrow
from rag.asking.understand import understand
from rag.types import Catalogue, ClueField, Filters, Kind, Question, Scope, Strength, Turn
from tests.rag.archives import ListedArchive

KNOWN = Catalogue(
    origins=frozenset({"Embassy Tallinn", "Embassy Lusaka", "Secretary of State"}),
    tags=frozenset({"PHUM", "EAGR"}),
    classifications=frozenset({"SECRET", "UNCLASSIFIED"}),
    signatures=frozenset({"HOAGLAND", "VAN DEN HEUVEL"}),
)


def filters_of(text: str) -> list[tuple[str, tuple[str, ...]]]:
    clues = read_clues(text, KNOWN)
    return [(clue.field.value, clue.values) for clue in clues if clue.strength is Strength.FILTER]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What do cables from Tallinn say?", [("origin", ("Embassy Tallinn",))]),
        ("Tallinn cables on schools", [("origin", ("Embassy Tallinn",))]),
        ("telegrams sent in May 2007", [("date", ("2007-05-01", "2007-05-31"))]),
        ("Which 2007 cables tell of hail?", [("date", ("2007-01-01", "2007-12-31"))]),
        ("cables signed by Ambassador Van den Heuvel", [("sender", ("VAN DEN HEUVEL",))]),
        ("cables signed by Hoagland's deputy", [("sender", ("HOAGLAND",))]),
        ("How many cables did Ambassador Hoagland sign?", [("sender", ("HOAGLAND",))]),
        ("When did Hoagland sign the lease?", []),
        ("secret cables about barges", [("classification", ("SECRET",))]),
        ("documents classified TOP SECRET", [("classification", ("TOP SECRET",))]),
        ("cables tagged human rights", [("tag", ("PHUM", "SHUM"))]),
        ("telegrams with the tags EAGR, PHUM", [("tag", ("EAGR", "PHUM"))]),
        ("comment paragraphs on hail", [("kind", ("comment",))]),
        ("telegrams addressed to Lusaka", [("addressee", ("LUSAKA",))]),
        (
            "cables from the State Department between March and May 2007",
            [("date", ("2007-03-01", "2007-05-31")), ("origin", ("Secretary of State",))],
        ),
    ],
)
def test_what_is_said_of_the_cables_is_a_filter(
    text: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert filters_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "What happened in Tallinn in May 2007?",
        "the commission's 1974 telegram to Chile",
        "Who wrote the letter dated 5 May 2007?",
        "the secret of the harbor",
        "a nice pole in a turkey",
    ],
)
def test_what_is_told_of_excludes_nothing(text: str) -> None:
    assert filters_of(text) == []


@pytest.mark.parametrize(
    ("text", "strength", "values"),
    [
        # What was done by a day is told before it and after it.
        ("How many crates were counted by April 2007?", Strength.BOOST, ("2006-12-31", "2007-07-30")),
        ("How many crates came until 4 May 2007?", Strength.BOOST, ("2007-02-02", "2007-08-03")),
        ("How many crates came before May 2007?", Strength.BOOST, ("", "2007-04-30")),
        ("Which cables sent by April 2007 count crates?", Strength.FILTER, ("", "2007-04-30")),
    ],
)
def test_a_deadline_is_told_of_around_it(text: str, strength: Strength, values: tuple[str, str]) -> None:
    (clue,) = (clue for clue in read_clues(text, KNOWN) if clue.field is ClueField.DATE)
    assert (clue.strength, clue.values) == (strength, values)


@pytest.mark.parametrize(
    "text",
    [
        "What did the US embassy in Tallinn think of the bus?",
        "How did the embassy size up the harbor master?",
        "What might follow, in the US embassy's view?",
    ],
)
def test_an_embassys_own_view_lifts_its_comment(text: str) -> None:
    assert [clue.values for clue in read_clues(text, KNOWN) if clue.field is ClueField.KIND] == [("comment",)]


def test_another_countrys_embassy_has_no_comment_of_ours() -> None:
    clues = read_clues("What did the Soviet embassy think of the bus?", KNOWN)
    assert [clue for clue in clues if clue.field is ClueField.KIND] == []


def test_filters_of_caller_and_question_hold_together() -> None:
    clues = read_clues("cables from Tallinn sent in 2007", KNOWN)
    narrowed = narrow(Filters(date_from=date(2007, 6, 1), tags=("EAGR",)), clues, KNOWN)
    assert narrowed.filters == Filters(
        origins=("Embassy Tallinn",), tags=("EAGR",), date_from=date(2007, 6, 1), date_to=date(2007, 12, 31)
    )
    assert narrowed.contradiction is None


@pytest.mark.parametrize(
    "asked",
    [
        Filters(origins=("Embassy Lusaka",)),
        Filters(date_from=date(2009, 1, 1)),
        Filters(kinds=(Kind.COMMENT,)),
    ],
    ids=["origin", "date", "kind"],
)
def test_a_contradiction_is_said_and_nothing_is_widened(asked: Filters) -> None:
    clues = read_clues("summary paragraphs of cables from Tallinn sent in 2007", KNOWN)
    narrowed = narrow(asked, clues, KNOWN)
    assert narrowed.contradiction is not None
    assert all(
        getattr(narrowed.filters, name) for name in ("origins", "date_from", "kinds") if getattr(asked, name)
    )


def test_a_callers_post_that_no_cable_is_from_is_named_with_what_is_spelled_like_it() -> None:
    asked = Filters(origins=("Talinn", "embassy tallinn", "Lusaka", "Nowhere"))
    notes = narrow(asked, (), KNOWN).notes
    assert notes == (
        "No cable of this collection is from “Talinn”. Spelled like it: Embassy Tallinn.",
        "No cable of this collection is from “Nowhere”.",
    )


def test_what_some_cables_do_not_say_excludes_none_and_is_noted() -> None:
    silent = Catalogue(origins=KNOWN.origins, silent=frozenset({ClueField.CLASSIFICATION, ClueField.ORIGIN}))
    narrowed = narrow(Filters(), read_clues("secret cables from Quito", silent), silent)
    assert narrowed.filters == Filters()
    assert len(narrowed.notes) == 2


ARCHIVE = ListedArchive(
    ("09ASTANA1206", "09ASTANA222"), titles={"a campaign ends": "09ASTANA222"}, known=KNOWN
)


@pytest.mark.parametrize(
    ("text", "scope", "mentions"),
    [
        ("How many cables mention Kalmuse?", Scope.EXHAUSTIVE, [("Kalmuse", False)]),
        (
            "List all telegrams that refer to the Harbor Board or hail.",
            Scope.EXHAUSTIVE,
            [("Harbor Board", True), ("hail", False)],
        ),
        ("Does any cable mention “the flying tram”?", Scope.EXHAUSTIVE, [("the flying tram", True)]),
        ("Is it true that no cable mentions meteors?", Scope.EXHAUSTIVE, [("meteors", False)]),
        ("every mention of orchards in May 2006", Scope.EXHAUSTIVE, [("orchards", False)]),
        ("How many cables from Tallinn are there?", Scope.EXHAUSTIVE, []),
        ("How many schools did the bus visit?", Scope.OPEN, []),
        ("What does 09ASTANA1206 say?", Scope.LOOKUP, []),
    ],
)
def test_a_question_about_all_there_is_is_told_from_others(
    text: str, scope: Scope, mentions: list[tuple[str, bool]]
) -> None:
    query = understand(Question(text), ARCHIVE)
    assert query.scope is scope
    assert [(mention.text, mention.together) for mention in query.mentions] == mentions


@pytest.mark.parametrize(
    "text",
    [
        "What is in the cable titled “A campaign ends”?",
        "the telegram entitled A CAMPAIGN  ENDS?",
        'who signed "A Campaign Ends"?',
    ],
)
def test_a_cable_is_named_by_its_title(text: str) -> None:
    assert [named.cable_id for named in understand(Question(text), ARCHIVE).named] == ["09ASTANA222"]


def test_a_reference_is_followed_from_the_cable_that_is_named_or_was_before() -> None:
    asked = understand(Question("What did reftel A of 09ASTANA1206 say?"), ARCHIVE)
    assert [(ask.cable_id, ask.letter) for ask in asked.references] == [("09ASTANA1206", "A")]
    history = (Turn("What does 09ASTANA1206 say of flyers?", "80,000 were printed."),)
    later = understand(Question("And what did ref (b) say?", history=history), ARCHIVE)
    assert [(ask.cable_id, ask.letter) for ask in later.references] == [("09ASTANA1206", "B")]
    assert understand(Question("What did reftel A say?"), ARCHIVE).notes


def test_several_paragraphs_are_named() -> None:
    named = understand(Question("Compare paras 2, 4#2 and u1 of 09ASTANA1206."), ARCHIVE).named
    assert [one.label for one in named] == ["2", "4#2", "u1"]


@given(st.text(alphabet="cables from Tallin1976MaySECRTtagdu,?\"'“”¶#refAB()\x00 ", max_size=120))
def test_no_text_raises(text: str) -> None:
    query = understand(Question(text, filters=Filters(date_from=date(1990, 1, 1))), ARCHIVE)
    assert query.filters.date_from is not None
    assert query.filters.date_from >= date(1990, 1, 1)
