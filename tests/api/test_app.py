"""What holds for every route: health, headers, one error body, OpenAPI, the page's files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.assets import FOLDER
from api.guard import BODY_LIMIT_BYTES
from api.service import Service
from rag.answering.answer import Draft, Rejected
from rag.errors import ModelUnavailable
from rag.index.collection import Collection
from rag.types import DraftSentence, Passage, Query, Quote
from tests.api import small
from tests.api.conftest import asgi_client

pytestmark = pytest.mark.anyio


class AbsentModel:
    """A model that does not answer."""

    name = "ollama:absent"

    def draft(
        self, query: Query, passages: Sequence[Passage], rejected: Sequence[Rejected] = ()
    ) -> Iterator[Draft]:
        raise ModelUnavailable("The model ollama:absent does not answer.", model=self.name)
        yield DraftSentence("", (Quote(1),))


class BrokenModel:
    """A model whose code has a bug."""

    name = "broken"

    def draft(
        self, query: Query, passages: Sequence[Passage], rejected: Sequence[Rejected] = ()
    ) -> Iterator[Draft]:
        raise KeyError("a secret of the inside")
        yield DraftSentence("", (Quote(1),))


async def test_it_lives_and_is_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert ready.status_code == 200
    assert set(ready.json()["parts"].values()) == {"ok"}
    about = (await client.get("/v1/about")).json()
    assert (about["cables"], about["paragraphs"], about["answerer"]) == (4, 7, "extractive")


async def test_an_empty_collection_is_not_ready(empty_service: Service) -> None:
    ready = await asgi_client(empty_service).get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["parts"]["collection"] != "ok"


async def test_the_failing_part_is_named(tmp_path: Path) -> None:
    collection = small.build_collection(tmp_path, small.cables())
    service = small.build_service(collection)
    collection.store.close()
    (tmp_path / "cables.sqlite").write_bytes(b"not a database, and long enough to be read as one" * 200)
    ready = await asgi_client(service).get("/readyz")
    service.close()
    collection.close()
    assert ready.status_code == 503
    assert ready.json()["parts"]["store"] != "ok"
    assert ready.json()["parts"]["encoder"] == "ok"


async def test_a_model_that_is_not_there_is_503(collection: Collection) -> None:
    service = small.build_service(collection, AbsentModel())
    for route in ("/v1/answers", "/v1/answers/stream"):
        response = await asgi_client(service).post(route, json={"question": small.QUESTION, "mode": "llm"})
        if response.status_code == 503:
            error = response.json()["error"]
        else:  # it failed after the first event: then an event says so, and no answer follows
            assert "event: error" in response.text
            assert "event: answer" not in response.text
            continue
        assert error["code"] == "model_unavailable"
        assert error["detail"]["model"] == "ollama:absent"
    service.close()


async def test_a_bug_is_500_and_tells_nothing(collection: Collection) -> None:
    service = small.build_service(collection, BrokenModel())
    response = await asgi_client(service).post("/v1/answers", json={"question": small.QUESTION})
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal"
    streamed = await asgi_client(service).post("/v1/answers/stream", json={"question": small.QUESTION})
    assert "secret" not in response.text + streamed.text
    service.close()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", "/v1/answers", 405), ("GET", "/page/../app.py", 404)],
)
async def test_refusals_have_the_one_body(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    response = await client.request(method, path)
    assert response.status_code == status
    assert set(response.json()["error"]) == {"code", "message", "detail"}


async def test_a_body_beyond_the_limit_is_413(client: httpx.AsyncClient) -> None:
    async def chunks(n: int) -> object:
        for _ in range(n):
            yield b" " * 1024 * 1024

    sent = [
        await client.post("/v1/answers", content=b" " * (BODY_LIMIT_BYTES + 1)),
        await client.post("/v1/answers", content=chunks(5)),
    ]
    assert [response.status_code for response in sent] == [413, 413]
    assert sent[0].json()["error"]["code"] == "too_large"


async def test_it_answers_only_to_its_own_names(service: Service) -> None:
    transport = httpx.ASGITransport(create_app(service, hosts=frozenset({"localhost"})))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        assert (await client.get("/healthz")).status_code == 200
        rebound = await client.get("/healthz", headers={"Host": "evil.example:8000"})
    assert rebound.status_code == 421
    assert rebound.json()["error"]["code"] == "unknown_host"


@pytest.mark.parametrize("path", ["/", "/browse", "/v1/about", "/nowhere", "/page/app.js"])
async def test_every_response_is_guarded(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path, headers={"X-Request-Id": "abc123"})).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-request-id"] == "abc123"


async def test_the_page_needs_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    index = (await client.get("/")).text
    for part in FOLDER.iterdir():
        text = part.read_text(encoding="utf-8")
        assert "://" not in text.replace("http://www.w3.org/", "")
        assert "innerHTML" not in text
        served = await client.get(f"/page/{part.name}")
        assert served.status_code == 200
        assert served.text == text
    assert "/page/app.js" in index


async def test_the_page_is_light_and_sent_once(client: httpx.AsyncClient) -> None:
    sent = 0
    for part in FOLDER.iterdir():
        async with client.stream("GET", f"/page/{part.name}", headers={"Accept-Encoding": "gzip"}) as packed:
            assert packed.headers["content-encoding"] == "gzip"
            sent += sum([len(piece) async for piece in packed.aiter_raw()])
            etag = packed.headers["etag"]
        assert (await client.get(f"/page/{part.name}", headers={"If-None-Match": etag})).status_code == 304
    assert 0 < sent <= 150_000
    plain = await client.get("/page/app.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


async def test_openapi_names_the_contract(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert set(paths) >= {
        "/v1/answers",
        "/v1/answers/stream",
        "/v1/answers/{answer_id}",
        "/v1/answers/{answer_id}/reverify",
        "/v1/search",
        "/v1/cables",
        "/v1/cables/{cable_id}",
        "/v1/cables/{cable_id}/paragraphs/{label}",
        "/v1/verify",
        "/healthz",
        "/readyz",
    }
