"""Saved searches: what is new is what was not there before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from api.service import Service
from rag.index.exact import ExactSearch
from rag.pipeline import Finder
from rag.store.writes import CONTENT_SUM
from rag.types import Found, Query
from tests.api import small
from tests.api.conftest import asgi_client
from tests.held import HeldStore

pytestmark = pytest.mark.anyio


async def test_a_cable_that_is_added_is_new_until_it_is_seen(tmp_path: Path) -> None:
    opened = small.build_collection(tmp_path, small.cables()[:2])
    service = small.build_service(opened)
    client = asgi_client(service)
    asked = {"title": "Harbor", "q": "barges Kalmuse harbor", "filters": {"tags": ["EWWT"]}}
    saved = (await client.post("/v1/searches", json=asked)).json()
    assert saved["new"] == 0
    assert [each["new"] for each in (await client.get("/v1/searches")).json()["searches"]] == [0]
    service.close()
    opened.close()

    again = small.build_collection(tmp_path, small.cables())
    service = small.build_service(again)
    client = asgi_client(service)
    listed = (await client.get("/v1/searches")).json()["searches"]
    assert [(each["title"], each["new"]) for each in listed] == [("Harbor", 1)]
    path = f"/v1/searches/{saved['search_id']}"
    for _ in range(2):  # looking changes nothing
        found = (await client.get(path)).json()
        assert {hit["hit"]["cable_id"] for hit in found["hits"] if hit["is_new"]} == {"07TALLINN9"}
    assert (await client.post(f"{path}/seen")).json()["new"] == 0
    assert (await client.get(path)).json()["new"] == 0
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    service.close()
    again.close()


class CountedFinder:
    """Finds as another does, and says how often."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self.searches = 0

    def search(self, query: Query, k: int) -> Found:
        self.searches += 1
        return self._finder.search(query, k)


async def test_a_list_searches_anew_only_where_the_collection_has_changed(tmp_path: Path) -> None:
    opened = small.build_collection(tmp_path, small.cables()[:2])
    built = small.build_service(opened)
    finders: list[CountedFinder] = []

    def counted(finder: Finder) -> Finder:
        finders.append(CountedFinder(finder))
        return finders[-1]

    service = Service(built.pipeline.unrecorded(counted), built.settings, built.history)
    client = asgi_client(service)
    for title in ("Harbor", "Orchards"):
        await client.post("/v1/searches", json={"title": title, "q": title})
    for _ in range(3):
        await client.get("/v1/searches")
    (finder,) = finders
    assert finder.searches == 2
    opened.store.set_meta(CONTENT_SUM, "abc")
    await client.get("/v1/searches")
    assert finder.searches == 2 + 2
    service.close()
    opened.close()


class ChangingFinder(CountedFinder):
    """Finds all but the first, and the next time all but the last."""

    def search(self, query: Query, k: int) -> Found:
        found = super().search(query, k)
        return replace(found, hits=found.hits[:-1] if self.searches % 2 else found.hits[1:])


async def test_what_was_seen_is_not_new_where_a_search_finds_something_else_again(tmp_path: Path) -> None:
    opened = small.build_collection(tmp_path, small.cables())
    built = small.build_service(opened)
    service = Service(built.pipeline.unrecorded(ChangingFinder), built.settings, built.history)
    client = asgi_client(service)
    saved = (await client.post("/v1/searches", json={"title": "Harbor", "q": "harbor barges"})).json()
    opened.store.set_meta(CONTENT_SUM, "abc")
    assert [each["new"] for each in (await client.get("/v1/searches")).json()["searches"]] == [1]
    assert (await client.post(f"/v1/searches/{saved['search_id']}/seen")).json()["new"] == 0
    assert [each["new"] for each in (await client.get("/v1/searches")).json()["searches"]] == [0]
    service.close()
    opened.close()


async def test_a_list_keeps_nothing_that_was_found_while_the_matrix_is_awaited(tmp_path: Path) -> None:
    opened = small.build_collection(tmp_path, small.cables())
    finders: list[CountedFinder] = []

    def counted(finder: Finder) -> Finder:
        finders.append(CountedFinder(finder))
        return finders[-1]

    held = HeldStore.open(tmp_path, write=False)
    assert isinstance(held, HeldStore)
    # Any number of chunks is for the graph until there is a matrix.
    exact = ExactSearch(held, opened.encoder.fingerprint, read_rows=0)
    opened.chunks.exact = exact
    exact.prepare()
    built = small.build_service(opened)
    service = Service(built.pipeline.unrecorded(counted), built.settings, built.history)
    client = asgi_client(service)
    await client.post("/v1/searches", json={"title": "Harbor", "q": "barges", "filters": {"tags": ["EWWT"]}})
    for _ in range(2):
        await client.get("/v1/searches")
    (finder,) = finders
    assert finder.searches == 1 + 2
    held.held.let_go.set()
    exact.settle()
    for _ in range(2):
        await client.get("/v1/searches")
    assert finder.searches == 1 + 2 + 1
    service.close()
    opened.close()
    held.close()


async def test_saved_searches_are_listed_page_by_page(client: httpx.AsyncClient) -> None:
    ids = [
        (await client.post("/v1/searches", json={"title": f"{n}", "q": "barges"})).json()["search_id"]
        for n in range(3)
    ]
    first = (await client.get("/v1/searches", params={"limit": 2})).json()
    second = (await client.get("/v1/searches", params={"limit": 2, "after": first["next"]})).json()
    assert [each["search_id"] for each in first["searches"] + second["searches"]][:3] == ids[::-1]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/searches/none", 404),
        ("POST", "/v1/searches/none/seen", 404),
        ("DELETE", "/v1/searches/none", 404),
        ("GET", "/v1/searches?after=none", 404),
        ("GET", "/v1/searches?limit=0", 422),
        ("POST", "/v1/searches", 422),
    ],
)
async def test_what_is_not_there_is_said(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    assert (await client.request(method, path)).status_code == status
