"""Paragraph structure: every trap of numbering, headings, kinds and marks that real cables set."""

from __future__ import annotations

import pytest

from ingestion.parse import parse_source
from ingestion.sources import SourceFile
from rag.types import Cable, Kind
from tests.ingestion.accounting import unaccounted

HEAD = "UNCLAS TALLINN 000042\n\nE.O. 12958: N/A\nTAGS: PREL\nSUBJECT: RAIN\n\n"


def parse(body: str, name: str = "07TALLINN42.txt", head: str = HEAD) -> Cable:
    (cable,) = parse_source(SourceFile(name, (head + body).encode()))
    assert isinstance(cable, Cable), cable
    assert unaccounted(cable) == ""
    return cable


def labels(body: str) -> list[str]:
    return [paragraph.label for paragraph in parse(body).paragraphs]


def texts(cable: Cable) -> dict[str, str]:
    return {paragraph.label: paragraph.text for paragraph in cable.paragraphs}


def blocks(*numbers: str) -> str:
    return "\n\n".join(f"{number} It rained on this day as on others." for number in numbers) + "\n"


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ("1. 2. 3.", "1 2 3"),
        ("1 . 2 . 3 .", "1 2 3"),
        ("¶1. ¶2. ¶3.", "1 2 3"),
        ("1) 2) 3)", "1 2 3"),
        ("1. 2. 4. 5.", "1 2 4 5"),
        ("1. 2. 3. 4. 4. 6. 7.", "1 2 3 4 4#2 6 7"),
        ("1. 2. 3. 1. 2. 3.", "1 2 3 1#2 2#2 3#2"),
        ("1. 2. 3. 4. 1. 5. 6.", "1 2 3 4 5 6"),
        ("1. 1. 1.", "1 1#2 1#3"),
        ("2. 3.", "2 3"),
        ("4. 5. 6.", "4 5 6"),
        ("117. 1. 2.", "u1 1 2"),
        ("1. 2. 1975. 3.", "1 2 3"),
        ("1. 2. 2.5 3.", "1 2 3"),
        ("5. 6A. 6B. 7.", "5 6A 6B 7"),
    ],
)
def test_sequences(numbers: str, expected: str) -> None:
    written = numbers.replace(" .", "\0.").split()
    assert labels(blocks(*(number.replace("\0", " ") for number in written))) == expected.split()


def test_text_before_a_printed_2_is_paragraph_1() -> None:
    cable = parse("It rained.\n\nIt stopped.\n\n2. It rained again.\n")
    assert texts(cable) == {"1": "It rained.\n\nIt stopped.", "2": "It rained again."}


def test_an_unnumbered_summary_stands_above_paragraph_1() -> None:
    cable = parse("SUMMARY: Rain. END SUMMARY.\n\n1. It rained.\n")
    assert texts(cable) == {"u1": "SUMMARY: Rain. END SUMMARY.", "1": "It rained."}
    assert cable.paragraphs[0].kind is Kind.SUMMARY


def test_a_text_without_numbers_is_divided_by_its_blank_lines() -> None:
    cable = parse(
        "It rained in the north:\n\n- first on Monday;\n\n- then on Tuesday.\n\nIt was dry in the south.\n"
    )
    assert texts(cable) == {
        "u1": "It rained in the north:\n\n- first on Monday;\n\n- then on Tuesday.",
        "u2": "It was dry in the south.",
    }


def test_unnumbered_text_after_a_number_belongs_to_it() -> None:
    cable = parse("1. It rained.\n\nThen it stopped.\n\n2. It was dry.\n")
    assert texts(cable)["1"] == "It rained.\n\nThen it stopped."


def test_lists_stay_in_their_paragraph() -> None:
    body = "1. Rain fell:\n\nA. in the north;\n\nB. in the south;\n\n   1. at noon;\n   2. at night.\n"
    body += "\n2. It was dry.\n"
    cable = parse(body)
    assert list(texts(cable)) == ["1", "2"]
    assert "B. in the south" in texts(cable)["1"] and "2. at night" in texts(cable)["1"]


def test_a_wrapped_date_is_no_paragraph() -> None:
    cable = parse("1. It rained on April\n2. The ministry said so.\n\n2. It was dry.\n\n3. Enough.\n")
    assert list(texts(cable)) == ["1", "2", "3"]
    assert texts(cable)["1"] == "It rained on April 2. The ministry said so."


def test_a_list_that_is_numbered_like_the_paragraphs() -> None:
    cable = parse("1. It rained:\n1. in May.\n2. in June.\n\n2. It was dry.\n\n3. Enough.\n\n4. Truly.\n")
    assert list(texts(cable)) == ["1", "2", "3", "4"]
    assert texts(cable)["1"] == "It rained:\n1. in May.\n2. in June."


