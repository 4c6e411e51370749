"""Batches: a CSV in, a sheet out, once for each key, and on again after a cut."""

from __future__ import annotations

import asyncio
import csv
import io
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from api.batches import BatchBook, BatchRunner, read_questions
from api.history import History
from api.service import Service
from rag.errors import ModelUnavailable, UsageError
from rag.index.collection import Collection
from rag.record import AnswerRecord, QuestionIn
from tests.api import small
from tests.api.conftest import asgi_client

pytestmark = pytest.mark.anyio
QUESTIONS = (
    "id,question,tag,top_k\r\n"
    f"a,{small.QUESTION},EWWT;EAGR,4\r\n"
    f"b,{small.EMPTY_QUESTION},,\r\n"
    'c,"What do barges at ""Kalmuse"", the harbor, pay?",,\r\n'
)
CSV = {"content-type": "text/csv"}


async def finished(client: httpx.AsyncClient, batch_id: str) -> dict[str, object]:
    for _ in range(400):
        batch: dict[str, object] = (await client.get(f"/v1/batches/{batch_id}")).json()
        if batch["state"] == "done":
            return batch
        await asyncio.sleep(0.02)
    raise AssertionError("the batch did not come to its end")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


async def test_a_csv_becomes_a_citation_sheet(client: httpx.AsyncClient) -> None:
    begun = await client.post("/v1/batches", content=QUESTIONS, headers=CSV)
    assert begun.status_code == 201
    assert begun.json()["total"] == 3
    batch_id = begun.json()["batch_id"]
    batch = await finished(client, batch_id)
    assert (batch["done"], batch["failed"]) == (3, 0)
    assert batch["outcomes"] == Counter(item["outcome"] for item in batch["items"])
    sheet = rows((await client.get(f"/v1/batches/{batch_id}/result")).text)
    assert {row["id"] for row in sheet} == {"a", "b", "c"}
    assert next(row for row in sheet if row["id"] == "a")["filters"] == "tags: EWWT, EAGR"
    assert next(row for row in sheet if row["id"] == "b")["state"] == "no answer"
    assert {row["cable_id"] for row in sheet if row["id"] == "c"} >= {"07TALLINN9"}
    for format in ("markdown", "bibtex", "ris", "html"):
        document = await client.get(f"/v1/batches/{batch_id}/result", params={"format": format})
        assert "05TALLINN7" in document.text


async def test_programs_send_json(client: httpx.AsyncClient) -> None:
    asked = {"title": "Harbor", "questions": [{"question": small.QUESTION, "policy": "annotate"}]}
    begun = (await client.post("/v1/batches", json=asked)).json()
    batch = await finished(client, begun["batch_id"])
    assert batch["title"] == "Harbor"
    items = batch["items"]
    assert isinstance(items, list)
    record = (await client.get(f"/v1/answers/{items[0]['answer_id']}")).json()
    assert record["policy"] == "annotate"


async def test_the_same_key_begins_nothing_new(client: httpx.AsyncClient) -> None:
    headers = {**CSV, "Idempotency-Key": "monday"}
    sent = [await client.post("/v1/batches", content=QUESTIONS, headers=headers) for _ in range(2)]
    assert [response.status_code for response in sent] == [201, 200]
    assert sent[0].json()["batch_id"] == sent[1].json()["batch_id"]
    other = await client.post("/v1/batches", content="question\nAnother?\n", headers=headers)
    assert other.status_code == 422
    assert "idempotency key" in other.json()["error"]["message"]


async def test_batches_are_listed_page_by_page_and_deleted(client: httpx.AsyncClient) -> None:
    ids = [
        (await client.post("/v1/batches", json={"questions": [{"question": "q?"}]})).json()["batch_id"]
        for _ in range(3)
    ]
    first = (await client.get("/v1/batches", params={"limit": 2})).json()
    second = (await client.get("/v1/batches", params={"limit": 200, "after": first["next"]})).json()
    listed = [batch["batch_id"] for batch in first["batches"] + second["batches"]]
    assert listed[:3] == ids[::-1]
    assert (await client.delete(f"/v1/batches/{ids[0]}")).status_code == 204
    assert (await client.get(f"/v1/batches/{ids[0]}")).status_code == 404


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("text\nq\n", "question"),
        ("question\n\n", "from 1 to"),
        ('question\n"never closed\n', "CSV"),
        ("question,mode\nq,magic\n", "Row 1: mode"),
        ("question,date_from\nq,yesterday\n", "Row 1: date_from"),
        ("question,tag\n,EWWT\n", "Row 1 has no question"),
        ("question\n" + "q\n" * 2001, "2000"),
    ],
    ids=lambda value: value[:20],
)
async def test_a_bad_csv_is_refused_with_its_row(client: httpx.AsyncClient, text: str, says: str) -> None:
    response = await client.post("/v1/batches", content=text, headers=CSV)
    assert response.status_code == 422
    assert says in response.json()["error"]["message"]
    assert (await client.post("/v1/batches", content=b"question\n\xff\n", headers=CSV)).status_code == 422
    assert (await client.post("/v1/batches", json={"questions": []})).status_code == 422


