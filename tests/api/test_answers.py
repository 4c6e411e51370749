"""Asking over HTTP: whole, streamed, stored; and what is refused."""

from __future__ import annotations

import json

import httpx
import pytest

from api.service import Service
from rag.record import AnswerRecord
from tests.api import small
from tests.api.conftest import asgi_client

pytestmark = pytest.mark.anyio
# What differs between two runs of one question.
FLEETING = {"answer_id", "timings_ms", "created_at"}


def read_events(text: str) -> list[tuple[str, str, dict[str, object]]]:
    """(event, id, data) of every event in the body of a stream."""
    events = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append((fields["event"], fields["id"], json.loads(fields["data"])))
    return events


async def test_an_answer_quotes_its_paragraph(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/answers", json={"question": small.QUESTION})
    assert response.status_code == 200
    record = AnswerRecord.model_validate(response.json())
    assert record.outcome == "answered"
    cited = next(citation for citation in record.citations if "212 barges" in citation.quote)
    assert cited.label == "05TALLINN7 ¶2"
    assert cited.quote == small.HARBOR[2][1][cited.char_start : cited.char_end]


@pytest.mark.parametrize(
    ("question", "stated"),
    [
        ("Who signed 05TALLINN7?", "05TALLINN7 is signed HOLT."),
        ("Who signed 1976MUSCAT00301?", "1976MUSCAT00301 gives no signature."),
        ("Who wrote telegram 05 Tallinn 7?", "05TALLINN7 was sent by Embassy Tallinn and is signed HOLT."),
        ("When was 05TALLINN7 sent?", "05TALLINN7 was sent on 2005-05-04 at 09:30 UTC."),
        (
            "What is the date of cable 1976MUSCAT00301?",
            "1976MUSCAT00301 was sent in 1976; the collection has no more exact date.",
        ),
        ("How is 05TALLINN7 classified?", "05TALLINN7 is marked UNCLASSIFIED."),
        ("What are the TAGS of 05TALLINN7?", "05TALLINN7 has the TAGS EWWT."),
        ("Who was 05TALLINN7 addressed to?", "05TALLINN7 names no addressee."),
        ("Which post sent 1976MUSCAT00301?", "1976MUSCAT00301 names no post that sent it."),
        ("Which precedence does 05TALLINN7 have?", "05TALLINN7 gives no precedence."),
        (
            "How many cables did Holt sign?",
            "3 cables were signed HOLT: 05TALLINN7, 06LUSAKA12, 07TALLINN9.",
        ),
    ],
)
async def test_what_a_header_says_is_told_and_cites_nothing(
    client: httpx.AsyncClient, question: str, stated: str
) -> None:
    record = (await client.post("/v1/answers", json={"question": question})).json()
    assert (record["outcome"], record["citations"]) == ("not_in_corpus", [])
    assert record["absence"]["stated"] == [stated]
    assert record["text"].startswith(stated)


@pytest.mark.parametrize(
    ("question", "stated"),
    [
        (
            "How many cables did Embassy Tallinn send?",
            "2 cables of this collection pass the filters (Embassy Tallinn): 05TALLINN7, 07TALLINN9.",
        ),
        (
            "How many telegrams are from Embassy Lusaka?",
            "1 cable of this collection passes the filters (Embassy Lusaka): 06LUSAKA12.",
        ),
        ("How many cables are in the collection?", "This collection has 4 cables."),
        ("Which cables did Holt sign?", "3 cables were signed HOLT: 05TALLINN7, 06LUSAKA12, 07TALLINN9."),
        (
            "How many cables were sent in 2006?",
            "1 cable of this collection passes the filters (from 2006-01-01 to 2006-12-31): 06LUSAKA12.",
        ),
    ],
)
async def test_cables_are_counted_by_their_headers(
    client: httpx.AsyncClient, question: str, stated: str
) -> None:
    record = (await client.post("/v1/answers", json={"question": question})).json()
    assert (record["absence"] or {}).get("stated") == [stated]
    assert record["coverage"] == "complete"
    assert (record["sentences"], record["evidence"]) == ([], [])


async def test_a_header_is_asked_twice_and_of_the_cable_that_was_spoken_of(client: httpx.AsyncClient) -> None:
    question = "Who signed 05TALLINN7, and when was it sent?"
    record = (await client.post("/v1/answers", json={"question": question})).json()
    told = ["05TALLINN7 is signed HOLT.", "05TALLINN7 was sent on 2005-05-04 at 09:30 UTC."]
    assert record["absence"]["stated"] == told
    assert record["evidence"] == []
    talk = [{"question": "What does 05TALLINN7 say?", "answer": "212 [1]."}]
    asked = {"question": "When was it sent?", "history": talk}
    assert (await client.post("/v1/answers", json=asked)).json()["absence"]["stated"] == told[1:]
    talk.append({"question": "When was it sent?", "answer": told[1]})
    asked = {"question": "Who signed it?", "history": talk}
    assert (await client.post("/v1/answers", json=asked)).json()["absence"]["stated"] == told[:1]


@pytest.mark.parametrize(
    "before",
    [
        "What do 05TALLINN7 and 06LUSAKA12 say?",
        "What does 05TALLINN7 say of the letter to the harbor master?",
    ],
)
async def test_what_a_cable_speaks_of_is_not_the_cable(client: httpx.AsyncClient, before: str) -> None:
    talk = [{"question": before, "answer": "212 [1]."}]
    for question in ("When was it written?", "Who signed it?", "Who received them?"):
        record = (await client.post("/v1/answers", json={"question": question, "history": talk})).json()
        assert not (record["absence"] or {}).get("stated"), question


async def test_a_question_in_another_language_is_told_apart_from_silence(client: httpx.AsyncClient) -> None:
    asked = {"question": "Wie viele Lastkähne wurden im April gezählt?"}
    record = (await client.post("/v1/answers", json=asked)).json()
    assert (record["outcome"], record["absence"]["language"]) == ("not_in_corpus", "German")
    assert "this one seems to be in German" in record["text"]
    # What the collection tells all the same is told first, and is what the answer is called.
    for question, told, heading in (
        (asked["question"], "None of 7 paragraphs in 4 cables", "Not asked in English"),
        ("Was sagte 05TALLINN999 über Vulkane?", "there is no cable 05TALLINN999", "Not in this collection"),
    ):
        given = (await client.post("/v1/answers", json={"question": question})).json()
        assert told in given["text"].split("Questions are read in English")[0]
        exported = await client.get(f"/v1/answers/{given['answer_id']}/export?format=markdown")
        assert f"*{heading}.*" in exported.text
    header = (await client.post("/v1/answers", json={"question": "Who signed 05TALLINN7?"})).json()
    assert header["absence"]["language"] is None


async def test_both_sides_of_a_comparison_are_cited_and_one_that_is_missing_is_told(
    client: httpx.AsyncClient,
) -> None:
    asked = {"question": "How did the barges counted in the harbor differ from the hail in orchards?"}
    record = (await client.post("/v1/answers", json=asked)).json()
    assert {citation["cable_id"] for citation in record["citations"]} == {"05TALLINN7", "06LUSAKA12"}
    asked = {"question": "Compare the barges counted in April with the volcano beneath parliament."}
    record = (await client.post("/v1/answers", json=asked)).json()
    assert {citation["cable_id"] for citation in record["citations"]} == {"05TALLINN7"}
    assert any("volcano" in note and "No paragraph was found" in note for note in record["notes"])


@pytest.mark.parametrize("policy", ["annotate", "repair"])
async def test_how_many_cables_mention_something_is_what_the_answer_begins_with(
    client: httpx.AsyncClient, policy: str
) -> None:
    asked = {"question": "How many cables mention barges?", "policy": policy}
    record = (await client.post("/v1/answers", json=asked)).json()
    told = "2 cables mention “barges”, in 2 paragraphs; 7 paragraphs were scanned."
    assert record["text"].startswith(f"{told} Embassy")
    assert told not in record["notes"]
    assert {citation["cable_id"] for citation in record["citations"]} == {"05TALLINN7", "07TALLINN9"}
    asked["question"] = "How many cables mention volcanoes?"
    record = (await client.post("/v1/answers", json=asked)).json()
    assert record["text"] == "No cable mentions “volcanoes”; 7 paragraphs were scanned."


async def test_a_count_that_the_caller_excludes_is_not_told(client: httpx.AsyncClient) -> None:
    asked = {
        "question": "How many cables are from Embassy Tallinn?",
        "filters": {"origins": ["Embassy Lusaka"]},
    }
    record = (await client.post("/v1/answers", json=asked)).json()
    assert not (record["absence"] or {}).get("stated")


async def test_a_header_is_told_beside_what_is_not_there_and_within_the_filters(
    client: httpx.AsyncClient,
) -> None:
    asked: dict[str, object] = {"question": "When were 05TALLINN7 and 05TALLINN88 sent?"}
    record = (await client.post("/v1/answers", json=asked)).json()
    assert record["absence"]["stated"] == ["05TALLINN7 was sent on 2005-05-04 at 09:30 UTC."]
    assert any("There is no cable 05TALLINN88" in note and "Near it" in note for note in record["notes"])
    asked = {"question": "When was 05TALLINN7 sent?", "filters": {"origins": ["Embassy Lusaka"]}}
    record = (await client.post("/v1/answers", json=asked)).json()
    assert record["absence"]["stated"] == []
    assert "05TALLINN7 is named, and the filters exclude it." in record["notes"]


async def test_a_search_for_what_a_header_says_finds_the_cable(client: httpx.AsyncClient) -> None:
    found = (await client.get("/v1/search", params={"q": "When was 05TALLINN7 sent?"})).json()
    assert found["hits"][0]["cable_id"] == "05TALLINN7"


async def test_what_the_text_tells_is_no_question_of_the_header(client: httpx.AsyncClient) -> None:
    for question in (
        "Who signed the treaty in 05TALLINN7?",
        "Was there a signature to it in 05TALLINN7?",
        "When was the harbor dredged in 05TALLINN7?",
        "Who was sent to the quay in 05TALLINN7?",
        "When was 05TALLINN7 sent to parliament?",
        "Who signed 05TALLINN7, and when did the dredging end?",
        "How many cables did Embassy Tallinn send about dredging?",
        "Which cables are about the barges?",
        "Who signed reftel A of 07TALLINN9?",
        "Which cables are not from Embassy Tallinn?",
        "How many cables were not sent in 2006?",
        "Which embassy sent the most cables?",
        "What year has the most cables?",
        "How many cables did he sign?",
        "How many cables have no date?",
        "How many cables did the embassy send?",
        "How many cables did Embassy Paris send?",
        "How many cables are classified TOP SECRET?",
        "Which documents were signed on 26 May 1972?",
        "Which cables tagged human rights describe torture in prisons?",
        "How many cables are from Embassy Tallinn or Embassy Lusaka?",
    ):
        record = (await client.post("/v1/answers", json={"question": question})).json()
        assert not (record["absence"] or {}).get("stated"), question


@pytest.mark.parametrize(
    "asked",
    [
        {"question": small.QUESTION},
        {"question": small.EMPTY_QUESTION},
        {"question": "How many cables mention barges?"},
        {"question": "What does 07TALLINN9 say?", "top_k": 1},
        {
            "question": "And who counted them?",
            "history": [{"question": small.QUESTION, "answer": "212 [1]."}],
            "filters": {"origins": ["Embassy Tallinn"]},
            "policy": "annotate",
        },
    ],
    ids=["quoted", "absent", "all", "one cable", "follow-up"],
)
async def test_the_stream_ends_with_the_same_record(
    client: httpx.AsyncClient, asked: dict[str, object]
) -> None:
    whole = (await client.post("/v1/answers", json=asked)).json()
    response = await client.post("/v1/answers/stream", json=asked)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    assert response.text.startswith(":")
    events = read_events(response.text)
    names = [name for name, _, _ in events]
    assert names[0] == "retrieved"
    assert names[-1] == "answer"
    assert set(names[1:-1]) <= {"sentence"}
    streamed = events[-1][2]
    assert {k: v for k, v in streamed.items() if k not in FLEETING} == {
        k: v for k, v in whole.items() if k not in FLEETING
    }
    sentences = [data["sentence"] for name, _, data in events if name == "sentence"]
    assert sentences == streamed["sentences"]


async def test_event_ids_count_from_one(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/answers/stream", json={"question": small.QUESTION})
    ids = [event_id.rpartition(":") for _, event_id, _ in read_events(response.text)]
    assert len({run for run, _, _ in ids}) == 1
    assert [int(number) for _, _, number in ids] == list(range(1, len(ids) + 1))


async def test_a_stream_resumes_behind_each_event(client: httpx.AsyncClient) -> None:
    asked = {"question": small.QUESTION}
    events = read_events((await client.post("/v1/answers/stream", json=asked)).text)
    for position, (_, event_id, _) in enumerate(events, start=1):
        again = await client.post("/v1/answers/stream", json=asked, headers={"Last-Event-ID": event_id})
        assert read_events(again.text) == events[position:]


async def test_an_unknown_event_id_is_said(client: httpx.AsyncClient) -> None:
    for event_id in ("gone:3", "nothing", ":"):
        response = await client.post(
            "/v1/answers/stream", json={"question": small.QUESTION}, headers={"Last-Event-ID": event_id}
        )
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "not_found"


async def test_an_event_id_goes_with_its_question(client: httpx.AsyncClient) -> None:
    events = read_events((await client.post("/v1/answers/stream", json={"question": small.QUESTION})).text)
    response = await client.post(
        "/v1/answers/stream", json={"question": "Another?"}, headers={"Last-Event-ID": events[0][1]}
    )
    assert response.status_code == 422


async def test_what_is_not_there_is_an_answer_and_no_error(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/answers", json={"question": small.EMPTY_QUESTION})
    assert response.status_code == 200
    assert response.json()["outcome"] == "not_in_corpus"
    assert response.json()["citations"] == []
    assert response.json()["sentences"] == []


async def test_a_stored_answer_comes_back_as_it_was(client: httpx.AsyncClient) -> None:
    given = (await client.post("/v1/answers", json={"question": small.QUESTION})).json()
    stored = await client.get(f"/v1/answers/{given['answer_id']}")
    assert stored.json() == given
    again = (await client.post(f"/v1/answers/{given['answer_id']}/reverify")).json()
    assert again["holds"] is True
    assert {citation["state"] for citation in again["citations"]} == {"same"}


async def test_an_unknown_answer_is_not_found(client: httpx.AsyncClient) -> None:
    for response in (await client.get("/v1/answers/none"), await client.post("/v1/answers/none/reverify")):
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"question": "x" * 20_000}, "20000 characters"),
        ({"question": "   "}, "empty"),
        ({}, "question"),
        ({"question": "q", "top_k": 0}, "top_k"),
        ({"question": "q", "mode": "magic"}, "mode"),
        ({"question": "q", "colour": "red"}, "colour"),
        ({"question": "q", "filters": {"date_from": "2009-02-01", "date_to": "2009-01-01"}}, "date_from"),
        ({"question": "q", "filters": {"date_from": "yesterday"}}, "filters.date_from"),
        ({"question": "q", "mode": "llm"}, "language model"),
    ],
    ids=["long", "blank", "missing", "top_k", "mode", "unknown field", "dates", "no date", "no llm"],
)
@pytest.mark.parametrize("route", ["/v1/answers", "/v1/answers/stream"])
async def test_a_bad_question_is_refused_in_words(
    client: httpx.AsyncClient, route: str, body: dict[str, object], says: str
) -> None:
    response = await client.post(route, json=body)
    assert response.status_code == 422
    error = response.json()["error"]
    assert set(error) == {"code", "message", "detail"}
    assert says in error["message"]


@pytest.mark.parametrize("route", ["/v1/answers", "/v1/answers/stream"])
async def test_an_empty_collection_is_an_error_and_no_answer(empty_service: Service, route: str) -> None:
    response = await asgi_client(empty_service).post(route, json={"question": small.QUESTION})
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "collection_empty"


async def test_what_is_no_json_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/answers", content=b"{", headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "invalid_request"


async def test_filters_narrow_the_evidence(client: httpx.AsyncClient) -> None:
    asked = {"question": small.QUESTION, "filters": {"origins": ["Embassy Lusaka"]}}
    record = (await client.post("/v1/answers", json=asked)).json()
    assert {hit["cable_id"] for hit in record["evidence"]} <= {"06LUSAKA12"}
    assert record["filters_applied"]["origins"] == ["Embassy Lusaka"]