def test_headings_belong_to_the_next_paragraph_only() -> None:
    cable = parse(
        "1. It rained.\n\nTHE DRY SEASON\n\n\n2. It was dry.\n\n-------\nA Storm\n-------\n\n3. It blew.\n"
    )
    assert [p.heading for p in cable.paragraphs] == [None, "THE DRY SEASON", "A Storm"]
    assert [p.text for p in cable.paragraphs] == ["It rained.", "It was dry.", "It blew."]


@pytest.mark.parametrize(
    ("opening", "marking", "text"),
    [
        ("1. (U) It rained.", "U", "It rained."),
        ("1.(SBU) It rained.", "SBU", "It rained."),
        ("1. (SBU/NF) It rained.", "SBU/NF", "It rained."),
        ("1. (S//NF) It rained.", "S/NF", "It rained."),
        ("1. (C-ENTIRE TEXT) It rained.", "C", "(C-ENTIRE TEXT) It rained."),
        ("1. C - ENTIRE TEXT.", "C", "C - ENTIRE TEXT."),
        ("1. (SECRET-ENTIRE TEXT.)", "S", "(SECRET-ENTIRE TEXT.)"),
        ("1. -- (U) It rained.", "U", "It rained."),
        ("1. (UK) It rained.", None, "(UK) It rained."),
    ],
)
def test_portion_marks(opening: str, marking: str | None, text: str) -> None:
    paragraph = parse(f"{opening}\n\n2. More.\n").paragraphs[0]
    assert (paragraph.marking, paragraph.text) == (marking, text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SUMMARY: Rain.", Kind.SUMMARY),
        ("SUMMAY. Rain.", Kind.SUMMARY),
        ("BEGIN SUMMARY: Rain. END SUMMARY.", Kind.SUMMARY),
        ("Rain. END SUMMARY.", Kind.SUMMARY),
        ("COMMENT: Rain.", Kind.COMMENT),
        ("Embassy Comment: Rain.", Kind.COMMENT),
        ("ACTION REQUEST: Please send umbrellas.", Kind.ACTION_REQUEST),
        ("BEGIN TEXT: It rained. END TEXT.", Kind.QUOTED_TEXT),
        ("Comments were few.", Kind.BODY),
        ("The summary of the report was wet.", Kind.BODY),
    ],
)
def test_kinds(text: str, kind: Kind) -> None:
    assert parse(f"1. {text}\n\n2. More.\n").paragraphs[0].kind is kind


def test_a_summary_closed_later_takes_in_what_lies_between() -> None:
    kinds = [p.kind for p in parse("1. SUMMARY: A.\n\n2. B.\n\n3. C. END SUMMARY.\n\n4. D.\n").paragraphs]
    assert kinds == [Kind.SUMMARY] * 3 + [Kind.BODY]


def test_a_quoted_text_reaches_to_its_end() -> None:
    body = (
        "1. The text follows.\n\n2. BEGIN TEXT:\n\n3. Quoted.\n\n4. Quoted too. END TEXT.\n\n5. Ours again.\n"
    )
    kinds = [p.kind for p in parse(body).paragraphs]
    assert kinds == [Kind.BODY, *[Kind.QUOTED_TEXT] * 3, Kind.BODY]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("the govern-\nment fell", "the government fell"),
        (
            "an anti-\ntrafficking unit and another anti-trafficking unit",
            "an anti-trafficking unit and another",
        ),
        ("a well-\nknown man", "a well-known man"),
        ("in october -\nnovember", "in october - november"),
        ("the minister--\nan old man", "the minister-- an old man"),
        ("al-\nBusaidi said", "al-Busaidi said"),
        ("GOVERN- MENT AND OCTOBER - NOVEMBER", "GOVERNMENT AND OCTOBER - NOVEMBER"),
    ],
)
def test_hyphens_are_closed_only_where_they_break_a_word(lines: str, expected: str) -> None:
    assert texts(parse(f"1. {lines}\n\n2. More.\n"))["1"].startswith(expected)


@pytest.mark.parametrize("signature", ["DOE", "KENNEDY-MINOTT", "VAN DEN HEUVEL", "O'BRIEN", "LOU CUTLER"])
def test_signatures(signature: str) -> None:
    cable = parse(f"1. It rained.\n\n2. More.\n\n{signature}\n\nNNNN\n")
    assert cable.header.signature == signature and texts(cable)["2"] == "More."


@pytest.mark.parametrize("last", ["UNQUOTE", "END TEXT", "It was dry", "NMAFVVZCZ"])
def test_what_signs_nothing(last: str) -> None:
    assert parse(f"1. It rained.\n\n2. More.\n\n{last}\n").header.signature is None
