"""Every trap that cables set a parser, one named test each, by small texts written for these tests.

In the order of a cable: skeleton, message numbers, banners, paragraph numbers, summaries and quoted texts,
TAGS and references, damage, printed volumes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ingestion.parse import parse_source
from ingestion.sources import SourceFile
from rag.types import Cable, Kind
from tests.ingestion.accounting import unaccounted

RUN = (*"PREL PGOV ECON EFIN ETRD SENV SOCI ELAB KCRM".split(), "UK")
HEAD = """R 121302Z JUL 78
FM AMEMBASSY RIGA
TO SECSTATE WASHDC 2659
UNCLAS RIGA 4189

E.O. 11652: N/A
TAGS: ECON
SUBJECT: TIMBER

"""


def parse(text: str, name: str = "cable.txt") -> Cable:
    (cable,) = parse_source(SourceFile(name, text.encode()))
    assert isinstance(cable, Cable), cable
    assert unaccounted(cable) == ""
    return cable


def read(body: str, head: str = HEAD) -> dict[str, str]:
    return {paragraph.label: paragraph.text for paragraph in parse(head + body).paragraphs}


def with_line(line: str, after: str = "UNCLAS RIGA 4189\n") -> Cable:
    """A cable whose header has one more line."""
    return parse(HEAD.replace(after, f"{after}{line}\n") + "1. Timber was sold.\n\n2. It was dry.\n\nDOE\n")


def reasons(cable: Cable) -> set[str]:
    return {run.reason for run in cable.stripped}


# 1. Skeleton


def test_drafter_clearances_and_distribution_are_no_text() -> None:
    head = """PAGE 01        STATE  150001
