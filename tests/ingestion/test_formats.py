"""Every format of source, by small texts written for these tests."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingestion.parse import parse_source
from ingestion.sources import SourceFile, find_files
from ingestion.sources.files import Limits
from rag.errors import ParseError, UsageError
from rag.types import Cable, DatePrecision, Kind, ReferenceKind
from tests.ingestion.accounting import unaccounted

TELEGRAM = """VZCZCXRO0042
PP RUEHWEB
DE RUEHTL #0042/01 0450900
ZNR UUUUU ZZH
P 140900Z FEB 07
FM AMEMBASSY TALLINN
TO RUEHC/SECSTATE WASHDC PRIORITY 0001
INFO RUEHRA/AMEMBASSY RIGA 0002
UNCLAS SECTION 01 OF 02 TALLINN 000042

SIPDIS
SENSITIVE

STATE FOR EUR/NB

E.O. 12958: N/A
TAGS: PREL, OVIP (ROE, JANE) EN
SUBJECT: A LIGHTHOUSE IS PAINTED

REF: A. 06 TALLINN 900 (NOTAL)
     B. ROE-DOE EMAIL 02/01/07

1. (SBU) SUMMARY: The lighthouse was painted in white. END
SUMMARY.

2. (U) The keeper said that the paint came from the

TALLINN 00000042  002 OF 002


mainland in nine barrels.

DOE
"""


def parse_one(name: str, data: str | bytes, **options: str) -> Cable:
    raw = data.encode() if isinstance(data, str) else data
    (cable,) = parse_source(SourceFile(name, raw), **options)
    assert isinstance(cable, Cable), cable
    assert unaccounted(cable) == ""
    return cable


def parse_error(name: str, data: str | bytes, **options: str) -> str:
    raw = data.encode() if isinstance(data, str) else data
    (error,) = parse_source(SourceFile(name, raw), **options)
    assert isinstance(error, ParseError), error
    assert name in error.message
    return error.message


def texts(cable: Cable) -> dict[str, str]:
    return {paragraph.label: paragraph.text for paragraph in cable.paragraphs}


def test_bare_telegram() -> None:
    cable = parse_one("anything.txt", TELEGRAM)
    header = cable.header
    assert (header.cable_id, header.format, header.origin) == ("07TALLINN42", "telegram", "Embassy Tallinn")
    assert header.sent_at == datetime(2007, 2, 14, 9, 0, tzinfo=UTC)
    assert header.date_precision is DatePrecision.MINUTE
    assert header.classification == "UNCLASSIFIED" and header.captions == ("SIPDIS", "SENSITIVE")
    assert header.tags == ("PREL", "OVIP (ROE, JANE)", "EN")
    assert header.subject == "A LIGHTHOUSE IS PAINTED" and header.precedence == "PRIORITY"
    assert header.sender == "AMEMBASSY TALLINN"
    assert header.addressees == ("RUEHC/SECSTATE WASHDC PRIORITY 0001",)
    assert header.info_addressees == ("RUEHRA/AMEMBASSY RIGA 0002",)
    assert header.executive_order == "E.O. 12958: N/A" and header.signature == "DOE"
    assert [(r.letter, r.kind, r.cable_id) for r in cable.references] == [
        ("A", ReferenceKind.CABLE, "06TALLINN900"),
        ("B", ReferenceKind.EMAIL, None),
    ]
    assert texts(cable) == {
        "1": "SUMMARY: The lighthouse was painted in white. END SUMMARY.",
        "2": "The keeper said that the paint came from the mainland in nine barrels.",
    }
    assert [p.marking for p in cable.paragraphs] == ["SBU", "U"]
    assert cable.aliases == ("2007TALLINN42",)


def test_web_archive_page_as_text_and_as_html() -> None:
    page = (
        "Identifier\nCreated\nClassification\nOrigin\n07TALLINN42\n2007-02-14 09:00:00\nUNCLASSIFIED\n"
        "Embassy Tallinn\nCable title:  \n\nA LIGHTHOUSE IS PAINTED\n\nTags:  PREL EN \n"
        "pdf how-to read a cable\n"
    )
    text = parse_one("page.txt", page + TELEGRAM)
    assert text.header.cable_id == "07TALLINN42" and len(text.paragraphs) == 2
    html = (
        "<!DOCTYPE html><html><head><title>x</title><script>if (a < b) {}</script></head><body><table>"
        "<tr><th>Reference ID</th><th>Created</th><th>Classification</th><th>Origin</th></tr>"
        "<tr><td><a href='/c'>07TALLINN42</a></td><td>2007-02-14 09:00</td><td>UNCLASSIFIED</td>"
        "<td>Embassy Tallinn</td></tr></table><pre>"
        + TELEGRAM.replace("white", "white &amp; grey&#33;").replace("\n", "<br>\n")
        + "</pre></body></html>"
    )
    cable = parse_one("page.html", html)
    assert cable.header.cable_id == "07TALLINN42"
    assert texts(cable)["1"] == "SUMMARY: The lighthouse was painted in white & grey!. END SUMMARY."


def test_telegram_of_the_seventies_with_its_header() -> None:
    cable = parse_one(
        "record.txt",
        """UNCLASSIFIED
