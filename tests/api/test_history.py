"""Conversations that keep their citations, and feedback on answers and citations."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from api.batches import read_questions
from api.history import History
from tests.api import small
from tests.api.test_answers import read_events

pytestmark = pytest.mark.anyio


async def test_a_conversation_keeps_its_answers_with_citations(client: httpx.AsyncClient) -> None:
    begun = await client.post("/v1/conversations", json={"title": "The harbor"})
    assert begun.status_code == 201
    conversation_id = begun.json()["conversation_id"]
    asked = {"question": small.QUESTION, "conversation_id": conversation_id}
    first = (await client.post("/v1/answers", json=asked)).json()
    streamed = await client.post("/v1/answers/stream", json={**asked, "question": "And where do barges pay?"})
    second = read_events(streamed.text)[-1][2]
    read = (await client.get(f"/v1/conversations/{conversation_id}")).json()
    assert read["answers"] == [first, second]
    assert read["answers"][0]["citations"][0]["label"] == "05TALLINN7 ¶2"
    assert read["updated_at"] > read["created_at"]


async def test_conversations_are_listed_renamed_and_deleted(client: httpx.AsyncClient) -> None:
    ids = [
        (await client.post("/v1/conversations", json={"title": title})).json()["conversation_id"]
        for title in ("one", "two")
    ]
    renamed = await client.patch(f"/v1/conversations/{ids[0]}", json={"title": "first"})
    assert renamed.json()["title"] == "first"
    listed = (await client.get("/v1/conversations")).json()["conversations"]
    assert [each["conversation_id"] for each in listed][:2] == ids
    for conversation_id in ids:
        assert (await client.delete(f"/v1/conversations/{conversation_id}")).status_code == 204
        assert (await client.get(f"/v1/conversations/{conversation_id}")).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_unknown_conversation_is_not_found(client: httpx.AsyncClient, method: str) -> None:
    body = {"title": "t"} if method == "PATCH" else None
    response = await client.request(method, "/v1/conversations/none", json=body)
    assert response.status_code == 404
    for route in ("/v1/answers", "/v1/answers/stream"):
        asked = {"question": small.QUESTION, "conversation_id": "none"}
        assert (await client.post(route, json=asked)).status_code == 404


async def test_feedback_is_about_an_answer_or_a_citation(client: httpx.AsyncClient) -> None:
    answer_id = (await client.post("/v1/answers", json={"question": small.QUESTION})).json()["answer_id"]
    for remark in (
        {"answer_id": answer_id, "reason": "helpful"},
        {"answer_id": answer_id, "marker": 1, "reason": "does_not_support", "comment": "It says 212."},
    ):
        given = await client.post("/v1/feedback", json=remark)
        assert given.status_code == 201
        assert remark.items() <= given.json().items()


@pytest.mark.parametrize(
    ("remark", "status"),
    [
        ({"answer_id": "none", "reason": "helpful"}, 404),
        ({"marker": 99, "reason": "wrong"}, 422),
        ({"reason": "boring"}, 422),
        ({"reason": "wrong", "comment": "x" * 4001}, 422),
    ],
    ids=["answer", "marker", "reason", "comment"],
)
async def test_feedback_on_nothing_is_refused(
    client: httpx.AsyncClient, remark: dict[str, object], status: int
) -> None:
    answer_id = (await client.post("/v1/answers", json={"question": small.QUESTION})).json()["answer_id"]
    response = await client.post("/v1/feedback", json={"answer_id": answer_id, **remark})
    assert response.status_code == status
    assert response.json()["error"]["message"]


def test_what_is_old_is_forgotten(tmp_path: Path) -> None:
    history = History.open(tmp_path)
    begun = history.conversations.begin("old", "somebody")
    batch, _ = history.batches.begin("", "old", read_questions("question\nq?\n"), None)
    history.forget_before(datetime.now(UTC) - timedelta(days=1))
    assert history.conversations.get(begun.conversation_id, "somebody").title == "old"
    history.forget_before(datetime.now(UTC) + timedelta(days=1))
    assert history.conversations.latest(5, owner="somebody") == ()
    assert history.batches.latest("", 5) == ()
    assert history.batches.items(batch.batch_id) == ()
    history.close()


def test_a_file_of_before_there_were_keys_is_read(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "history.sqlite")
    columns = "conversation_id TEXT PRIMARY KEY, title TEXT, created_at TEXT, updated_at TEXT"
    old.execute(f"CREATE TABLE conversations ({columns})")
    old.execute("INSERT INTO conversations VALUES ('c', 'The harbor', '2026-01-01', '2026-01-01')")
    old.commit()
    old.close()
    history = History.open(tmp_path)
    assert history.conversations.get("c").title == "The harbor"
    assert history.conversations.latest(5, owner="somebody") == ()
    history.close()
