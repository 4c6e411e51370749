"""What holds for every text: offsets slice, nothing is lost, nothing crashes the parser."""

from __future__ import annotations

import gc
import re
import sys
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestion.parse import parse_source
from ingestion.retransmission import signature
from ingestion.sources import FORMATS, SourceFile
from rag.errors import ParseError
from rag.types import Cable
from tests.cable_generator import DEFECTS, generate
from tests.ingestion.accounting import unaccounted

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

LINES = st.sampled_from(
    """1. First.|2. Second|  3. third|(4) x|¶5. y|6 . z|- item|A. item|HEADING|-----
    |TALLINN 00000042  002 OF 003|UNCLAS SECTION 02 OF 03 TALLINN 000042|PAGE 02 STATE 150591|SECRET
    |FM AMEMBASSY TALLINN|TO SECSTATE WASHDC|TAGS: PREL|SUBJECT: RAIN|REF: A. STATE 1, B. 05 RIGA 2
    |E.O. 12958: N/A|Classified By: X|BEGIN TEXT|END TEXT.|COMMENT: no|END SUMMARY.|DOE|word-|ing on
    |P 140900Z FEB 07|VZCZCXRO0042|@|NNNN|Tags: a|Identifier|1 Note
    |Jane Roe Declassified/Released US Department of State EO Systematic Review 20 Mar 2014|[1](#f1)
    |_|* 1 Note||\\t""".replace("\n    |", "|").split("|")
) | st.just("x" * 300)

TELEGRAM_OF_A_LINE = "FM AMEMBASSY TALLINN\nTO SECSTATE WASHDC\nTAGS: PREL\nSUBJECT: RAIN\n\n1. {}\n"


def cables_of(name: str, data: bytes, **options: str) -> list[Cable]:
    parsed = list(parse_source(SourceFile(name, data), **options))
    assert all(isinstance(item, Cable | ParseError) for item in parsed)
    return [item for item in parsed if isinstance(item, Cable)]


@pytest.mark.parametrize("format", [None, *(known.name for known in FORMATS)])
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400))
@example(data=b"\xff\xfe\x00")
@example(data=b"---\nvol_id: [\n---\n")
@example(data=b"<TEI><div type='document'>")
@example(data=b'id,body\n"a')
def test_any_bytes_at_all_never_crash_the_parser(format: str | None, data: bytes) -> None:
    options = {"format": format, "cable_id": "07TALLINN42"} if format else {}
    for cable in cables_of("some.txt", data, **options):
        assert unaccounted(cable) == ""


@settings(max_examples=100, deadline=None)
@given(
    lines=st.lists(LINES | st.text(max_size=60), max_size=40),
    name=st.sampled_from(["07TALLINN42", "1976RIGA00042"]),
)
def test_any_arrangement_of_lines_is_accounted_for(lines: list[str], name: str) -> None:
    for cable in cables_of(f"{name}.txt", "\n".join(lines).encode("utf-8", "surrogatepass")):
        assert unaccounted(cable) == ""


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(LINES, min_size=1, max_size=30), format=st.sampled_from(["dfat", "nara", "telegram"]))
def test_every_format_accounts_for_lines_of_every_kind(lines: list[str], format: str) -> None:
    front = "---\nvol_id: 1\ntitle: t\n---\n" if format == "dfat" else ""
    for cable in cables_of(
        "x.md", (front + "\n".join(lines)).encode(), format=format, cable_id="07TALLINN42"
    ):
        assert unaccounted(cable) == ""


@pytest.mark.parametrize("seed", range(120))
def test_a_generated_cable_parses_back(seed: int) -> None:
    from parse_fidelity import differences

    assert differences(seed) == []


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_alone(defect: str) -> None:
    for seed in range(5):
        text, expected = generate(seed, frozenset({defect}))
        (cable,) = cables_of("x.txt", text.encode())
        assert unaccounted(cable) == ""
        assert [p.label for p in cable.paragraphs] == expected.labels
        assert [p.text for p in cable.paragraphs] == expected.texts


@pytest.mark.parametrize(
    "text",
    [
        "TAGS: PREL\nSUBJECT: X\n" + "\n".join(f"{n}. Text of it.\n" for n in range(1, 20_001)),
        "TAGS: PREL\nSUBJECT: X\n\n1. " + "word " * 400_000,
        "TAGS: PREL\nSUBJECT: X\n\n1. A\n" + "COMMENT: x\n\n" * 20_000,
        "TAGS: PREL\nSUBJECT: X\n\n1. A\n" + "A B C D 0" * 50_000,
        "TAGS: PREL\nSUBJECT: X\n\n1. A\n" + "\n" * 500_000 + "2. B",
        "TAGS: PREL\nSUBJECT: X\n\n1. A\n" + "FM AMEMBASSY RIGA\n" * 20_000,
        "TAGS: PREL\nSUBJECT: X\n\n1. A\n" + "UNCLAS SECTION 02 OF 03 RIGA 000042 " * 5_000,
        "<html><body>TAGS: PREL<br>SUBJECT: X<br><br>1. A" + "<a \"'" * 20_000,
        "TAGS: PREL\nREF: " + "A. STATE 1, " * 5_000 + "\nSUBJECT: X\n\n1. A",
        "TAGS: " + "PREL" * 20_000 + "\nSUBJECT: X\n\n1. A",
    ],
    ids=range(10),
)
def test_large_and_odd_texts_take_linear_time(text: str) -> None:
    import time

    started = time.process_time()
    (cable,) = cables_of("07TALLINN42.txt", text.encode())
    assert cable.paragraphs
    assert time.process_time() - started < 12


@settings(max_examples=60, deadline=None)
@given(
    words=st.lists(
        st.sampled_from("rain Élan it_is ẞ 42 σΣ don't x 雨 U.S.\t\x1c \u00a0".split(" ")), max_size=120
    )
)
@example(words=["Rain."] * 39)
@example(words=["Rain."] * 40)
def test_a_signature_is_what_its_definition_says(words: list[str]) -> None:
    """Signatures are stored: those of another version of the code must not differ from them."""
    text = "; ".join(words)
    folded = re.findall(r"\w+", text.casefold())
    runs = [zlib.crc32(" ".join(folded[i : i + 5]).encode()) for i in range(len(folded) - 4)]
    prime = 2**31 - 1
    chance = np.random.default_rng(1997)
    factors, shifts = chance.integers(1, prime, 64).tolist(), chance.integers(0, prime, 64).tolist()
    expected: tuple[int, ...] = ()
    if len(folded) >= 40:
        least = [min((f * run + s) % prime for run in runs) for f, s in zip(factors, shifts, strict=True)]
        bands = np.array(least, dtype=np.uint64).reshape(16, 4)
        expected = tuple(zlib.crc32(band.tobytes()) for band in bands)
    assert signature(text) == expected


def test_nothing_of_a_text_is_kept_once_it_is_parsed() -> None:
    page = "<html><body><pre>" + TELEGRAM_OF_A_LINE.format("rain " * 200_000) + "</pre></body></html>"
    assert cables_of("05TALLINN1.html", b"<pre>" + TELEGRAM_OF_A_LINE.format("dry").encode() + b"</pre>")
    tracemalloc.start()
    try:
        assert cables_of("05TALLINN2.html", page.encode())
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < len(page) / 2