PAGE 01 STATE 150001
43
ORIGIN XYZ-01
INFO OCT-01 ISO-00 /002 R
DRAFTED BY O/X:AROE
APPROVED BY O/X:BDOE
--------------------- 099491
R 121302Z JUL 74
FM SECSTATE WASHDC
TO ALL DIPLOMATIC AND CONSULAR POSTS
UNCLAS STATE 150001
INFORM CONSULS
E.O. 11652: N/A
TAGS: ACOM, AINF
SUBJECT: PENCILS
A NEW KIND OF PENCIL WILL SHORTLY BE DISTRIBUTED TO ALL
POSTS. IT IS LONGER THAN THE OLD ONE AND MADE FOR CORRESPOND-
ENCE. ABOUT 50 PCT OF ALL PENCILS CONCERN ADMINISTRATIVE,
UNCLASSIFIED
UNCLASSIFIED
PAGE 02 STATE 150001
CONSULAR AND OTHER MATTERS. KISSINGER
UNCLASSIFIED
NNNN
""",
    )
    assert cable.header.cable_id == "1974STATE150001" and cable.header.origin == "Secretary of State"
    assert cable.header.subject == "PENCILS" and cable.header.tags == ("ACOM", "AINF")
    assert texts(cable) == {
        "u1": "A NEW KIND OF PENCIL WILL SHORTLY BE DISTRIBUTED TO ALL POSTS. IT IS LONGER THAN THE OLD ONE "
        "AND MADE FOR CORRESPONDENCE. ABOUT 50 PCT OF ALL PENCILS CONCERN ADMINISTRATIVE, CONSULAR AND OTHER "
        "MATTERS. KISSINGER"
    }


def test_archive_text_without_header() -> None:
    text = "@\n\nREST OF A SUBJECT\n\n1. ROADS ARE WET.\n\n2. SO ARE RIVERS.\n\nSAXBE\n"
    cable = parse_one("1976NEWDE13223.txt", text)
    header = cable.header
    assert header.cable_id == "1976NEWDE13223" and header.origin == "Embassy New Delhi"
    assert (header.date_from, header.date_to) == (date(1976, 1, 1), date(1976, 12, 31))
    assert header.date_precision is DatePrecision.YEAR and header.sent_at is None
    assert header.subject is None and header.classification is None and header.tags == ()
    assert header.signature == "SAXBE" and list(texts(cable)) == ["1", "2"]


def test_archive_record_with_attributes() -> None:
    cable = parse_one(
        "download.txt",
        """Message Text


PAGE 01        ABIDJA  00073  021015Z

R 021000Z JAN 73
FM AMEMBASSY ABIDJAN
TO SECSTATE WASHDC 1111
UNCLAS ABIDJAN 0073

E.O. 11652: N/A
TAGS: ECON, IV
SUBJECT: COCOA HARVEST

1. THE HARVEST WAS LARGE.

2. PRICES FELL.

ROOT

UNCLASSIFIED

Message Attributes

Automatic Decaptioning: X
Draft Date: 02 JAN 1973
Document Number: 1973ABIDJA000073
From: ABIDJAN
Original Classification: UNCLASSIFIED
Subject: COCOA HARVEST
TAGS: ECON, IV
Markings: Declassified/Released US Department of State EO Systematic Review 30 JUN 2005
""",
    )
    assert cable.header.cable_id == "1973ABIDJA00073" and cable.header.origin == "Embassy Abidjan"
    assert cable.header.sent_at == datetime(1973, 1, 2, 10, 0, tzinfo=UTC)
    assert texts(cable) == {"1": "THE HARVEST WAS LARGE.", "2": "PRICES FELL."}
    assert cable.header.signature == "ROOT"


def test_australian_document() -> None:
    cable = parse_one(
        "7-roe-to-doe.md",
        """---
doc_date: '1963-05-04'
title: Cablegram from Roe to Doe
vol_id: 25
---

Jakarta, 4 May 1963

123\\. Secret Priority

 **The Price of Rice**

