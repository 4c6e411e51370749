"""Compound questions: each part is understood, searched and answered by itself."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.comparing import compared
from rag.asking.compound import found_together, question_parts
from rag.asking.understand import understand
from rag.finding.retrieve import HybridSearch
from rag.store.batches import Batch
from rag.store.cable_store import CableStore
from rag.types import Chunk, Filters, Found, FoundBy, Hit, Question, Turn
from tests.cables import make_cable
from tests.rag import archive_of_zembla as archive
from tests.rag.archives import ListedArchive

ASKED = (
    "How many barges passed Tallinn in April 2007, and which minister closed the Lusaka museum in May 1979?"
)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (ASKED, 2),
        ("Which ministers of Kazakhstan and of Estonia met in May?", 0),
        ("What was said and how?", 0),
    ],
)
def test_a_question_is_taken_apart_only_where_it_asks_twice(question: str, parts: int) -> None:
    assert len(question_parts(question)) == parts
    assert len(understand(Question(question), ListedArchive(())).parts) == parts


def test_a_part_that_leans_on_the_one_before_takes_it_along() -> None:
    first, second = question_parts("How large was the harbor board in 1976, and who was elected to lead it?")
    assert first == "How large was the harbor board in 1976"
    assert second == f"who was elected to lead it? {first}"


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        (
            "Compare the Dutch view and the Norwegian view of UNIFIL",
            ["What was the Dutch view of UNIFIL?", "What was the Norwegian view of UNIFIL?"],
        ),
        (
            "How did Argentina's consumer prices differ from Israel's?",
            ["What were Argentina's consumer prices?", "What were Israel's consumer prices?"],
        ),
        (
            "Compare oil prices in Egypt and in Gabon in 1979.",
            ["What were oil prices in Egypt in 1979?", "What were oil prices in Gabon in 1979?"],
        ),
        (
            "Compare the Dutch and the Norwegian view of UNIFIL",
            ["What was the Dutch view of UNIFIL?", "What was the Norwegian view of UNIFIL?"],
        ),
        (
            "How did prices in Tallinn differ from those in Lusaka?",
            ["What were prices in Tallinn?", "What were prices in Lusaka?"],
        ),
        (
            "How did Begin and Sadat differ on Lebanon?",
            ["What was the position of Begin on Lebanon?", "What was the position of Sadat on Lebanon?"],
        ),
        ("Compare Kask with Holt", ["What is said of Kask?", "What is said of Holt?"]),
        ("How did it differ from what Begin said?", []),
        ("How many were compared and counted?", []),
        ("Compare", []),
    ],
)
def test_what_is_set_side_by_side_is_asked_for_on_each_side(question: str, sides: list[str]) -> None:
    assert question_parts(question) == sides


@given(
    st.lists(st.sampled_from("compare and with in the of those that it Egypt's Egypt 1979 prices ?".split()))
)
def test_any_comparison_is_taken_apart_into_two_or_left_alone(words: list[str]) -> None:
    assert len(compared(" ".join(["Compare", *words]))) in {0, 2}


def test_what_names_a_cable_or_leans_on_the_talk_is_asked_whole() -> None:
    known = ListedArchive(("09ASTANA1206",))
    named = Question("Who signed cable 09ASTANA1206 last week, and what did the embassy ask for?")
    leaning = Question("And who led it in 1976, and what did the board ask for?", (Turn("A board?", "Yes."),))
    assert understand(named, known).parts == () == understand(leaning, known).parts


def test_each_part_has_the_caller_s_filters_and_clues_of_its_own() -> None:
    within = Filters(origins=("Embassy Tallinn",))
    query = understand(Question(ASKED, filters=within), ListedArchive(()))
    assert [part.filters for part in query.parts] == [query.filters, query.filters]
    dates = [[clue.values for clue in part.clues] for part in query.parts]
    assert len(query.clues) == 2 and dates[0] != dates[1]


@given(
    st.lists(
        st.sampled_from(["and what", "and who is it", "a barge", "that minister", "which", ","]), max_size=30
    )
)
def test_any_run_of_parts_is_understood(words: list[str]) -> None:
    query = understand(Question(" ".join(["What", *words])), ListedArchive(()))
    assert all(part.parts == () for part in query.parts)


SCORES = st.lists(st.tuples(st.integers(1, 9), st.floats(0, 1)), max_size=8, unique_by=lambda one: one[0])


def _found(scores: list[tuple[int, float]]) -> Found:
    cable = make_cable(texts=[f"Pigeon {n}." for n in range(1, 10)])
    hits = [Hit(cable.paragraphs[n - 1], cable.header, score, FoundBy.BOTH) for n, score in scores]
    return Found(tuple(sorted(hits, key=lambda hit: -hit.score)))


@given(SCORES, st.lists(SCORES, min_size=1, max_size=3), st.integers(1, 8))
def test_found_together_is_the_best_of_each(
    whole: list[tuple[int, float]], parts: list[list[tuple[int, float]]], k: int
) -> None:
    every = [_found(scores) for scores in (whole, *parts)]
    together = found_together(every[0], every[1:], k).hits
    labels = [hit.paragraph.label for hit in together]
    offered = [hit for found in every for hit in found.hits]
    assert len(labels) == len(set(labels)) == min(k, len({hit.paragraph.label for hit in offered}))
    assert [hit.score for hit in together] == sorted((hit.score for hit in together), reverse=True)
    for hit in together:
        assert hit.score == max(o.score for o in offered if o.paragraph.label == hit.paragraph.label)
    for found in every[:k]:
        assert not found.hits or found.hits[0].paragraph.label in labels


def test_what_answers_a_part_is_scored_by_that_part(tmp_path: Path) -> None:
    text = "In April {} barges passed Tallinn harbor, which the minister closed to many barges."
    barges = [make_cable(f"07TALLINN{n}", [text.format(n)], day=date(2007, 4, n)) for n in range(1, 9)]
    museum = make_cable("79LUSAKA5", ["Minister Kask closed the museum."], day=date(1979, 5, 2))
    asked = "How many barges passed Tallinn harbor in April, and which minister closed the museum?"
    with archive.opened(tmp_path, [*barges, museum]) as collection:
        search = HybridSearch(collection)
        query = understand(Question(asked), search.archive)
        whole, parted = (
            {hit.paragraph.cable_id: hit.score for hit in search.find(one, 9)}
            for one in (replace(query, parts=()), query)
        )
        assert parted["79LUSAKA5"] > whole["79LUSAKA5"]
        assert set(parted) == set(whole)


def test_of_a_cable_sent_twice_one_is_shown_though_each_part_finds_another(tmp_path: Path) -> None:
    sent, again = (
        make_cable(cable_id, ["Minister Kask closed the museum."], day=day)
        for cable_id, day in (("79LUSAKA5", date(1979, 5, 2)), ("81LUSAKA6", date(1981, 6, 3)))
    )
    with closing(CableStore.open(tmp_path)) as store:
        for cable in (sent, again):
            paragraph = cable.paragraphs[0]
            store.put(cable, [Chunk(paragraph.cable_id, "1", 0, 0, len(paragraph.text), paragraph.text)])
        store.write(Batch(duplicates=[("81LUSAKA6", "79LUSAKA5", 1.0)]))
    asked = "Which minister closed the museum in May 1979, and which minister closed the museum in June 1981?"
    with archive.opened(tmp_path, []) as collection:
        search = HybridSearch(collection)
        query = understand(Question(asked), search.archive)
        best = [search.find(part, 5)[0].paragraph.cable_id for part in query.parts]
        assert best == ["79LUSAKA5", "81LUSAKA6"]
        assert len(search.find(query, 5)) == 1
