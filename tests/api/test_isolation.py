"""Many keys and conversations at once: nothing of one is in what another is answered."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.keys import Scope
from api.service import Service
from tests.api import small

AT_ONCE = 16


def name_of(number: int) -> str:
    """A word that no other number has: "Quabcdor"."""
    letters = "".join(chr(ord("a") + number // 26**place % 26) for place in range(3))
    return f"Qu{letters}dor"


def mine(number: int) -> str:
    return f"How many gulls did the keeper of {name_of(number)} count?"


async def converse(opened: httpx.AsyncClient, number: int) -> tuple[dict[str, str], list[httpx.Response]]:
    """A conversation of two questions, a remark, a saved search and a batch; their ids, and all answers."""
    name = name_of(number)
    begun = await opened.post("/v1/conversations", json={"title": f"About {name}"})
    conversation = begun.json()["conversation_id"]
    got = [begun]
    for question in (mine(number), "And how many seals did he see there?"):
        asked = {"question": question, "conversation_id": conversation}
        got.append(await opened.post("/v1/answers", json=asked))
    answer = got[1].json()["answer_id"]
    remark = {"answer_id": answer, "reason": "helpful", "comment": f"Yes, {name}."}
    batch = await opened.post("/v1/batches", json={"questions": [{"question": mine(number)}]})
    saved = await opened.post("/v1/searches", json={"title": name, "q": name})
    got += [
        *(batch, saved, await opened.post("/v1/feedback", json=remark)),
        *[await opened.get(path) for path in ("/v1/conversations", "/v1/searches", "/v1/batches")],
        *[
            await opened.get(f"/v1/conversations/{conversation}{more}")
            for more in ("", "/export", "/export?format=csv")
        ],
    ]
    ids = {
        "conversation": conversation,
        "answer": answer,
        "batch": batch.json()["batch_id"],
        "search": saved.json()["search_id"],
    }
    return ids, got


def own_words(response: httpx.Response) -> str:
    """What stands in a response without the passages found, which are the collection's and everyone's."""
    given = response.json() if response.headers["content-type"].startswith("application/json") else None
    if not isinstance(given, dict):
        return response.text
    answers = [given, *given.get("answers", ())]
    return str([{k: v for k, v in each.items() if k not in ("evidence", "answers")} for each in answers])


async def everyone(service: Service, count: int) -> None:
    assert service.keys is not None
    app = create_app(service)
    keys = [service.keys.create(f"k{n}", Scope.ASK, rate_per_minute=100_000)[1] for n in range(count)]
    clients = [
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://cableqa.test",
            headers={"Authorization": f"Bearer {text}"},
        )
        for text in keys
    ]
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> tuple[dict[str, str], list[httpx.Response]]:
        async with turns:
            return await converse(clients[number], number)

    done = await asyncio.gather(*(one(number) for number in range(count)))
    names = re.compile(r"Qu[a-z]{3}dor")
    for number, (_, got) in enumerate(done):
        first, second = got[1].json(), got[2].json()
        assert {cited["cable_id"] for cited in first["citations"]} == {f"05TALLINN{number + 1}"}
        assert set(names.findall(second["standalone_question"])) == {name_of(number)}
        for response in got:
            assert response.status_code < 300, response.text
            said = own_words(response)
            assert set(names.findall(said)) <= {name_of(number)}, said
    every = [ids for ids, _ in done]
    for kind in every[0]:
        assert len({ids[kind] for ids in every}) == count
        assert min(len(ids[kind]) for ids in every) >= 16
    for number in range(count):
        theirs, other = every[(number + 1) % count], clients[number]
        for method, path in (
            ("GET", f"/v1/conversations/{theirs['conversation']}"),
            ("PATCH", f"/v1/conversations/{theirs['conversation']}"),
            ("DELETE", f"/v1/conversations/{theirs['conversation']}"),
            ("GET", f"/v1/conversations/{theirs['conversation']}/export"),
            ("GET", f"/v1/batches/{theirs['batch']}"),
            ("GET", f"/v1/batches/{theirs['batch']}/result"),
            ("GET", f"/v1/searches/{theirs['search']}"),
            ("POST", f"/v1/searches/{theirs['search']}/seen"),
            ("DELETE", f"/v1/searches/{theirs['search']}"),
        ):
            sent = {"title": "taken"} if method == "PATCH" else None
            assert (await other.request(method, path, json=sent)).status_code == 404, path
        joined = {"question": mine(number), "conversation_id": theirs["conversation"]}
        assert (await other.post("/v1/answers", json=joined)).status_code == 404
    for client in clients:
        await client.aclose()


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.heavy)])
def test_nothing_of_one_key_is_in_what_another_is_answered(tmp_path: Path, count: int) -> None:
    cables = [
        small.cable(
            f"05TALLINN{number + 1}",
            f"LIGHTHOUSE {number}",
            [f"The keeper of {name_of(number)} counted {number + 3} gulls and saw {number + 4} seals."],
        )
        for number in range(count)
    ]
    opened = small.build_collection(tmp_path / "data", cables)
    service = small.build_guarded(opened, tmp_path)
    asyncio.run(everyone(service, count))
    service.close()
    opened.close()
