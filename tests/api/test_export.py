"""Work products: every citation in every format, and nothing of a cable that does more than be read."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.export import Dossier, Format, render
from api.export.sheet import harmless, table
from rag.record import AnswerRecord, EvidenceRecord, SearchRecord
from rag.types import Filters, Found, Query
from tests import made
from tests.api import small

pytestmark = pytest.mark.anyio
HOSTILE = (
    "=cmd|' /C calc'!A0 }} \\input{x} @misc{a, <script>x</script> [^1]: [a](javascript:x)\r\nER  - \r\nTY  - "
)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


async def answered(client: httpx.AsyncClient) -> AnswerRecord:
    response = await client.post(
        "/v1/answers", json={"question": small.QUESTION, "filters": {"tags": ["EWWT"]}}
    )
    return AnswerRecord.model_validate(response.json())


@pytest.mark.parametrize("format", list(Format))
async def test_an_answer_in_every_format(client: httpx.AsyncClient, format: Format) -> None:
    record = await answered(client)
    response = await client.get(f"/v1/answers/{record.answer_id}/export", params={"format": format.value})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(format.media_type)
    assert f"{record.answer_id}{format.suffix}" in response.headers["content-disposition"]
    for cited in record.citations:
        assert cited.label in response.text
        assert cited.quote.split(".")[0] in response.text
    for fact in (record.snapshot, record.answerer, record.verifier, "tags: EWWT"):
        assert fact in response.text.replace("\\", "")
    assert str(len(record.sentences)) in response.text


async def test_a_sheet_has_a_row_for_each_citation(client: httpx.AsyncClient) -> None:
    record = await answered(client)
    sheet = rows((await client.get(f"/v1/answers/{record.answer_id}/export?format=csv")).text)
    assert len(sheet) == sum(max(len(sentence.citations), 1) for sentence in record.sentences)
    first, cited = sheet[0], record.citations[0]
    assert (first["label"], first["quote"], first["citation_verdict"]) == (
        cited.label,
        cited.quote,
        "supported",
    )
    assert (first["char_start"], first["char_end"]) == (str(cited.char_start), str(cited.char_end))
    assert first["snapshot"] == record.snapshot


async def test_a_count_is_told_first_in_every_format_and_a_sheet_has_the_notes(
    client: httpx.AsyncClient,
) -> None:
    given = (await client.post("/v1/answers", json={"question": "How many cables mention barges?"})).json()
    path = f"/v1/answers/{given['answer_id']}/export"
    for format in (Format.MARKDOWN, Format.HTML, Format.CSV):
        text = (await client.get(path, params={"format": format.value})).text
        assert "2 cables mention" in text
    asked = {"question": "What did Embassy Lusaka say of 05TALLINN88?"}
    given = (await client.post("/v1/answers", json=asked)).json()
    sheet = rows((await client.get(f"/v1/answers/{given['answer_id']}/export?format=csv")).text)
    assert given["notes"]
    assert {row["notes"] for row in sheet} == {" | ".join(given["notes"])}


async def test_what_only_the_header_says_is_called_so_in_a_sheet_and_in_the_method(
    client: httpx.AsyncClient,
) -> None:
    given = (await client.post("/v1/answers", json={"question": "Who signed 05TALLINN7?"})).json()
    path = f"/v1/answers/{given['answer_id']}/export"
    (row,) = rows((await client.get(f"{path}?format=csv")).text)
    assert (row["heading"], row["state"]) == ("In the header only", "told")
    bibtex = (await client.get(f"{path}?format=bibtex")).text
    assert "1 in the header only" in bibtex and "not_in_corpus" not in bibtex


async def test_an_abstention_is_a_row_of_its_own(client: httpx.AsyncClient) -> None:
    given = (await client.post("/v1/answers", json={"question": small.EMPTY_QUESTION})).json()
    sheet = rows((await client.get(f"/v1/answers/{given['answer_id']}/export?format=csv")).text)
    assert [(row["outcome"], row["state"], row["label"]) for row in sheet] == [
        ("not_in_corpus", "no answer", "")
    ]


@pytest.mark.parametrize("format", [Format.MARKDOWN, Format.HTML])
async def test_what_only_the_header_says_is_no_absence(client: httpx.AsyncClient, format: Format) -> None:
    given = (await client.post("/v1/answers", json={"question": "Who signed 05TALLINN7?"})).json()
    path = f"/v1/answers/{given['answer_id']}/export"
    text = (await client.get(path, params={"format": format.value})).text
    assert "In the header only." in text
    assert "Not in this collection" not in text


@pytest.mark.parametrize("format", list(Format))
async def test_a_conversation_and_a_search(client: httpx.AsyncClient, format: Format) -> None:
    begun = (await client.post("/v1/conversations", json={"title": "The harbor"})).json()["conversation_id"]
    for question in (small.QUESTION, "What do barges at Kalmuse pay?"):
        await client.post("/v1/answers", json={"question": question, "conversation_id": begun})
    params = {"format": format.value}
    whole = await client.get(f"/v1/conversations/{begun}/export", params=params)
    assert "05TALLINN7" in whole.text
    assert "07TALLINN9" in whole.text
    found = await client.get("/v1/search/export", params={"q": "hail orchards", "tag": "EAGR", **params})
    assert "06LUSAKA12 ¶1" in found.text
    assert "tags: EAGR" in found.text.replace("\\", "")


async def test_the_printable_page_runs_nothing(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/search/export", params={"q": "hail orchards", "format": "html"})
    assert "<script" not in response.text
    assert "&lt;img src=x" in response.text
    policy = response.headers["content-security-policy"]
    assert "script-src" not in policy
    assert "default-src 'none'; style-src 'sha256-" in policy
    assert response.headers["content-disposition"].startswith("inline")


async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    for path in ("/v1/answers/none/export", "/v1/conversations/none/export", "/v1/batches/none/result"):
        assert (await client.get(path)).status_code == 404
    assert (await client.get("/v1/search/export", params={"q": "x", "format": "docx"})).status_code == 422


def hostile_dossier() -> Dossier:
    hits = (EvidenceRecord.of(made.hit(HOSTILE)),)
    query = Query("moles", "moles", Filters())
    record = SearchRecord.of(Found(()), query).model_copy(update={"hits": hits})
    return Dossier.of_search(HOSTILE, record, "abc", datetime(2026, 1, 1, tzinfo=UTC))


def test_bibtex_holds_one_entry_whatever_a_cable_says() -> None:
    written = render(hostile_dossier(), Format.BIBTEX)
    entries = [line for line in written.splitlines() if line.startswith("@")]
    assert entries == ["@misc{09ASTANA1206,"]
    body = written[written.index("@misc") :]
    # As BibTeX counts, which knows no escaped brace: only the last one ends the entry.
    depth, ends = 0, []
    for index, sign in enumerate(body):
        depth += (sign == "{") - (sign == "}")
        if sign == "}" and depth == 0:
            ends.append(index)
    assert ends == [len(body.rstrip()) - 1]
    assert written.count("@") == 1


def test_ris_holds_one_record_whatever_a_cable_says() -> None:
    lines = render(hostile_dossier(), Format.RIS).split("\r\n")
    assert [line for line in lines if line.startswith(("TY", "ER"))] == ["TY  - GOVDOC", "ER  - "]
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines if line)


def test_markdown_shows_markup_as_text() -> None:
    written = render(hostile_dossier(), Format.MARKDOWN)
    assert "<script>" not in written
    assert re.search(r"(?<!\\)\[a(?<!\\)\]", written) is None


@given(st.text(max_size=60))
def test_no_cell_is_a_formula(text: str) -> None:
    for sign in ("", "=", "+", "-", "@", "\t=", " =", "\r", "＝", "\0="):
        cell = harmless(sign + text)
        assert isinstance(cell, str)
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
        assert not cell.lstrip().startswith(("=", "+", "-", "@"))
        read = rows(table(["a", "b"], [[sign + text, 1]]))
        assert read == [{"a": cell, "b": "1"}] or "\r" in cell or "\n" in cell


@pytest.mark.parametrize("cell", ["186 tons", "C O N F I D E N T I A L", "", "it rose by -5", 3, -2.5, None])
def test_harmless_cells_stay_as_they_are(cell: str | float | None) -> None:
    assert harmless(cell) == cell


def test_every_format_is_written_without_answers() -> None:
    for format in Format:
        assert "no sentence" in render(Dossier.of_answers("Nothing", []), format) or format in {
            Format.CSV,
            Format.RIS,
        }
