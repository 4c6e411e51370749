"""The tools over MCP, with the official client over a real socket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from rag.record import AnswerRecord, CableRecord, ParagraphRecord, SearchRecord
from rag.record.check import VerifyRecord
from tests.api import small

pytestmark = pytest.mark.anyio
TOOLS = {"search_paragraphs", "get_cable", "get_paragraph", "ask", "verify"}


def text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


async def call(url: str, tool: str, arguments: dict[str, Any], **options: Any) -> CallToolResult:
    async with Client(f"{url}/mcp", **options) as client:
        return await client.call_tool(tool, arguments)


async def test_the_tools_describe_themselves(live_url: str) -> None:
    async with Client(f"{live_url}/mcp") as client:
        tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == TOOLS
    for tool in tools:
        assert tool.description
        assert tool.output_schema
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_answer_keeps_its_citations(live_url: str, mode: str) -> None:
    result = await call(live_url, "ask", {"question": small.QUESTION}, mode=mode)
    record = AnswerRecord.model_validate(result.structured_content)
    assert record.citations[0].label == "05TALLINN7 ¶2"
    assert record.citations[0].quote in text_of(result)
    assert "[1] 05TALLINN7 ¶2: “" in text_of(result)


async def test_the_progress_of_an_answer_is_told(live_url: str) -> None:
    heard: list[str | None] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(message)

    async with Client(f"{live_url}/mcp") as client:
        await client.call_tool("ask", {"question": small.QUESTION}, progress_callback=hear)
    assert heard[0] == "retrieved 1"


async def test_filters_narrow_what_is_found(live_url: str) -> None:
    found = await call(live_url, "search_paragraphs", {"query": "harbor hail", "filters": {"tags": ["EAGR"]}})
    record = SearchRecord.model_validate(found.structured_content)
    assert {hit.cable_id for hit in record.hits} == {"06LUSAKA12"}
    answered = await call(
        live_url, "ask", {"question": small.QUESTION, "filters": {"date_from": "2007-01-01"}}
    )
    assert {hit["cable_id"] for hit in (answered.structured_content or {})["evidence"]} == {"07TALLINN9"}


async def test_a_cable_and_a_paragraph_are_read(live_url: str) -> None:
    cable = CableRecord.model_validate(
        (await call(live_url, "get_cable", {"cable_id": "tallinn 7"})).structured_content
    )
    assert cable.referenced_by == ("07TALLINN9",)
    read = await call(live_url, "get_paragraph", {"cable_id": "05TALLINN7", "paragraph": "¶2"})
    assert ParagraphRecord.model_validate(read.structured_content) == cable.paragraphs[1]
    assert cable.paragraphs[1].text in text_of(read)


async def test_a_text_is_checked(live_url: str) -> None:
    memo = "The harbor master counted 999 barges in April (05TALLINN7 ¶2)."
    result = await call(live_url, "verify", {"text": memo})
    record = VerifyRecord.model_validate(result.structured_content)
    assert record.sentences[0].verdict == "contradicted"
    given = {"text": "It rained [1].", "paragraphs": [{"text": "It rained."}]}
    assert "supported" in text_of(await call(live_url, "verify", given))


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("get_cable", {"cable_id": "05TALLINN8"}, "05TALLINN7"),
        ("get_paragraph", {"cable_id": "05TALLINN7", "paragraph": "99"}, "no paragraph"),
        ("ask", {"question": "   "}, "empty"),
        ("ask", {"question": "x" * 5000}, "5000 characters"),
        ("ask", {"question": "q", "filters": {"date_from": "2009-02-01", "date_to": "2009-01-01"}}, "after"),
        ("ask", {"question": "q", "top_k": 0}, "top_k"),
        ("search_paragraphs", {}, "query"),
        ("verify", {"text": ""}, "text"),
        ("fly", {}, "fly"),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else "",
)
async def test_a_failure_is_said_to_the_model(
    live_url: str, tool: str, arguments: dict[str, Any], says: str
) -> None:
    try:
        result = await call(live_url, tool, arguments)
    except Exception as error:  # an unknown tool is an error of the protocol
        assert says in str(error)
        return
    assert result.is_error
    assert says in text_of(result)
