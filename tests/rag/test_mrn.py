"""Message numbers in every spelling."""

from __future__ import annotations

import pytest

from rag.text.mrn import MessageNumber, lookup_keys, read_mrn

ASTANA = MessageNumber(2009, "ASTANA", 1206)


@pytest.mark.parametrize(
    "text",
    [
        "09ASTANA1206",
        "09 ASTANA 1206",
        "2009ASTANA1206",
        "09-ASTANA-1206",
        "09Astana01206",
        "09astana1206",
        "'09 Astana 1206",
        "Astana 1206 of 2009",
        "Astana 1206 (2009)",
        "Astana 1206, 2009",
        "Embassy Astana 1206 of 2009",
        "cable 1206 from Astana in 2009",
        "cable 1206 of 2009 from Astana",
        "Astana cable no. 1206 of 2009",
        "AMEMBASSY ASTANA 00001206 of 2009",
        "[09ASTANA1206]",
    ],
)
def test_every_spelling_with_a_year(text: str) -> None:
    assert read_mrn(text) == ASTANA


@pytest.mark.parametrize(
    "text",
    ["Astana 1206", "ASTANA 00001206", "astana1206", "cable 1206 from Astana", "the Astana cable 1206"],
)
def test_every_spelling_without_a_year(text: str) -> None:
    assert read_mrn(text) == MessageNumber(None, "ASTANA", 1206)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1978GUATEM00316", MessageNumber(1978, "GUATEM", 316)),
        ("1973ABIDJA000073", MessageNumber(1973, "ABIDJA", 73)),
        ("75 Kuala Lumpur 1234", MessageNumber(1975, "KUALALUMPUR", 1234)),
        ("05 REYKJAVÍK 118", MessageNumber(2005, "REYKJAVIK", 118)),
        ("STATE 017976", MessageNumber(None, "STATE", 17976)),
        ("09SAN JOSE525", MessageNumber(2009, "SANJOSE", 525)),
    ],
)
def test_posts_of_every_shape(text: str, expected: MessageNumber) -> None:
    assert read_mrn(text) == expected


@pytest.mark.parametrize("text", ["", "Astana", "1206", "hello world", "09/02/2009", "Astana 0", "¶9", "A 5"])
def test_what_is_no_message_number(text: str) -> None:
    assert read_mrn(text) is None


def test_the_two_archives_forms_meet_in_a_key() -> None:
    assert set(lookup_keys("1978GUATEM00316")) & set(lookup_keys("Guatemala 316 of 1978"))
    assert ASTANA.short_id == "09ASTANA1206"
    assert MessageNumber(1978, "GUATEMALA", 316).archive_id == "1978GUATEM00316"


def test_an_id_that_is_no_message_number_has_one_key() -> None:
    assert lookup_keys("DFAT15-doc-12a") == ("DFAT15DOC12A",)