43
ORIGIN XYZ-01
INFO  OCT-01  ISO-00  /002 R
DRAFTED BY O/X/Y:AROE:BB
APPROVED BY O/X:BDOE
S/S - MS. ROE
--------------------- 099491
"""
    cable = parse(head + HEAD.replace("AMEMBASSY RIGA", "SECSTATE WASHDC") + "1. Timber was sold.\n")
    assert [p.text for p in cable.paragraphs] == ["Timber was sold."]


def test_the_unnumbered_classified_by_paragraph_is_header() -> None:
    head = HEAD.replace("R 121302Z JUL 78", "R 121302Z JUL 06").replace("UNCLAS", "C O N F I D E N T I A L")
    head = head.replace("E.O. 11652: N/A", "E.O. 12958: DECL: 07/12/2016")
    text = "Classified By: Jane Roe, Political Counselor, for reasons 1.4 (b), (d)\nand (e).\n\n"
    text += "1. (C) It rained.\n"
    cable = parse(head + text)
    assert [(p.label, p.marking, p.text) for p in cable.paragraphs] == [("1", "C", "It rained.")]
    assert cable.header.classification == "CONFIDENTIAL"
    assert cable.header.executive_order == "E.O. 12958: DECL: 07/12/2016"


@pytest.mark.parametrize(
    "trailer",
    [
        "NNNN",
        "NOTE BY OC/T: (#) OMISSION. CORRECTION TO FOLLOW.",
        "BT\n#4189",
        "UNCLASSIFIED\n\nNNNN",
        "NMAFVVZCZ",
    ],
)
def test_trailers_are_no_text_and_hide_no_signature(trailer: str) -> None:
    cable = parse(f"{HEAD}1. Timber was sold.\n\n2. It was dry.\n\nKENNEDY-MINOTT\n\n{trailer}\n")
    assert cable.header.signature == "KENNEDY-MINOTT"
    assert [p.text for p in cable.paragraphs] == ["Timber was sold.", "It was dry."]


def test_a_sentence_cut_by_a_page_break_of_three_lines() -> None:
    body = "1. THE MEN WHO SELL TIMBER SAID THAT THE PRICE OF\n"
    body += "UNCLASSIFIED\nUNCLASSIFIED\n\nPAGE 02        RIGA  04189\n\n"
    assert read(body + "PLANKS HAD RISEN.\n") == {
        "1": "THE MEN WHO SELL TIMBER SAID THAT THE PRICE OF PLANKS HAD RISEN."
    }


# 2. Message numbers


def test_a_banner_with_a_padded_number_is_the_same_message() -> None:
    body = "1. Timber was\n\nRIGA 00004189  002.2 OF 003\n\n\nsold.\n\n2. It was dry.\n"
    assert read(body) == {"1": "Timber was sold.", "2": "It was dry."}


@pytest.mark.parametrize(
    ("line", "name", "expected"),
    [
        ("UNCLAS PORT LOUIS 0665", "x.txt", "1978PORTL00665"),
        ("UNCLAS OECD PARIS 07285", "x.txt", "1978OECDP07285"),
        ("UNCLAS BUENOS AIRES 3147", "x.txt", "1978BUENOS03147"),
        ("UNCLAS NEW DELHI 13223", "x.txt", "1978NEWDE13223"),
        ("UNCLAS STATE 017976 TOSEC 190010", "x.txt", "1978STATE017976"),
        ("UNCLAS SECTO 03012", "1978SECTO03012.txt", "1978SECTO03012"),
        ("UNCLAS SECTION 01 OF 02 RIGA 04189", "x.txt", "1978RIGA04189"),
    ],
)
def test_numbers_of_the_older_archive(line: str, name: str, expected: str) -> None:
    cable = parse(HEAD.replace("UNCLAS RIGA 4189", line) + "1. Timber was sold.\n", name)
    assert cable.header.cable_id == expected


def test_the_serial_of_the_addressee_is_not_the_message_number() -> None:
    assert parse(f"{HEAD}1. Timber was sold.\n").header.cable_id == "1978RIGA04189"


def test_an_id_that_is_plainly_wrong_is_kept_and_said() -> None:
    cable = parse(HEAD.replace("RIGA", "PRETORIA") + "1. Timber was sold.\n", "08PRETOR09546.txt")
    assert cable.header.cable_id == "1978PRETOR04189"
    assert any("08PRETOR9546" in warning for warning in cable.warnings)


@pytest.mark.parametrize(
    "name",
    ["09SECTION01OF03SANJOSE525", "09UNCLASSECTION01OF03SANJOSE525", "09 SAN JOSE 00000525", "09SANJOSE525"],
)
def test_an_id_with_a_banner_glued_to_the_post(name: str) -> None:
    text = "TAGS: PREL\nSUBJECT: RAIN\n\n1. It rained.\n"
    assert parse(text, f"{name}.txt").header.cable_id == "09SANJOSE525"


# 3. Banners and section headers


def test_a_page_break_with_the_number_on_the_next_line() -> None:
    body = "1. TIMBER WAS\nUNCLASSIFIED\nUNCLASSIFIED\nPAGE 02\nRIGA 04189\nSOLD AND DRIED.\n"
    assert read(body) == {"1": "TIMBER WAS SOLD AND DRIED."}


def test_a_whole_second_header_between_paragraphs() -> None:
    body = """4. TIMBER WAS SOLD.

------------------000825 240551Z /10
FM AMEMBASSY RIGA
TO SECSTATE WASHDC 2659
UNCLAS SECTION 02 OF 02 RIGA 04189

5. IT WAS DRY.
"""
    assert read(body) == {"4": "TIMBER WAS SOLD.", "5": "IT WAS DRY."}


def test_a_second_header_cuts_a_sentence_and_its_number_is_wrapped() -> None:
    body = """1. ALL PLANKS THAT WERE PROMISED TO THE SHIPYARD IN THIS

------------------130679 061726Z /50
FM AMEMBASSY RIGA
TO SECSTATE WASHDC IMMEDIATE 3943
UNCLAS SECTION 02 OF 02 RIGA
 04189
DEPT PLEASE PASS ALL DIPLOMATIC POSTS

