"""REF lines, TAGS lines, posts and message numbers as cables write them."""

from __future__ import annotations

import pytest

from ingestion.identity import archive_id, mend_id, short_id, spellings
from ingestion.posts import find_post
from ingestion.references import read_references
from ingestion.tags import read_tags
from rag.text.tags import meaning_of
from rag.types import ReferenceKind


def read(text: str, *, archive: bool = False, year: int = 2009) -> list[tuple[str | None, str | None]]:
    references, _ = read_references(text, year=year, origin="Embassy Astana", serial=1206, archive=archive)
    return [(reference.letter, reference.cable_id) for reference in references]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("REF (A) ASTANA 0222\n(B) ASTANA 0187", [("A", "09ASTANA222"), ("B", "09ASTANA187")]),
        (
            "REF: A. STATE 295719, B. BUCHAREST 7518 (NOTAL)",
            [("A", "09STATE295719"), ("B", "09BUCHAREST7518")],
        ),
        ("REFS: 08 STATE 123", [(None, "08STATE123")]),
        ("REFTEL: STATE 123 (08)", [(None, "08STATE123")]),
        ("REF: 06 LUSAKA 1640 AND 1652 (NOTAL)", [(None, "06LUSAKA1640"), (None, "06LUSAKA1652")]),
        ("REF: LONDON 12840, 12774 AND 12649", [(None, f"09LONDON{n}") for n in (12840, 12774, 12649)]),
        ("REF: STATE 06883, 14 JAN 72", [(None, "72STATE6883")]),
        ("REF: OECD PARIS 16877, 9/7/72", [(None, "72OECDPARIS16877")]),
        ("REF: ASTANA 1300", [(None, "08ASTANA1300")]),
        ("REF: A) SAN JOSE 12 B) RIO DE JANEIRO 7", [("A", "09SANJOSE12"), ("B", "09RIODEJANEIRO7")]),
        ("REF: 2008 HANOI 5", [(None, "08HANOI5")]),
        ("REF: DEA 11752 202038Z APR 78", [(None, "78DEA11752")]),
        ("REF A: STATE 1\nB: RIGA 2", [("A", "09STATE1"), ("B", "09RIGA2")]),
        (
            "REF: A. STATE 1 (NOTAL) B. ROE-DOE EMAIL C. RIGA 2",
            [("A", "09STATE1"), ("B", None), ("C", "09RIGA2")],
        ),
        ("", []),
    ],
)
def test_cables(text: str, expected: list[tuple[str | None, str | None]]) -> None:
    assert read(text) == expected


def test_ids_of_the_older_archive() -> None:
    assert read("REF: A. STATE 043330 B. NEW DELHI 77", archive=True, year=1979) == [
        ("A", "1979STATE043330"),
        ("B", "1979NEWDE00077"),
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ROE-DOE EMAIL 02/03/09", ReferenceKind.EMAIL),
        ("ROE-DOE E-MAIL OF FEB 3", ReferenceKind.EMAIL),
        ("ROE-DOE TELCON 02/03/09", ReferenceKind.TELEPHONE),
        ("ROE-DOE CONVERSATION OF 04/22/09", ReferenceKind.MEETING),
        ("COCOM DOC(72)1234", ReferenceKind.OTHER),
        ("YOUR 202038Z APR 78", ReferenceKind.DATE),
        ("ROE LETTER OF FEB 3, 2009", ReferenceKind.DATE),
        ("YOUR MESSAGE OF 03 FEB 09", ReferenceKind.DATE),
        ("ROE-DOE PHONE CALL 3 FEB", ReferenceKind.TELEPHONE),
        ("ROE-DOE MEMCON OF FEB 3", ReferenceKind.MEETING),
    ],
)
def test_what_is_no_cable(text: str, kind: ReferenceKind) -> None:
    ((reference,), _) = read_references(f"REF: {text}", year=2009, origin=None, serial=None, archive=False)
    assert (reference.kind, reference.cable_id, reference.text) == (kind, None, text)


def test_an_unknown_post_is_no_id_but_a_warning() -> None:
    references, warnings = read_references(
        "REF: ZEMBLA 12", year=2009, origin=None, serial=None, archive=False
    )
    assert references[0].cable_id is None and "ZEMBLA" in warnings[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PREL, PGOV KZ", ("PREL", "PGOV", "KZ")),
        ("OVIP (VANCE, CYRUS) IS, SY", ("OVIP (VANCE, CYRUS)", "IS", "SY")),
        ("VTPREL ECONEFIN", ("VT", "PREL", "ECON", "EFIN")),
        ("PREL CLINTON, HILLARY KTIP", ("PREL", "CLINTON, HILLARY", "KTIP")),
        ("PREL PREL", ("PREL",)),
        ("", ()),
    ],
)
def test_tags(text: str, expected: tuple[str, ...]) -> None:
    assert read_tags(text) == expected


def test_meanings_of_tags() -> None:
    assert meaning_of("KTIP") == "Trafficking in persons" and meaning_of("RS") == "Russia"
    assert meaning_of("OVIP (ROE, JANE)") == meaning_of("OVIP") and meaning_of("XXXX") is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AMEMBASSY ASTANA", "Embassy Astana"),
        ("NEWDE", "Embassy New Delhi"),
        ("PORTL", "Embassy Port Louis"),
        ("BKK", "Embassy Bangkok"),
        ("HCMC", "Consulate Ho Chi Minh City"),
        ("USUNNY", "Mission USUN New York"),
        ("UNVIE", "Mission UNVIE"),
        ("EMBASSY PARIS", "Embassy Paris"),
        ("SECTION01OF03SANJOSE", "Embassy San Jose"),
        ("SECSTATE WASHDC", "Secretary of State"),
        ("São Paulo", "Consulate Sao Paulo"),
        ("DACCA", "Embassy Dhaka"),
    ],
)
def test_posts(text: str, name: str) -> None:
    post = find_post(text)
    assert post is not None and post.name == name


def test_message_numbers() -> None:
    assert mend_id("09SECTION01OF03SANJOSE525") == "09SANJOSE525"
    assert mend_id("09Astana01206") == "09ASTANA1206"
    assert mend_id("1973ABIDJA000073") == "1973ABIDJA00073"
    assert short_id(2009, "Embassy Astana", 1206) == "09ASTANA1206"
    assert archive_id(1978, "Guatemala", 316) == "1978GUATEM00316"
    assert archive_id(1979, "Port Louis", 665) == "1979PORTL00665"
    assert archive_id(1975, "OECD PARIS", 7285) == "1975OECDP07285"
    assert "76NEWDELHI13223" in spellings("1976NEWDE13223")
