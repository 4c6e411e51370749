"""The real corpora: nothing lost, every printed number a label, no furniture left in a paragraph."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest

from ingestion.parse import parse_source
from ingestion.sources import find_files
from ingestion.sources.records import SourceFile
from rag.types import Cable, Kind
from tests.ingestion.accounting import unaccounted
from tests.ingestion.nara_expected import EXCEPTIONS, UNNUMBERED
from tests.shared import SHARED, needs_shared

pytestmark = needs_shared

FURNITURE = (
    re.compile(r"\b\w+ \d{5,8}\s+\d{3}(?:\.\d)? OF \d{3}\b"),
    re.compile(r"^PAGE \d\d [A-Z]+ \d+", re.M),
    re.compile(r"\bSECTION \d\d? OF \s?\d\d? [A-Z]+"),
    re.compile(r"^(?:FM|TO|INFO) (?:AMEMBASSY|AMCONSUL|USMISSION|SECSTATE)", re.M),
    re.compile(r"^(?:TAGS|SUBJECT|E\.O\. ?1\d{4}):", re.M),
    re.compile(r"-{5,}\d{6} \d{6}Z"),
    re.compile(r"Declassified/Released"),
    re.compile(r"\*\*\* Current (?:Handling|Classification)"),
    re.compile(r"^(?:AMEMBASSY|AMCONSUL) [A-Z ]+$", re.M),
)


@cache
def corpus(name: str) -> tuple[Cable, ...]:
    cables: list[Cable] = []
    for source in find_files(SHARED / "corpus" / name):
        assert isinstance(source, SourceFile), source
        for cable in parse_source(source):
            assert isinstance(cable, Cable), cable
            cables.append(cable)
    return tuple(cables)


def printed(cable: Cable) -> set[str]:
    """Numbers that begin a line of the file and are printed once."""
    text = cable.raw.decode(cable.encoding)
    numbers = Counter(re.findall(r"^ *(\d{1,2})(?: ?\.(?=\s)| ?$)", text, re.M))
    return {number for number, times in numbers.items() if times == 1}


def test_every_file_of_the_archive_is_a_cable() -> None:
    assert len(corpus("nara")) == 140
    assert len({cable.header.cable_id for cable in corpus("nara")}) == 140
    assert all(cable.header.origin and cable.header.date_from for cable in corpus("nara"))
    assert all(cable.header.classification is None and not cable.header.tags for cable in corpus("nara"))


def test_every_uniquely_printed_number_is_a_label() -> None:
    missing = {
        cable.header.cable_id: sorted(lost)
        for cable in corpus("nara")
        if (
            lost := printed(cable)
            - {p.label for p in cable.paragraphs}
            - set(EXCEPTIONS.get(cable.header.cable_id, ((), ""))[0])
        )
    }
    assert missing == {}


def test_labels_that_no_number_prints_are_few() -> None:
    unnumbered = {
        c.header.cable_id for c in corpus("nara") if all(p.label.startswith("u") for p in c.paragraphs)
    }
    assert unnumbered == UNNUMBERED


def test_every_australian_document_is_a_cable_with_its_own_id() -> None:
    cables = corpus("dfat")
    assert len(cables) == 1954 == len({cable.header.cable_id for cable in cables})
    assert all(cable.header.subject and cable.header.date_from for cable in cables)


def test_paragraph_1_exists_wherever_the_text_goes_on_with_2() -> None:
    labels = {cable.header.cable_id: {p.label for p in cable.paragraphs} for cable in corpus("dfat")}
    assert [cable_id for cable_id, found in labels.items() if "2" in found and "1" not in found] == []


def test_the_seed() -> None:
    (cable,) = corpus("seed")
    paragraphs = {paragraph.label: paragraph for paragraph in cable.paragraphs}
    assert list(paragraphs) == [str(number) for number in range(1, 17)]
    assert paragraphs["1"].kind is Kind.SUMMARY and paragraphs["16"].kind is Kind.COMMENT
    assert paragraphs["2"].heading == "QUARTERLY ANTI-TRAFFICKING OPERATIONS"
    assert paragraphs["13"].heading == "RESULTS OF POLL"
    assert paragraphs["4"].text.count("\n\n") == 1
    assert paragraphs["14"].text.endswith("protection and assistance to victims of trafficking.")
    assert "\n" not in paragraphs["7"].text and paragraphs["7"].text.endswith("further cooperation.")
    assert [r.cable_id for r in cable.references] == ["09ASTANA222", "09ASTANA187"]
    assert cable.header.signature == "HOAGLAND" and cable.header.origin == "Embassy Astana"
    assert (
        cable.header.sent_at is not None and cable.header.sent_at.isoformat() == "2009-07-21T07:21:00+00:00"
    )


@pytest.mark.parametrize("name", ["seed", "nara", "dfat"])
def test_no_furniture_is_left_in_a_paragraph(name: str) -> None:
    left = [
        (paragraph.citation, pattern.pattern)
        for cable in corpus(name)
        for paragraph in cable.paragraphs
        for pattern in FURNITURE
        if pattern.search(paragraph.text) or pattern.search(paragraph.heading or "")
    ]
    assert left == []


@pytest.mark.parametrize("name", ["seed", "nara", "dfat"])
def test_every_character_is_accounted_for(name: str) -> None:
    assert {cable.header.cable_id: lost for cable in corpus(name) if (lost := unaccounted(cable))} == {}
