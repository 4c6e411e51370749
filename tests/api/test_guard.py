"""The gate: keys, scopes, limits, other sites' pages, the audit log; and the ceiling."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

from api.app import create_app
from api.gate import Rates
from api.keys import LOCAL, Caller, KeyBook, Scope
from api.service import Service
from rag.store.cable_store import CableStore
from rag.store.ceiling import Ceiling
from rag.store.under_ceiling import HIDDEN, StoreBelow
from tests.api import classified, small
from tests.api.serving import serving

ASK = {"question": small.QUESTION}
# Made once for each service: an application takes longer to make than to ask.
APPS: dict[int, FastAPI] = {}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    cables = [each.cable for each in classified.guarded()]
    opened = small.build_collection(tmp_path_factory.mktemp("classified"), cables)
    made = small.build_guarded(opened, tmp_path_factory.mktemp("access"))
    yield made
    made.close()
    opened.close()


def key(service: Service, scope: Scope = Scope.ASK, ceiling: Ceiling | None = None, **limits: int) -> str:
    assert service.keys is not None
    return service.keys.create("test", scope, ceiling, **{"rate_per_minute": 100_000, **limits})[1]


def client(service: Service, text: str | None) -> httpx.AsyncClient:
    headers = {} if text is None else {"Authorization": f"Bearer {text}"}
    transport = httpx.ASGITransport(_app(service))
    return httpx.AsyncClient(transport=transport, base_url="http://cableqa.test", headers=headers)


def _app(service: Service) -> FastAPI:
    if id(service) not in APPS:
        APPS[id(service)] = create_app(service)
    return APPS[id(service)]


def send(service: Service, text: str | None, method: str, path: str, **sent: object) -> httpx.Response:
    async def once() -> httpx.Response:
        async with client(service, text) as opened:
            return await opened.request(method, path, **sent)  # type: ignore[arg-type]

    return asyncio.run(once())


# Keys


def test_only_the_hash_of_a_key_is_kept(tmp_path: Path) -> None:
    book = KeyBook.open(tmp_path)
    caller, text = book.create("Ann", Scope.ASK, Ceiling.SECRET)
    assert book.find(text) == caller
    book.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Ann" in kept
    assert text.partition("_")[2].partition("_")[2].encode() not in kept
    assert (tmp_path / "keys.sqlite").stat().st_mode & 0o077 == 0


def test_a_key_is_good_whole_or_not_at_all(tmp_path: Path) -> None:
    book = KeyBook.open(tmp_path)
    caller, text = book.create("Ann", Scope.READ)
    for wrong in (
        "",
        "cqa",
        text[:-1],
        text + "x",
        text.upper(),
        text.replace("cqa", "cqb"),
        f"cqa_{caller.key_id}_",
    ):
        assert book.find(wrong) is None
    book.revoke(caller.key_id)
    assert book.find(text) is None
    assert book.holder(caller.key_id) is None
    with pytest.raises(Exception, match="no key"):
        book.revoke(caller.key_id)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/page/app.js"), ("GET", "/v1/about"), ("POST", "/v1/answers"), ("POST", "/mcp"),
     ("GET", "/openapi.json"), ("GET", "/metrics"), ("GET", "/nowhere"), ("HEAD", "/v1/cables")],
)  # fmt: skip
def test_without_a_key_nothing_opens(guarded: Service, method: str, path: str) -> None:
    for text in (None, "cqa_0123_wrong"):
        response = send(guarded, text, method, path)
        assert response.status_code == 401
        assert "www-authenticate" in response.headers
        assert "content-security-policy" in response.headers


def test_health_is_open_and_tells_nothing(guarded: Service) -> None:
    assert send(guarded, None, "GET", "/healthz").status_code == 200
    ready = send(guarded, None, "GET", "/readyz")
    assert set(ready.json()["parts"].values()) == {"ok"}


def test_a_browser_is_asked_and_its_password_is_the_key(guarded: Service) -> None:
    for path in ("/", "/browse"):
        assert send(guarded, None, "GET", path).headers["www-authenticate"].startswith("Basic")
    assert send(guarded, None, "GET", "/v1/about").headers["www-authenticate"] == "Bearer"
    password = base64.b64encode(f"anyone:{key(guarded)}".encode()).decode()
    response = send(guarded, None, "GET", "/", headers={"Authorization": f"Basic {password}"})
    assert response.status_code == 200
    for broken in ("Basic !", "Basic /w==", "Digest x", "Bearer"):
        assert send(guarded, None, "GET", "/", headers={"Authorization": broken}).status_code == 401


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [(Scope.READ, [True, False, False]), (Scope.ASK, [True, True, False]), (Scope.ADMIN, [True, True, True])],
)
def test_a_scope_opens_what_it_covers(guarded: Service, scope: Scope, allowed: list[bool]) -> None:
    text = key(guarded, scope)
    responses = [
        send(guarded, text, "GET", "/v1/search?q=barges"),
        send(guarded, text, "POST", "/v1/answers", json=ASK),
        send(guarded, text, "GET", "/metrics"),
    ]
    assert [response.status_code != 403 for response in responses] == allowed


def test_each_key_has_a_rate_of_its_own(guarded: Service) -> None:
    async def ask() -> list[httpx.Response]:
        app = create_app(guarded)
        transport = httpx.ASGITransport(app)
        texts = [key(guarded, rate_per_minute=3), key(guarded, rate_per_minute=3)]
        async with httpx.AsyncClient(transport=transport, base_url="http://cableqa.test") as opened:
            return [
                await opened.get("/v1/about", headers={"Authorization": f"Bearer {text}"})
                for text in (*[texts[0]] * 4, texts[1])
            ]

    responses = asyncio.run(ask())
    assert [response.status_code for response in responses] == [200, 200, 200, 429, 200]
    assert 0 < int(responses[3].headers["retry-after"]) <= 20


def test_the_files_of_the_page_take_nothing_of_a_rate(guarded: Service) -> None:
    text = key(guarded, rate_per_minute=2)
    paths = ["/browse", *["/page/browse.js"] * 20, "/v1/about", "/page/app.js", "/v1/about"]
    responses = [send(guarded, text, "GET", path) for path in paths]
    assert [response.status_code for response in responses] == [200] * 23 + [429]


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    rates = Rates(lambda: now[0])
    caller = Caller("k", "k", Scope.ASK, None, rate_per_minute=60, body_limit_bytes=1)
    assert [rates.wait_s(caller) for _ in range(61)] == [0] * 60 + [1]
    now[0] += 2.0
    assert [rates.wait_s(caller) for _ in range(3)] == [0, 0, 1]
    assert rates.wait_s(LOCAL) == 0


def test_each_key_has_a_size_of_its_own(guarded: Service) -> None:
    text = key(guarded, body_limit_bytes=1000)
    response = send(guarded, text, "POST", "/v1/verify", json={"text": "x" * 2000})
    assert response.status_code == 413
    assert response.json()["error"]["detail"] == {"limit_bytes": 1000}
    assert send(guarded, key(guarded), "POST", "/v1/verify", json={"text": "x" * 2000}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://cableqa.test"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://cableqa.test"}, 200),
        ({}, 200),
    ],
    ids=str,
)
def test_pages_of_other_sites_cannot_ask(service: Service, headers: dict[str, str], status: int) -> None:
    response = send(service, None, "POST", "/v1/answers", json=ASK, headers=headers)
    assert response.status_code == status
    assert not [name for name in response.headers if name.startswith("access-control-")]


def test_a_preflight_is_not_answered(service: Service) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    response = send(service, None, "OPTIONS", "/v1/answers", headers=headers)
    assert response.status_code == 405
    assert not [name for name in response.headers if name.startswith("access-control-")]


def test_the_audit_log_has_the_question_and_not_the_key(tmp_path: Path) -> None:
    collection = small.build_collection(tmp_path / "data", small.cables())
    service = small.build_guarded(collection, tmp_path)
    text = key(service)
    send(service, text, "POST", "/v1/answers", json=ASK)
    send(service, text, "POST", "/v1/answers/stream", json={"question": small.EMPTY_QUESTION})
    send(service, text, "POST", "/v1/answers", json={"question": "q", "mode": "llm"})
    send(service, text, "GET", "/v1/search?q=barges")
    service.close()
    collection.close()
    written = (tmp_path / "audit.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in written.splitlines()]
    assert [(line["action"], line["text"], line["outcome"]) for line in lines] == [
        ("ask", small.QUESTION, "answered"),
        ("ask", small.EMPTY_QUESTION, "not_in_corpus"),
        ("ask", "q", "usage"),
        ("search", "barges", "found"),
    ]
    assert lines[0]["key_name"] == "test"
    assert lines[0]["key_id"] in text
    assert text.partition("_")[2].partition("_")[2] not in written


# What belongs to whom


def test_conversations_batches_and_streams_belong_to_their_key(guarded: Service) -> None:
    mine, other = key(guarded), key(guarded)
    begun = send(guarded, mine, "POST", "/v1/conversations", json={"title": "mine"}).json()["conversation_id"]
    batch = send(guarded, mine, "POST", "/v1/batches", json={"questions": [ASK]}).json()["batch_id"]
    for path in (f"/v1/conversations/{begun}", f"/v1/conversations/{begun}/export", f"/v1/batches/{batch}"):
        assert send(guarded, mine, "GET", path).status_code == 200
        assert send(guarded, other, "GET", path).status_code == 404
    assert send(guarded, other, "DELETE", f"/v1/conversations/{begun}").status_code == 404
    asked = send(guarded, other, "POST", "/v1/answers", json={**ASK, "conversation_id": begun})
    assert asked.status_code == 404
    assert send(guarded, other, "GET", "/v1/conversations").json()["conversations"] == []

    async def resume() -> int:
        app = create_app(guarded)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://cableqa.test") as opened:
            first = await opened.post(
                "/v1/answers/stream", json=ASK, headers={"Authorization": f"Bearer {mine}"}
            )
            event_id = next(line[4:] for line in first.text.splitlines() if line.startswith("id: "))
            headers = {"Authorization": f"Bearer {other}", "Last-Event-ID": event_id}
            return (await opened.post("/v1/answers/stream", json=ASK, headers=headers)).status_code

    assert asyncio.run(resume()) == 404


# The ceiling

CEILINGS = list(Ceiling)
IDS = [cable_id for cable_id, _, _ in classified.LEVELS]
WORDS = ["harbor", "barges", "tons", "April", "Oslo", "Quito", "Dakar", "COSMIC", "SECRET", *IDS,
         "05DAKAR6", "¶2", *[f"keyword{n}" for n in range(len(IDS))], "How many",
         "counted", "master"]  # fmt: skip


def assert_hidden(body: str, ceiling: Ceiling, sent: str, where: str) -> None:
    for each in classified.guarded():
        if each.rank <= ceiling.rank:
            continue
        for canary in each.canaries:
            assert canary not in body.lower(), f"{canary} under {ceiling} in {where}"
        cable_id = each.cable.header.cable_id
        # References of visible cables name others in their own text; whoever sends an id knows it already.
        if cable_id not in sent and "/v1/cables/" not in where:
            assert cable_id not in body, f"{cable_id} under {ceiling} in {where}"


async def everything(
    opened: httpx.AsyncClient, question: str, cable_id: str, others: list[str]
) -> list[httpx.Response]:
    asked = {"question": question, "policy": "annotate", "top_k": 20}
    messages = {"model": "cableqa", "messages": [{"role": "user", "content": question}]}
    got = [
        await opened.post("/v1/answers", json=asked),
        await opened.post("/v1/answers/stream", json=asked),
        await opened.post("/v1/chat/completions", json=messages),
        await opened.post("/v1/chat/completions", json={**messages, "stream": True}),
        await opened.post("/v1/verify", json={"text": f"{question} ({cable_id} ¶2)."}),
        await opened.get("/v1/search", params={"q": question, "k": 50}),
        await opened.get("/v1/search/export", params={"q": question, "format": "csv"}),
        await opened.get("/v1/cables", params={"limit": 500}),
        await opened.get("/v1/cables", params={"cable_id": cable_id}),
        await opened.get(f"/v1/cables/{cable_id}"),
        await opened.get(f"/v1/cables/{cable_id}/paragraphs/2"),
        await opened.get("/v1/cables/05DAKAR6"),
        await opened.get("/v1/about"),
    ]
    for answer_id in others:
        got.append(await opened.get(f"/v1/answers/{answer_id}"))
        got.append(await opened.get(f"/v1/answers/{answer_id}/export"))
        got.append(await opened.post(f"/v1/answers/{answer_id}/reverify"))
        got.append(await opened.post("/v1/feedback", json={"answer_id": answer_id, "reason": "helpful"}))
    return got


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    ceiling=st.sampled_from(CEILINGS),
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6),
    cable_id=st.sampled_from(IDS),
)
def test_no_byte_above_the_ceiling(
    guarded: Service, ceiling: Ceiling, words: list[str], cable_id: str
) -> None:
    question = " ".join(words)

    async def probe() -> None:
        async with client(guarded, key(guarded)) as whole:
            made = (await whole.post("/v1/answers", json={"question": question, "top_k": 20})).json()[
                "answer_id"
            ]
        async with client(guarded, key(guarded, Scope.ASK, ceiling)) as opened:
            for response in await everything(opened, question, cable_id, [made]):
                where = f"{response.request.method} {response.request.url}"
                assert response.status_code < 500, (where, response.text)
                assert_hidden(response.text + str(response.headers), ceiling, f"{question} {cable_id}", where)

    asyncio.run(probe())


@pytest.mark.parametrize("ceiling", CEILINGS)
def test_all_that_lies_below_the_ceiling_is_there(guarded: Service, ceiling: Ceiling) -> None:
    text = key(guarded, Scope.ASK, ceiling)
    visible = {each.cable.header.cable_id for each in classified.guarded() if each.rank <= ceiling.rank}
    listed = send(guarded, text, "GET", "/v1/cables").json()
    assert {cable["cable_id"] for cable in listed["cables"]} == visible
    assert listed["total"] == len(visible)
    assert sum(facet["count"] for facet in listed["facets"]["origins"]) == len(visible)
    about = send(guarded, text, "GET", "/v1/about").json()
    assert (about["cables"], about["paragraphs"]) == (len(visible), 2 * len(visible))
    found = send(guarded, text, "GET", "/v1/search?q=harbor+barges&k=50").json()["hits"]
    assert {hit["cable_id"] for hit in found} == visible
    cable = send(guarded, text, "GET", "/v1/cables/05OSLO1").json()
    assert set(cable["referenced_by"]) == visible - {"05OSLO1"}
    assert {ref["cable_id"] for ref in cable["references"] if ref["in_collection"]} == visible - {"05OSLO1"}
    given = send(guarded, text, "POST", "/v1/answers", json=ASK).json()
    assert send(guarded, text, "GET", f"/v1/answers/{given['answer_id']}").json() == given
    higher = key(guarded, Scope.ASK, CEILINGS[min(ceiling.rank + 1, 5)])
    assert send(guarded, higher, "GET", f"/v1/answers/{given['answer_id']}").status_code == 200
    if ceiling.rank:
        lower = key(guarded, Scope.ASK, CEILINGS[ceiling.rank - 1])
        assert send(guarded, lower, "GET", f"/v1/answers/{given['answer_id']}").status_code == 404


def test_a_batch_is_answered_below_its_keys_ceiling(guarded: Service) -> None:
    async def ask() -> str:
        async with client(guarded, key(guarded, Scope.ASK, Ceiling.UNCLASSIFIED)) as opened:
            begun = (await opened.post("/v1/batches", json={"questions": [ASK]})).json()
            for _ in range(200):
                if (await opened.get(f"/v1/batches/{begun['batch_id']}")).json()["state"] == "done":
                    break
                await asyncio.sleep(0.02)
            return (await opened.get(f"/v1/batches/{begun['batch_id']}/result")).text

    sheet = asyncio.run(ask())
    assert "05OSLO1" in sheet
    assert_hidden(sheet, Ceiling.UNCLASSIFIED, "", "batch")


def test_the_tools_of_mcp_know_the_ceiling_and_the_scope(guarded: Service, tmp_path: Path) -> None:
    async def call(url: str, text: str, tool: str, arguments: dict[str, object]) -> str:
        async with (
            create_mcp_http_client(headers={"Authorization": f"Bearer {text}"}) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http)) as opened,
        ):
            return (await opened.call_tool(tool, arguments)).model_dump_json()

    # A server closes its service when it ends: this one has one of its own over the same collection.
    served = small.build_guarded(guarded.pipeline.collection, tmp_path)
    with serving(served) as url:
        text = key(served, Scope.ASK, Ceiling.RESTRICTED)
        for tool, arguments in (
            ("search_paragraphs", {"query": "harbor barges", "k": 50}),
            ("ask", {"question": small.QUESTION, "top_k": 50}),
            ("get_cable", {"cable_id": "05DAKAR7"}),
            ("verify", {"text": "Barges (05DAKAR7 ¶2)."}),
        ):
            said = asyncio.run(call(url, text, tool, arguments))
            assert_hidden(said, Ceiling.RESTRICTED, str(arguments), tool)
        reader = key(served, Scope.READ)
        assert "forbidden" in asyncio.run(call(url, reader, "ask", dict(ASK)))
        assert "05DAKAR7" in asyncio.run(call(url, reader, "get_cable", {"cable_id": "05DAKAR7"}))


def test_every_table_of_cables_is_hidden(guarded: Service) -> None:
    """A query that knows nothing of ceilings finds nothing above one, whichever table it reads."""
    below = StoreBelow(guarded.whole, Ceiling.UNCLASSIFIED)
    visible = {each.cable.header.cable_id for each in classified.guarded() if each.rank == 0}
    with below._engine.connect() as connection:
        for table in HIDDEN:
            found = connection.exec_driver_sql(f'SELECT DISTINCT cable_id FROM "{table}"').scalars()
            assert set(found) <= visible
    assert {"cables", "texts", "paragraphs", "chunks", "tags", "cable_references", "aliases"} <= set(HIDDEN)
    assert isinstance(below, CableStore)
    assert below.counts().cables == len(visible)
    below.close()