MEASURE, MUST BE DELIVERED.
"""
    assert read(body) == {
        "1": "ALL PLANKS THAT WERE PROMISED TO THE SHIPYARD IN THIS MEASURE, MUST BE DELIVERED."
    }


def test_an_address_list_of_28_lines_inside_a_paragraph() -> None:
    posts = (
        "TALLINN OSLO PARIS LONDON ROME BONN VIENNA PRAGUE WARSAW MADRID LISBON DUBLIN BERN ATHENS".split()
    )
    addresses = "\n".join(f"AMEMBASSY {post}" for post in [*posts, *posts])
    body = (
        "4. THE SALE OF\n\nFM AMEMBASSY RIGA\nTO SECSTATE WASHDC 2659\nINFO "
        + addresses
        + "\nUNCLAS SECTION 02 OF 02 RIGA 04189\n\nTIMBER GOES ON.\n\n5. IT IS DRY.\n"
    )
    assert read(body) == {"4": "THE SALE OF TIMBER GOES ON.", "5": "IT IS DRY."}


@pytest.mark.parametrize(
    "line",
    [
        "UNCLAS SECTION 2 OF 2 RIGA 4189",
        "UNCLAS SECTION 02 OF 02 RIGA 04189",
        "UNCLAS SECTION 1 OF  3 RIGA 04189",
        "UNCLAS SECTION 0QF05 RIGA 04189",
        "*UNCLAS SECTION 02 OF 02 RIGA 04189",
        "C O N F I D E N T I A L SECTION 02 OF 03 RIGA 04189",
        "S E C R E T FINAL SECTION OF 02 RIGA 04189",
        "UNCLAS E F T O SECTION 02 OF 02 RIGA 04189",
        "LIMITED OFFICIAL USE SECTION 02 OF 02 RIGA 04189",
    ],
)
def test_section_lines_in_every_damage(line: str) -> None:
    assert read(f"1. Timber was\n\n{line}\n\nsold.\n\n2. It was dry.\n") == {
        "1": "Timber was sold.",
        "2": "It was dry.",
    }


@pytest.mark.parametrize(
    "prose", ["SECTION 12 OF ARTICLE XVI", "SECTION 301 PETITION", "SECTION 2 OF 3 BILLS"]
)
def test_sections_of_laws_are_prose(prose: str) -> None:
    body = f"1. TIMBER FALLS UNDER\n{prose}\nWHICH IS OLD.\n\n2. IT WAS DRY.\n"
    assert read(body)["1"] == f"TIMBER FALLS UNDER {prose} WHICH IS OLD."


def test_stamps_twice_in_a_row_in_the_middle_of_a_paragraph() -> None:
    stamp = "Jane Q. Roe Declassified/Released US Department of State EO Systematic Review 20 Mar 2014"
    assert read(f"1. Timber was\n{stamp}\n{stamp}\nsold.\n") == {"1": "Timber was sold."}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("C O N F I D E N T I A L RIGA 4189", "CONFIDENTIAL"),
        ("S E C R E T RIGA 4189", "SECRET"),
        ("T O P  S E C R E T RIGA 4189", "TOP SECRET"),
        ("SECRET/NOFORN RIGA 4189", "SECRET"),
        ("LIMITED OFFICIAL USE RIGA 4189", "LIMITED OFFICIAL USE"),
        ("UNCLAS RIGA 4189", "UNCLASSIFIED"),
        ("UNCLAS EFTO RIGA 4189", "UNCLASSIFIED"),
        ("UNCLAS E F T O RIGA 4189", "UNCLASSIFIED"),
        ("UNCLASSIFIED RIGA 4189", "UNCLASSIFIED"),
    ],
)
def test_classification_lines(line: str, expected: str) -> None:
    cable = parse(HEAD.replace("UNCLAS RIGA 4189", line) + "1. Timber was sold.\n")
    assert cable.header.classification == expected and cable.header.cable_id == "1978RIGA04189"


@pytest.mark.parametrize(
    ("line", "captions"),
    [
        ("STADIS/////////////////", ("STADIS",)),
        ("SIPDIS", ("SIPDIS",)),
        ("NODIS", ("NODIS",)),
        ("EXDIS, NOFORN", ("EXDIS", "NOFORN")),
        ("DEPT PLEASE PASS COMMERCE", ()),
        ("STATE FOR EUR/NB", ()),
        ("INFORM CONSULS", ()),
    ],
)
def test_captions_and_pass_lines(line: str, captions: tuple[str, ...]) -> None:
    cable = with_line(line)
    assert cable.header.captions == captions
    assert [p.text for p in cable.paragraphs] == ["Timber was sold.", "It was dry."]


# 4. Paragraph numbers


def test_an_enclosed_text_with_numbers_of_its_own() -> None:
    body = "\n\n".join(
        ["1. One.", "2. Two.", "3. Text follows. BEGIN TEXT:", "1. Inner one.", "2. Inner two. END TEXT."]
    )
    cable = parse(f"{HEAD}{body}\n")
    assert [p.label for p in cable.paragraphs] == ["1", "2", "3", "1#2", "2#2"]
    assert [p.kind for p in cable.paragraphs][3:] == [Kind.QUOTED_TEXT] * 2


@pytest.mark.parametrize(
    "wrapped",
    ["PARA\n2. REFTEL IS OLD", "OF\n1975. PRICES FELL", "BY\n2.5 PERCENT", "OF MARCH\n12. IT IS OLD"],
)
def test_numbers_that_a_wrap_brought_to_the_beginning_of_a_line(wrapped: str) -> None:
    body = f"1. TIMBER WAS SOLD, AS IS SAID IN {wrapped}.\n\n2. IT WAS DRY.\n\n3. ENOUGH.\n"
    assert list(read(body)) == ["1", "2", "3"]


def test_pointers_into_another_cable_are_no_numbers() -> None:
    body = "1. AS TO PARA 2 REFTEL, PARA 3 F, REF A AND REF.(B), WE AGREE.\n\n2. IT WAS DRY.\n"
    assert list(read(body)) == ["1", "2"]


def test_unnumbered_portion_goes_on_with_its_paragraph() -> None:
    cable = parse(f"{HEAD}1. (C) It rained.\n\n(C) COMMENT: It may rain again.\n\n2. (U) It was dry.\n")
    assert [p.label for p in cable.paragraphs] == ["1", "2"]
    assert cable.paragraphs[0].text == "It rained.\n\n(C) COMMENT: It may rain again."


@pytest.mark.parametrize("item", ["A.", "A)", "(A)", "(1)", "--", "-", "(i)", "a."])
def test_sub_paragraphs_stay_inside_their_parent(item: str) -> None:
    second = {"A.": "B.", "A)": "B)", "(A)": "(B)", "(1)": "(2)", "(i)": "(ii)", "a.": "b."}.get(item, item)
    body = f"1. Timber:\n\n{item} is sold;\n\n{second} is dried.\n\n2. It was dry.\n"
    assert read(body) == {"1": f"Timber:\n\n{item} is sold;\n\n{second} is dried.", "2": "It was dry."}


@pytest.mark.parametrize("rule", ["---------", "- - - - -", "=========", "_________"])
def test_headings_between_rules(rule: str) -> None:
    cable = parse(f"{HEAD}1. It rained.\n\n{rule}\nThe Dry Season\n{rule}\n\n2. It was dry.\n")
    assert [(p.text, p.heading) for p in cable.paragraphs] == [
        ("It rained.", None),
        ("It was dry.", "The Dry Season"),
    ]


# 5. Summaries, comments, quoted texts


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SUMMARY. Rain. END SUMMARY.", Kind.SUMMARY),
        ("SUMMARY AND COMMENT: Rain.", Kind.SUMMARY),
        ("SUMMARY AND ACTION REQUEST: Rain.", Kind.SUMMARY),
        ("(C) Summary, continued: Rain.", Kind.SUMMARY),
        ("BEGIN SUMMARY: Rain.", Kind.SUMMARY),
        ("COMMENT. Rain.", Kind.COMMENT),
        ("BEGIN COMMENT: Rain. END COMMENT.", Kind.COMMENT),
        ("It rained. (COMMENT. We like rain. END COMMENT.)", Kind.BODY),
        ("ACTION REQUESTED: Send umbrellas.", Kind.ACTION_REQUEST),
        ("BEGIN QUOTE It rains. UNQUOTE", Kind.QUOTED_TEXT),
        ("BEGIN UNCLASSIFIED It rains. END UNCLASSIFIED", Kind.BODY),
        ("FYI. It rains. END FYI.", Kind.BODY),
    ],
)
def test_marks_of_kinds(text: str, kind: Kind) -> None:
    assert parse(f"{HEAD}1. {text}\n\n2. More.\n").paragraphs[0].kind is kind


def test_a_summary_that_only_ends() -> None:
    cable = parse(f"{HEAD}1. It rained.\n\n2. It was dry. END SUMMARY.\n\n3. More.\n")
    assert [p.kind for p in cable.paragraphs] == [Kind.SUMMARY, Kind.SUMMARY, Kind.BODY]


# 6. TAGS, E.O., REF


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("TAGS: PREL, PGOV, RS", ("PREL", "PGOV", "RS")),
        ("TAGS: PREL PGOV RS", ("PREL", "PGOV", "RS")),
        ("TAGS: VTPREL", ("VT", "PREL")),
        ("TAGS: PRELPGOVECONEFINETRDSENVSOCIELABKCRMU", ("PRELPGOVECONEFINETRDSENVSOCIELABKCRMU",)),
        (f"TAGS: {''.join(RUN)}", RUN),
        ("TAGS: OVIP (VANCE, CYRUS) IS, SY, SA", ("OVIP (VANCE, CYRUS)", "IS", "SY", "SA")),
        ("TAGS: OVIP (CLINTON, HILLARY), PREL", ("OVIP (CLINTON, HILLARY)", "PREL")),
        ("TAG: PREL", ("PREL",)),
        ("TAGE: PREL", ("PREL",)),
        ("TABS: PREL", ("PREL",)),
        ("AGS: PREL", ("PREL",)),
        ("TAGS: PREL, PGOV,\nECON, EFIN", ("PREL", "PGOV", "ECON", "EFIN")),
    ],
)  # fmt: skip
def test_tags_lines(line: str, expected: tuple[str, ...]) -> None:
    cable = parse(HEAD.replace("TAGS: ECON", line) + "1. Timber was sold.\n")
    assert cable.header.tags == expected and cable.header.subject == "TIMBER"


@pytest.mark.parametrize(
    "order",
    [
        "E.O. 11652: N/A",
        "E.O. 11652: GDS",
        "E.O. 11652: XGDS-3",
        "E.O. 12065: GDS 11/15/85 (ROE, JANE S.) OR-M",
        "E.O. 12356: DECL: OADR",
        "E.O. 12958: DECL: 08/06/2019",
        "E.O. 12958: DECL: 2019/08/06",
        "EO 12958: N/A",
    ],
)
def test_executive_orders(order: str) -> None:
    cable = parse(HEAD.replace("E.O. 11652: N/A", order) + "1. Timber was sold.\n")
    assert cable.header.executive_order == order and cable.header.tags == ("ECON",)


def test_a_banner_interrupts_the_reference_list() -> None:
    head = (
        HEAD.replace("\n\n1", "")
        + "REF: A. STATE 2957, B. OSLO 75,\n\nRIGA 00004189  002 OF 003\n\nC. PRAGUE 39\n\n"
    )
    cable = parse(f"{head}1. Timber was sold.\n")
    assert [(r.letter, r.cable_id) for r in cable.references] == [
        ("A", "1978STATE002957"),
        ("B", "1978OSLO00075"),
        ("C", "1978PRAGUE00039"),
    ]
    assert [p.label for p in cable.paragraphs] == ["1"]


@pytest.mark.parametrize(
    "lines",
    [
        "REF: A. STATE 2957, B. OSLO 75",
        "REF: A) STATE 2957 B) OSLO 75",
        "REF (A) STATE 2957\n    (B) OSLO 75",
        "REF A: STATE 2957\nREF B: OSLO 75",
        "REFS: (A) STATE 2957 (B) OSLO 75 (NOTAL)",
        "REFTEL: A. STATE 2957\n        B. OSLO 75",
        "REF(S): A. 78 STATE 2957 B. OSLO 75 (78)",
    ],
)
def test_reference_lines_in_every_form(lines: str) -> None:
    cable = parse(f"{HEAD[:-1]}{lines}\n\n1. Timber was sold.\n")
    assert [(r.letter, r.cable_id) for r in cable.references] == [
        ("A", "1978STATE002957"),
        ("B", "1978OSLO00075"),
    ]
    assert [p.text for p in cable.paragraphs] == ["Timber was sold."]


def test_a_wrapped_subject_is_one() -> None:
    subject = "SUBJECT: TIMBER AND PLANKS AND BOARDS AND BEAMS AND POLES AND\nMASTS FOR SHIPS"
    cable = parse(HEAD.replace("SUBJECT: TIMBER", subject) + "1. Timber was sold.\n")
    assert cable.header.subject == "TIMBER AND PLANKS AND BOARDS AND BEAMS AND POLES AND MASTS FOR SHIPS"


# 7. Damage


@pytest.mark.parametrize(
    "text",
    [
        "ERROR READING TEXT INDEX FILE; TELEGRAM TEXT FOR THIS MRN IS UNAVAILABLE",
        "No Text Body Available for Document",
        "WITHDRAWAL CARD\nThis document is still classified.",
    ],
)
def test_a_record_without_its_text_says_so(text: str) -> None:
    cable = parse(f"{text}\n", "1976RIGA04189.txt")
    assert not cable.header.text_available
    assert any("not available" in warning for warning in cable.warnings)


def test_excised_text_stays_as_it_is_printed() -> None:
    body = (
        "1. The man from [text not declassified] came with xxxxx to the sale of timber.\n\n2. It was dry.\n"
    )
    cable = parse(HEAD + body)
    assert cable.header.text_available
    assert cable.paragraphs[0].text.startswith("The man from [text not declassified] came with xxxxx")


def test_an_omission_mark_stays_in_its_sentence() -> None:
    body = "1. TIMBER # WAS SOLD.\n\n2. IT WAS DRY.\n\nDOE\n\n"
    body += "NOTE BY OC/T: (#) OMISSION. CORRECTION TO FOLLOW.\n"
    cable = parse(HEAD + body)
    assert cable.paragraphs[0].text == "TIMBER # WAS SOLD." and cable.header.signature == "DOE"


def test_damaged_spacing_is_kept() -> None:
    assert (
        read("1. Timber (Ref A),the old code),one 'PETROL .'\n")["1"]
        == "Timber (Ref A),the old code),one 'PETROL .'"
    )


def test_a_header_repeated_inside_the_body() -> None:
    again = "-------------------- HEADER\nFM AMEMBASSY RIGA\nTO SECSTATE WASHDC 2659\nUNCLAS RIGA 4189\n"
    again += "E.O. 11652: N/A\nTAGS: ECON\nSUBJECT: TIMBER\n"
    assert read(f"1. Timber was sold.\n\n{again}\n2. It was dry.\n") == {
        "1": "Timber was sold.",
        "2": "It was dry.",
    }


def test_a_dtg_is_utc_and_two_digit_years_turn_at_1970() -> None:
    assert parse(f"{HEAD}1. Timber.\n").header.sent_at == datetime(1978, 7, 12, 13, 2, tzinfo=UTC)
    late = parse(HEAD.replace("JUL 78", "JUL 08") + "1. Timber.\n")
    assert late.header.sent_at == datetime(2008, 7, 12, 13, 2, tzinfo=UTC)
    assert late.header.cable_id == "08RIGA4189" and late.header.precedence == "ROUTINE"


# 8. Printed volumes


def tei(body: str) -> list[Cable]:
    text = (
        '<TEI xmlns="http://www.tei-c.org/ns/1.0" xml:id="frus1958-60v99"><text><body>'
        f"{body}</body></text></TEI>"
    )
    cables = list(parse_source(SourceFile("vol.xml", text.encode())))
    assert all(isinstance(cable, Cable) and unaccounted(cable) == "" for cable in cables), cables
    return [cable for cable in cables if isinstance(cable, Cable)]


FRUS = """<div type="document" xml:id="d41" n="41">
<head>41. Telegram From the <gloss type="from">Embassy in Norway</gloss> to the Department<note n="1"
type="source">Source: Department, Central Files, 1/2. Secret; Niact. Received at 6:58 p.m.</note></head>
<opener><dateline><placeName>Oslo</placeName>, <date when="1958-12-06T16:00:00">December 6, 1958, 4
p.m.</date></dateline></opener>
<p>117. Following is an assessment by <persName corresp="#p_RJ">Roe</persName> of the <gloss
target="#t_TB">TB</gloss>.</p>
<p>1. Timber is<pb n="315" facs="0315"/> dry.<note n="2">See <ref target="#d40">Document
40</ref>.</note></p>
<p>2. [text not declassified] is not.<note n="3">In telegram 118, December 7 (<ref
target="frus1958-60v98#d7">vol. XCVIII, Document 7</ref>), Roe agreed.</note></p>
<p>[Omitted here is a list of ships.]</p>
<closer><signed>Hythloday</signed></closer></div>"""


def test_a_printed_telegram_keeps_its_notes_and_where_they_lead() -> None:
    (cable,) = tei(FRUS)
    texts = {p.label: p.text for p in cable.paragraphs}
    assert texts["n2"] == "See Document 40."
    assert texts["1"] == "Timber is dry.[2]" and texts["u1"].startswith("117. Following is")
    assert "[Omitted here is a list of ships.]" in texts["2"]
    assert [(r.text, r.cable_id) for r in cable.references] == [
        ("Document 40", "frus1958-60v99-d40"),
        ("vol. XCVIII, Document 7", "frus1958-60v98-d7"),
    ]


def test_a_printed_telegram_has_date_post_grade_and_signature() -> None:
    (cable,) = tei(FRUS)
    header = cable.header
    assert (header.date_from, header.classification, header.signature) == (
        date(1958, 12, 6),
        "SECRET",
        "Hythloday",
    )
    assert header.origin == "Embassy Oslo"


def test_a_page_break_inside_a_word_of_a_printed_volume() -> None:
    (cable,) = tei('<div type="document" xml:id="d1"><p>The gov<pb n="3"/>ernment fell.</p></div>')
    assert cable.paragraphs[0].text == "The government fell."


def test_a_withheld_document_is_a_record_without_text() -> None:
    (cable,) = tei(
        '<div type="document" xml:id="d113"><head>113. Memo</head><p>[1 page not declassified]</p></div>'
    )
    assert not cable.header.text_available


def test_an_escaped_dot_is_a_number_and_the_first_paragraph_has_none() -> None:
    text = (
        "---\ntitle: T\nvol_id: 9\ndoc_date: 1941-02-03\n---\n\nAs intimated it rained.\n\n2\\. It was dry.\n"
    )
    assert {p.label: p.text for p in parse(text, "7-x.md").paragraphs} == {
        "1": "As intimated it rained.",
        "2": "It was dry.",
    }