Your 45.[1](#f1)

The price of rice rose[2](#f2) again.

It may _not_ fall.

2\\. Please tell the Minister:

(a) that it rose;

(b) that it may rise.

[NAA: A1838, 1/2/3]

1 Document 5.

2 By one tenth.
""",
    )
    header = cable.header
    assert header.cable_id == "DFAT25-7-roe-to-doe" and header.corpus == header.format == "dfat"
    assert header.subject == "Cablegram from Roe to Doe" and header.classification == "SECRET"
    assert header.date_from == header.date_to == date(1963, 5, 4)
    assert header.date_precision is DatePrecision.DAY
    assert texts(cable) == {
        "1": "The price of rice rose[2] again.\n\nIt may not fall.",
        "2": "Please tell the Minister:\n\n(a) that it rose;\n\n(b) that it may rise.",
        "n1": "Document 5.",
        "n2": "By one tenth.",
    }
    assert cable.paragraphs[0].heading == "The Price of Rice"
    assert [p.kind for p in cable.paragraphs] == [Kind.BODY, Kind.BODY, Kind.NOTE, Kind.NOTE]
    assert [r.text for r in cable.references] == ["Your 45.[1]"]


def test_australian_document_with_bracketed_numbers() -> None:
    front = "---\ntitle: T\nvol_id: 15\ndoc_date: 1949\n---\n"
    cable = parse_one("1-a.md", front + "\n(1) Rain fell.\n\n(2) Then it stopped.\n")
    assert texts(cable) == {"1": "(1) Rain fell.".removeprefix("(1) "), "2": "Then it stopped."}
    assert cable.header.date_precision is DatePrecision.YEAR


def test_front_matter_is_taken_as_printed() -> None:
    """A title that YAML calls a truth value, an octal volume, a day that is none: all stay what they are."""
    front = "---\ntitle: No\nvol_id: 010\ndoc_date: 1949-02-30\n---\n"
    cable = parse_one("1-a.md", front + "\nRain fell.\n")
    assert (cable.header.cable_id, cable.header.subject) == ("DFAT010-1-a", "No")
    assert cable.header.date_precision is DatePrecision.UNKNOWN
    (error,) = parse_source(SourceFile("1-a.md", b"---\ntitle: T\nvol_id:\n---\nRain fell.\n"))
    assert isinstance(error, ParseError) and "no vol_id" in error.message


def test_indented_and_trailing_markup_is_stripped() -> None:
    text = "---\ntitle: T\nvol_id: 9\n---\n\n  ## RAIN\n\n1\\. It  \nrained.\n\n > It was _wet_.\n\n _\n"
    cable = parse_one("1-a.md", text)
    assert texts(cable) == {"1": "It rained.\n\nIt was wet."} and cable.paragraphs[0].heading == "RAIN"


VOLUME = """<?xml version="1.0" encoding="UTF-8"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0" xml:id="frus1958-60v99"><text><body>
<div type="document" xml:id="d112" n="112">
<head>112. Telegram From the <gloss type="from">Embassy in Utopia</gloss> to the Department<note n="1"
type="source">Central Files, 1/2. Confidential. Received at 6:58 p.m.</note></head>
<opener><dateline><placeName>Amaurot</placeName>, <date when="1958-12-06">December 6,
1958</date></dateline></opener>
<p>117. Following is the Embassy’s assessment of bridges<note n="2">See Document 9.</note> in Utopia.</p>
<p>1. Bridges are safe, and will <pb n="315"/>remain safe &amp; dry.</p>
<p>2. Ferries are not.</p>
<closer><signed>Hythloday</signed></closer>
</div>
<div type="document" xml:id="d113" n="113"><head>113. Memorandum</head><p>[text not declassified]</p></div>
</body></text></TEI>
"""


def test_frus_volume() -> None:
    first, second = parse_source(SourceFile("vol.xml", VOLUME.encode()))
    assert isinstance(first, Cable) and isinstance(second, Cable)
    assert unaccounted(first) == unaccounted(second) == ""
    assert first.header.cable_id == "frus1958-60v99-d112" and first.header.format == "frus-tei"
    assert first.header.date_from == date(1958, 12, 6) and first.header.classification == "CONFIDENTIAL"
    assert first.header.signature == "Hythloday"
    assert first.header.subject == "112. Telegram From the Embassy in Utopia to the Department"
    assert texts(first) == {
        "u1": "117. Following is the Embassy’s assessment of bridges[2] in Utopia.",
        "1": "Bridges are safe, and will remain safe & dry.",
        "2": "Ferries are not.",
        "n2": "See Document 9.",
    }
    assert texts(second) == {"u1": "[text not declassified]"}
    assert not second.header.text_available


def test_invalid_tei_gives_what_came_before() -> None:
    first, error = parse_source(SourceFile("vol.xml", VOLUME.replace("</p></div>", "</q></div>").encode()))
    assert isinstance(first, Cable) and isinstance(error, ParseError)
    assert "line 13" in error.message and "mismatched tag" in error.message


def test_entity_declarations_are_refused() -> None:
    bomb = '<!DOCTYPE TEI [<!ENTITY a "aaaa">]><TEI xmlns="http://www.tei-c.org/ns/1.0">&a;</TEI>'
    assert "not valid TEI" in parse_error("vol.xml", bomb, format="frus-tei")


def test_csv_dump() -> None:
    body = TELEGRAM.replace('"', '""').replace("The lighthouse", 'The ""old"" lighthouse')
    dump = f'MRN,Date,Origin,Class,Body\n07TALLINN42,2/14/2007 9:00,Embassy Tallinn,UNCLASSIFIED,"{body}"\n'
    dump += "07TALLINN43,2/15/2007 9:00,Embassy Tallinn,UNCLASSIFIED,\n"
    dump += '07TALLINN044,2/16/2007 9:00,Embassy Tallinn,UNCLASSIFIED,"1. Short.\n\n2. Shorter."\n'
    first, error, third = parse_source(SourceFile("dump.csv", dump.encode()))
    assert isinstance(first, Cable) and isinstance(error, ParseError) and isinstance(third, Cable)
    assert unaccounted(first) == unaccounted(third) == ""
    assert texts(first)["1"] == 'SUMMARY: The "old" lighthouse was painted in white. END SUMMARY.'
    line = TELEGRAM.count("\n") + 3
    assert f"dump.csv: line {line}: the body column is empty" in error.message
    assert third.header.cable_id == "07TALLINN44" and third.header.source == f"dump.csv:{line + 1}"
    assert texts(third) == {"1": "Short.", "2": "Shorter."}


def test_csv_without_a_body_column() -> None:
    message = parse_error("dump.csv", "mrn,date\n07TALLINN42,2007\n", format="csv")
    assert "no column for body" in message


def test_archives(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b/07TALLINN42.txt", TELEGRAM)
        archive.writestr("__MACOSX/b/._07TALLINN42.txt", "x")
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("c.txt")
        info.size = len(TELEGRAM)
        tar.addfile(info, io.BytesIO(TELEGRAM.encode()))
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(TELEGRAM.encode()))
    (tmp_path / "d.txt.gz").write_bytes(gzip.compress(TELEGRAM.encode())[:-20])
    (tmp_path / "loop").symlink_to(tmp_path)
    found = list(find_files(tmp_path))
    names = [item.name for item in found if isinstance(item, SourceFile)]
    assert names == ["a.zip!b/07TALLINN42.txt", "b.tar.gz!c.txt", "c.txt"]
    (error,) = [item for item in found if isinstance(item, ParseError)]
    assert "d.txt.gz" in error.message


def test_a_bomb_meets_a_limit(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.txt", b"0" * 30_000_000)
        archive.writestr("fine.txt", TELEGRAM)
    first, second = find_files(tmp_path / "bomb.zip", Limits(ratio=50))
    assert isinstance(first, SourceFile) and first.name.endswith("fine.txt")
    assert isinstance(second, ParseError) and "more than" in second.message


def test_a_file_beyond_the_limit(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_text("x" * 2_000)
    (error,) = find_files(tmp_path, Limits(file_bytes=1_000))
    assert isinstance(error, ParseError) and "more than 1000 bytes" in error.message


def test_a_missing_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        list(find_files(tmp_path / "nothing"))


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "cp1252", "utf-16-le"])
def test_encodings(codec: str) -> None:
    text = TELEGRAM.replace("keeper", "keeper’s café")
    cable = parse_one("07TALLINN42.txt", text.encode(codec))
    assert "keeper’s café" in texts(cable)["2"]


def test_nul_bytes_are_kept() -> None:
    cable = parse_one("07TALLINN42.txt", TELEGRAM.replace("barrels", "bar\0rels"))
    assert "bar\0rels" in texts(cable)["2"]


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends(newline: str) -> None:
    assert texts(parse_one("a.txt", TELEGRAM.replace("\n", newline))) == texts(parse_one("a.txt", TELEGRAM))


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.txt", b" \n\n", "empty"),
        ("image.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "binary"),
        ("noise.bin", bytes(range(256)) * 20, "binary"),
        ("note.txt", b"Dear Sir, this is no cable.\n", "not recognised"),
    ],
)
def test_what_is_no_cable(name: str, data: bytes, expected: str) -> None:
    assert expected in parse_error(name, data)


def test_text_without_an_id_needs_one() -> None:
    text = "TAGS: PREL\nSUBJECT: RAIN\n\n1. It rained.\n"
    assert "--id" in parse_error("stdin", text)
    assert parse_one("stdin", text, cable_id="09 Tallinn 0007").header.cable_id == "09TALLINN7"


def test_unknown_format() -> None:
    with pytest.raises(UsageError, match="telegram"):
        list(parse_source(SourceFile("a", b"x"), format="pdf"))
