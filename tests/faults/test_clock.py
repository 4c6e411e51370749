"""A clock that jumps by a day, ahead or back, while a server runs: no limit is lifted and no order changes.

What takes time is measured by a clock that cannot be set; the one that tells the day is set here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import time_machine

from api.app import create_app
from api.keys import Scope
from tests.api import small

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)
JUMPS = pytest.mark.parametrize("jump", [DAY, -DAY], ids=["ahead", "back"])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def jumped(by: timedelta) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + by, tick=True)


@asynccontextmanager
async def asking(folder: Path, rate_per_minute: int) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key of a guarded service over the small collection."""
    with small.build_collection(folder / "data", small.cables()) as collection:
        service = small.build_guarded(collection, folder)
        assert service.keys is not None
        _, text = service.keys.create("clock", Scope.ASK, rate_per_minute=rate_per_minute)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(service)),
            base_url="http://cableqa.test",
            headers={"Authorization": f"Bearer {text}"},
        ) as client:
            yield client
        service.close()


@JUMPS
async def test_a_rate_is_not_filled_by_a_clock_that_jumps(tmp_path: Path, jump: timedelta) -> None:
    async with asking(tmp_path, rate_per_minute=2) as client:
        for _ in range(2):
            assert (await client.get("/v1/about")).status_code == 200
        with jumped(jump):
            refused = await client.get("/v1/about")
            assert refused.status_code == 429 and 1 <= int(refused.headers["retry-after"]) <= 30


@JUMPS
async def test_a_stream_is_taken_up_again_across_a_jump(tmp_path: Path, jump: timedelta) -> None:
    async with asking(tmp_path, rate_per_minute=100) as client:
        asked = {"question": small.QUESTION}
        told = (await client.post("/v1/answers/stream", json=asked)).text
        first = next(line for line in told.splitlines() if line.startswith("id: ")).removeprefix("id: ")
        with jumped(jump):
            headers = {"Last-Event-ID": first}
            again = await client.post("/v1/answers/stream", json=asked, headers=headers)
            assert again.status_code == 200 and "event: answer" in again.text
            assert (await client.post("/v1/answers", json=asked)).status_code == 200


@JUMPS
async def test_the_latest_stays_first_across_a_jump(tmp_path: Path, jump: timedelta) -> None:
    async with asking(tmp_path, rate_per_minute=1_000) as client:

        async def latest(path: str, kind: str) -> list[str]:
            return [one["title"] for one in (await client.get(path)).json()[kind]]

        async def begin(title: str) -> str:
            await client.post("/v1/searches", json={"title": title, "q": "barges"})
            asked = {"title": title, "questions": [{"question": small.QUESTION}]}
            assert (await client.post("/v1/batches", json=asked)).status_code < 300
            made = await client.post("/v1/conversations", json={"title": title})
            return str(made.json()["conversation_id"])

        first = await begin("first")
        with jumped(jump):
            await begin("second")
            assert await latest("/v1/conversations", "conversations") == ["second", "first"]
            asked = {"question": small.QUESTION, "conversation_id": first}
            assert (await client.post("/v1/answers", json=asked)).status_code == 200
            assert await latest("/v1/conversations", "conversations") == ["first", "second"]
        # And when the clock is put right again.
        await begin("third")
        assert await latest("/v1/conversations", "conversations") == ["third", "first", "second"]
        assert await latest("/v1/searches", "searches") == ["third", "second", "first"]
        assert await latest("/v1/batches", "batches") == ["third", "second", "first"]
