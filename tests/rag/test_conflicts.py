"""Cables that give different figures for the same thing, and those that only seem to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rag.answering.conflicts import dispute_of
from rag.text.leads import by_post_and_date
from rag.types import Citation, DatePrecision, FoundBy, Hit, Passage, Verdict
from tests.made import header, paragraph

FERRY = "How many people were taken off the ferry Meretuul in February 2007?"
HERE = "The ferry Meretuul and a trawler collided on February 14. Helicopters took 34 people off the ferry."


def passages(*texts: str, day: date = date(2007, 2, 20)) -> list[Passage]:
    """One paragraph of each of several cables."""
    found = []
    for number, text in enumerate(texts, start=1):
        cable_id = f"07POST{number}"
        known = replace(
            header(cable_id), origin=f"Embassy {number}", subject="FERRY", date_from=day, date_to=day
        )
        found.append(Passage(number, Hit(paragraph(text, cable_id=cable_id), known, 1.0, FoundBy.BOTH)))
    return found


def figures(question: str, *texts: str) -> list[str]:
    """What each side says where the first text is cited."""
    given = passages(*texts)
    first = given[0]
    cited = Citation(1, first.hit.paragraph, first.hit.header, 0, len(first.text), Verdict.SUPPORTED, "")
    dispute = dispute_of(question, [cited], given)
    if dispute is None:
        return []
    for side in dispute.sides:
        assert side.figure in given[side.passage - 1].text[side.start : side.end]
    return [side.figure for side in dispute.sides]


@pytest.mark.parametrize(
    ("question", "here", "there", "expected"),
    [
        (FERRY, HERE, "By the Board's count 31 people came off the ferry Meretuul, not 34.", ["34", "31"]),
        (FERRY, HERE, "On February 14, helicopters took 31 people off the ferry Meretuul.", ["34", "31"]),
        (
            "When was the bridge at Narva closed?",
            "The bridge at Narva was closed to trucks on March 3.",
            "Police closed the bridge at Narva to trucks on March 8.",
            ["March 3", "March 8"],
        ),
        (
            "When did the ferry Estrella sink?",
            "The ferry Estrella sank on May 3, 1979.",
            "On May 5, 1979, according to a report by the harbor master, the ferry Estrella sank.",
            ["May 3, 1979", "May 5, 1979"],
        ),
        (
            "What did the repairs of the Meretuul cost?",
            "The repairs of the Meretuul cost $14 million in all.",
            "In all the Meretuul's repairs cost $9 million.",
            ["$14", "$9"],
        ),
        (
            "How many containers went overboard from the Sagarika?",
            "The port's count of containers that the Sagarika lost is 41.",
            "The owner of the Sagarika counts 27 containers overboard and not 41.",
            ["41", "27"],
        ),
    ],
    ids=[
        "one set against the other",
        "the same told otherwise",
        "days",
        "years",
        "money",
        "counted elsewhere",
    ],
)
def test_two_cables_that_disagree(question: str, here: str, there: str, expected: list[str]) -> None:
    found = figures(question, here, there)
    assert [figure.split(" million")[0] for figure in found] == expected


@pytest.mark.parametrize(
    ("question", "here", "there"),
    [
        (FERRY, HERE, "On February 14, helicopters took 34 people off the ferry Meretuul."),
        (FERRY, HERE, "Helicopters took 31 people off the ferry Tuuletark in 2007."),
        (FERRY, HERE, "The ferry Meretuul carries 212 people and 40 cars."),
        (FERRY, HERE, "Of the 34 people taken off the ferry Meretuul, 27 people were passengers."),
        (FERRY, HERE, "About 34 people were taken off the ferry Meretuul by helicopters."),
        ("Who owns the ferry Meretuul?", HERE, "Helicopters took 31 people off the ferry Meretuul."),
        (
            "How many people were taken off the ferry Meretuul by noon, and how many in the end?",
            HERE,
            "In the end helicopters took 51 people off the ferry Meretuul.",
        ),
        ("When did the ferry Meretuul sail?", HERE, "Helicopters took 31 people off the ferry Meretuul."),
        (
            "When did the lamp campaign end?",
            "The lamp campaign ended on January 18, when its bus was parked for good.",
            "A campaign with lamps opened in Narva on June 26; the lamp campaign has a bus.",
        ),
        (
            "When did the Narva branch line open?",
            "The Narva branch line, reopened by Estonian Rail on March 29, has seen two derailments.",
            "The cabinet on January 10 signed a concession for the Narva branch line with Estonian Rail.",
        ),
    ],
    ids=[
        "agree",
        "another ship",
        "another thing",
        "a part of it",
        "rounded",
        "no figure asked",
        "two asked",
        "a date asked",
        "another event of the campaign",
        "another event of the line",
    ],
)
def test_two_cables_that_do_not(question: str, here: str, there: str) -> None:
    assert figures(question, here, there) == []


def test_a_later_count_of_the_same_thing_is_no_contradiction() -> None:
    question = "How many schools had the reading bus of Narva visited by April 2007?"
    here = "From September through April the reading bus of Narva visited 71 schools."
    later = "The reading bus of Narva visited 126 schools in all."

    def sides(there: str, sent: date) -> int:
        first, other = passages(here)[0], passages(here, there, day=sent)[1]
        cited = Citation(1, first.hit.paragraph, first.hit.header, 0, len(here), Verdict.SUPPORTED, "")
        dispute = dispute_of(question, [cited], [first, other])
        return 0 if dispute is None else len(dispute.sides)

    assert sides(later, date(2008, 1, 30)) == 0
    assert sides(later, date(2007, 5, 3)) == 2
    corrected = f"{later} By April it had visited 80 schools, not 71."
    assert sides(corrected, date(2008, 1, 30)) == 2


def test_a_count_that_grew_between_two_cables_is_a_development() -> None:
    question = "How many schools did the reading bus of Narva visit?"
    here = "The reading bus of Narva visited 71 schools."
    for there, sent, number in [
        ("The reading bus of Narva visited 126 schools.", date(2008, 1, 30), 0),
        ("The reading bus of Narva visited 126 schools.", date(2007, 3, 30), 2),
        ("The reading bus of Narva visited 126 schools, not 71.", date(2008, 1, 30), 2),
    ]:
        first, other = passages(here)[0], passages(here, there, day=sent)[1]
        cited = Citation(1, first.hit.paragraph, first.hit.header, 0, len(here), Verdict.SUPPORTED, "")
        dispute = dispute_of(question, [cited], [first, other])
        assert (0 if dispute is None else len(dispute.sides)) == number, there
    event = "On February 14 helicopters took {} people off the ferry Meretuul."
    first, other = passages(event.format(34))[0], passages("", event.format(31), day=date(2008, 1, 30))[1]
    cited = Citation(1, first.hit.paragraph, first.hit.header, 0, 60, Verdict.SUPPORTED, "")
    dispute = dispute_of("How many people were taken off the ferry Meretuul?", [cited], [first, other])
    assert dispute is not None


def test_every_cable_is_one_side_and_the_same_cable_is_none() -> None:
    there = "By the Board's count 31 people came off the ferry Meretuul, not 34."
    assert figures(FERRY, HERE, there, there) == ["34", "31", "31"]
    given = passages(HERE, there)
    own = replace(
        given[1], hit=replace(given[1].hit, paragraph=replace(given[1].hit.paragraph, cable_id="07POST1"))
    )
    cited = Citation(1, given[0].hit.paragraph, given[0].hit.header, 0, len(HERE), Verdict.SUPPORTED, "")
    assert dispute_of(FERRY, [cited], [given[0], own]) is None


def test_a_side_is_named_by_post_and_date() -> None:
    known = header()
    assert by_post_and_date(known) == "Embassy Astana, 2009-07-21"
    year = replace(known, origin=None, date_precision=DatePrecision.YEAR)
    assert by_post_and_date(year) == "09ASTANA1206, 2009"