@pytest.mark.parametrize("text", ["question;tag\nq?;A;B\n", "\ufeffQuestion\tid\nq?\t7\n", "question\nq?"])
def test_the_csv_of_any_spreadsheet_is_read(text: str) -> None:
    assert [item.question.question for item in read_questions(text)] == ["q?"]


class Stubborn:
    """Answers as the service does, except that the second question fails until it is let."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.asked: list[str] = []
        self.down = True

    def __call__(self, asked: QuestionIn, owner: str) -> AnswerRecord:
        self.asked.append(asked.question)
        if self.down and asked.question == small.EMPTY_QUESTION:
            raise ModelUnavailable("The model is down.")
        return self.service.answer(asked)


def work_off(runner: BatchRunner, batch_id: str) -> None:
    while runner.is_queued(batch_id):
        time.sleep(0.01)
    runner.close()


def test_what_failed_is_said_and_asked_once_more(service: Service, tmp_path: Path) -> None:
    book, ask = History.open(tmp_path).batches, Stubborn(service)
    batch, _ = book.begin("me", "b", read_questions(QUESTIONS), None)
    runner = BatchRunner(book, ask)
    runner.submit(batch.batch_id, "me")
    runner.close()
    # Closed at once: nothing but what was in the making is answered, and nothing is lost.
    ask.down = True
    again = BatchRunner(book, ask)
    again.resume()
    work_off(again, batch.batch_id)
    found = book.get(batch.batch_id, "me")
    assert (found.done, found.failed, found.complete) == (2, 1, True)
    assert sorted(ask.asked) == sorted(item.question.question for item in read_questions(QUESTIONS))
    errors = [item.error for item in book.items(batch.batch_id) if item.error]
    assert [error.code for error in errors] == ["model_unavailable"]
    ask.down = False
    book.retry(batch.batch_id, "me")
    last = BatchRunner(book, ask)
    last.submit(batch.batch_id, "me")
    work_off(last, batch.batch_id)
    assert book.get(batch.batch_id, "me").done == 3
    assert len(ask.asked) == 4


def test_of_two_processes_over_one_book_each_question_is_asked_once(service: Service, tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(question: QuestionIn, _owner: str) -> AnswerRecord:
        asked.append(question.question)
        time.sleep(0.02)
        return service.answer(question)

    books = [History.open(tmp_path).batches for _ in range(2)]
    batch, _ = books[0].begin("me", "b", read_questions(QUESTIONS), None)
    runners = [BatchRunner(book, ask) for book in books]
    assert not runners[0].is_queued(batch.batch_id)
    # The second starts while the first works, as where a server is replaced.
    runners[0].submit(batch.batch_id, "me")
    while not asked:
        time.sleep(0.001)
    # It says that the batch is being worked off, though not by itself.
    assert runners[1].is_queued(batch.batch_id)
    runners[1].resume()
    deadline = time.monotonic() + 60
    while not books[1].get(batch.batch_id, "me").complete:
        assert time.monotonic() < deadline, "the batch did not come to its end"
        time.sleep(0.01)
    for runner in runners:
        runner.close()
    assert len(asked) == batch.total


async def test_a_server_takes_up_what_another_left(tmp_path: Path, collection: Collection) -> None:
    left = small.build_service(collection)
    batch, _ = left.history.batches.begin("", "b", read_questions(QUESTIONS), None)
    left.close()
    next_one = small.build_service(collection)
    next_one.batches.resume()
    found = await finished(asgi_client(next_one), batch.batch_id)
    next_one.close()
    assert found["done"] == 3


def test_a_batch_belongs_to_its_owner(service: Service) -> None:
    book: BatchBook = service.history.batches
    batch, _ = book.begin("me", "b", read_questions("question\nq?\n"), "key")
    other, new = book.begin("you", "b", read_questions("question\nother?\n"), "key")
    assert new
    assert batch.batch_id != other.batch_id
    assert [each.batch_id for each in book.latest("you", 10)] == [other.batch_id]
    for act in (book.get, book.retry, book.delete):
        with pytest.raises(Exception, match="no batch"):
            act(batch.batch_id, "you")


def test_more_questions_than_a_batch_may_have() -> None:
    with pytest.raises(UsageError, match="2001"):
        read_questions("question\n" + "q\n" * 2001)
