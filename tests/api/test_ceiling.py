"""No byte above the ceiling in what the property of test_guard leaves out: what is kept, or MCP tells."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

from api.keys import Scope
from api.service import Service
from rag.store.ceiling import Ceiling
from tests.api import classified, small
from tests.api.serving import serving
from tests.api.test_guard import CEILINGS, IDS, WORDS, assert_hidden, client, guarded, key, send

__all__ = ["guarded"]
questions = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)


async def kept(opened: httpx.AsyncClient, question: str, cable_id: str) -> list[httpx.Response]:
    """All that a key can have kept and read again: a conversation, a saved search, a batch."""
    begun = await opened.post("/v1/conversations", json={"title": question})
    talk = f"/v1/conversations/{begun.json()['conversation_id']}"
    asked = {"question": question, "policy": "annotate", "top_k": 20, "conversation_id": talk.split("/")[-1]}
    saved = await opened.post("/v1/searches", json={"title": question, "q": question})
    search = f"/v1/searches/{saved.json()['search_id']}"
    batched = await opened.post("/v1/batches", json={"questions": [{"question": question, "top_k": 20}]})
    batch = f"/v1/batches/{batched.json()['batch_id']}"
    for _ in range(400):
        if (await opened.get(batch)).json()["state"] == "done":
            break
        await asyncio.sleep(0.01)
    got = [
        begun,
        saved,
        batched,
        await opened.post("/v1/answers", json=asked),
        await opened.patch(talk, json={"title": "again"}),
    ]
    paths = [
        talk,
        f"{talk}/export?format=html",
        "/v1/conversations",
        search,
        "/v1/searches",
        batch,
        "/v1/batches",
        f"{batch}/result",
        f"{batch}/result?format=markdown",
        "/v1/timeline",
        f"/v1/timeline?cable_id={cable_id}",
        f"/v1/cables/{cable_id}/neighbours",
        "/v1/models",
        "/nowhere",
        f"/v1/cables/{cable_id}/paragraphs/9",
        "/v1/cables?limit=1",
    ]
    return [*got, *[await opened.get(path) for path in paths]]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(ceiling=st.sampled_from(CEILINGS), question=questions, cable_id=st.sampled_from(IDS))
def test_nothing_kept_or_counted_is_above_the_ceiling(
    guarded: Service, ceiling: Ceiling, question: str, cable_id: str
) -> None:
    async def probe() -> None:
        async with client(guarded, key(guarded, Scope.ASK, ceiling)) as opened:
            for response in await kept(opened, question, cable_id):
                where = f"{response.request.method} {response.request.url}"
                assert response.status_code < 500, (where, response.text)
                assert_hidden(response.text + str(response.headers), ceiling, f"{question} {cable_id}", where)

    asyncio.run(probe())


def test_what_a_header_told_is_hidden_where_its_cable_is_above_the_ceiling_by_now(guarded: Service) -> None:
    low = min(CEILINGS, key=lambda ceiling: ceiling.rank)
    seen = next(each for each in classified.guarded() if each.rank <= low.rank)
    text = key(guarded, Scope.ASK, low)
    asked = {"question": f"When was {seen.cable.header.cable_id} sent?"}
    given = send(guarded, text, "POST", "/v1/answers", json=asked).json()
    assert given["absence"]["told_of"] == [seen.cable.header.cable_id]
    path = f"/v1/answers/{given['answer_id']}"
    assert send(guarded, text, "GET", path).status_code == 200
    # What may be seen is settled when a server starts: the record is made to tell of another cable instead.
    higher = next(each for each in classified.guarded() if each.rank > low.rank).cable.header.cable_id
    told = {**given, "answer_id": "0" * 32, "absence": {**given["absence"], "told_of": [higher]}}
    guarded.whole.save_answer(told["answer_id"], datetime.now(UTC), json.dumps(told), [])
    guarded.history.ceilings.note(told["answer_id"], low)
    assert send(guarded, text, "GET", f"/v1/answers/{told['answer_id']}").status_code == 404


def test_a_count_of_cables_is_of_those_below_the_ceiling(guarded: Service) -> None:
    for ceiling in CEILINGS:
        visible = [each for each in classified.guarded() if each.rank <= ceiling.rank]
        text = key(guarded, Scope.ASK, ceiling)
        asked = {"question": "How many cables are in the collection?"}
        given = send(guarded, text, "POST", "/v1/answers", json=asked).json()
        cables = "1 cable" if len(visible) == 1 else f"{len(visible)} cables"
        assert given["absence"]["stated"] == [f"This collection has {cables}."]


def test_counts_over_time_and_of_the_metrics_are_those_below_the_ceiling(guarded: Service) -> None:
    for ceiling in CEILINGS:
        visible = [each for each in classified.guarded() if each.rank <= ceiling.rank]
        text = key(guarded, Scope.ADMIN, ceiling)
        bars = send(guarded, text, "GET", "/v1/timeline").json()["bars"]
        assert sum(bar["count"] for bar in bars) == len(visible)
        counted = send(guarded, text, "GET", "/metrics").text
        assert f'cableqa_collection{{of="cables"}} {len(visible)}.0' in counted
        assert f'cableqa_collection{{of="paragraphs"}} {2 * len(visible)}.0' in counted


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(ceiling=st.sampled_from(CEILINGS), question=questions, cable_id=st.sampled_from(IDS))
def test_no_tool_of_mcp_tells_what_is_above_the_ceiling(
    guarded: Service, tmp_path_factory: pytest.TempPathFactory, ceiling: Ceiling, question: str, cable_id: str
) -> None:
    calls: list[tuple[str, dict[str, object]]] = [
        ("search_paragraphs", {"query": question, "k": 50}),
        ("ask", {"question": question, "top_k": 50}),
        ("get_cable", {"cable_id": cable_id}),
        ("get_paragraph", {"cable_id": cable_id, "paragraph": "2"}),
        ("verify", {"text": f"{question} ({cable_id} ¶2)."}),
    ]

    async def call_all(url: str, text: str) -> list[str]:
        async with (
            create_mcp_http_client(headers={"Authorization": f"Bearer {text}"}) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http)) as opened,
        ):
            return [(await opened.call_tool(tool, sent)).model_dump_json() for tool, sent in calls]

    folder = tmp_path_factory.mktemp("mcp")
    # A server closes its service when it ends: this one has one of its own over the same collection.
    served = small.build_guarded(guarded.pipeline.collection, folder)
    with serving(served) as url:
        said = asyncio.run(call_all(url, key(served, Scope.ASK, ceiling)))
    for told, (tool, arguments) in zip(said, calls, strict=True):
        # References of a visible cable name others in its own text.
        where = "/v1/cables/" if tool == "get_cable" else tool
        assert_hidden(told, ceiling, f"{question} {arguments}", where)
