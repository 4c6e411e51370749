"""The Python client against a real server, with connections that are cut on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.client import Answer, Client, ClientError
from tests.api import small


@pytest.fixture
def client(live_url: str) -> Iterator[Client]:
    with Client(live_url) as opened:
        yield opened


class Cut(httpx.SyncByteStream):
    """A stream that breaks off after some lines."""

    def __init__(self, stream: httpx.SyncByteStream, events: int) -> None:
        self._stream, self._events = stream, events

    def __iter__(self) -> Iterator[bytes]:
        left = self._events
        for part in self._stream:
            for line in part.splitlines(keepends=True):
                yield line
                left -= line.startswith(b"data:")
                if left < 0:
                    raise httpx.ReadError("cut")

    def close(self) -> None:
        self._stream.close()


class Cutting(httpx.HTTPTransport):
    """A network on which every stream breaks off in the middle of its second event."""

    cuts = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        if request.url.path.endswith("/stream"):
            self.cuts += 1
            response.stream = Cut(response.stream, 1)
        return response


def without_fleeting(answer: Answer) -> dict[str, object]:
    return {k: v for k, v in answer.raw.items() if k not in {"answer_id", "timings_ms", "created_at"}}


def test_an_answer_has_its_citations(client: Client) -> None:
    answer = client.ask(small.QUESTION, filters={"tags": ["EWWT"]}, top_k=4)
    cited = answer.citations[0]
    assert (answer.outcome, cited.label, cited.origin) == ("answered", "05TALLINN7 ¶2", "Embassy Tallinn")
    assert (
        cited.quote
        == client.paragraph(cited.cable_id, cited.paragraph).text[cited.char_start : cited.char_end]
    )
    assert answer.sentences[0].verdict == "supported"
    assert client.answer(answer.answer_id).raw == answer.raw


def test_a_stream_ends_with_the_same_answer(client: Client) -> None:
    events = list(client.stream(small.QUESTION))
    assert [event.name for event in events[:2]] == ["retrieved", "sentence"]
    assert events[-1].answer is not None
    assert without_fleeting(events[-1].answer) == without_fleeting(client.ask(small.QUESTION))


def test_a_stream_that_is_cut_again_and_again_loses_and_repeats_nothing(live_url: str) -> None:
    network = Cutting()
    with Client(live_url, client=httpx.Client(transport=network)) as client:
        events = list(client.stream(small.QUESTION))
    numbers = [int(event.event_id.rpartition(":")[2]) for event in events]
    assert numbers == list(range(1, len(events) + 1))
    assert events[-1].answer is not None
    assert network.cuts == len(events)


def test_search_and_cables(client: Client) -> None:
    assert client.search("barges quay", k=3, tag=["EWWT"])[0].label == "05TALLINN7 ¶2"
    assert [cable.cable_id for cable in client.cables(date_from="2007-01-01")] == ["07TALLINN9"]
    cable = client.cable("05 tallinn 7")
    assert cable.referenced_by == ("07TALLINN9",)
    assert cable.paragraphs[1].label == "05TALLINN7 ¶2"
    assert client.cable("1976MUSCAT00301").origin is None


def test_verify(client: Client) -> None:
    checked = client.verify("The harbor master counted 999 barges in April (05TALLINN7 ¶2).")
    assert checked.sentences[0].verdict == "contradicted"
    assert client.verify("It rained [1].", ["It rained."]).sentences[0].verdict == "supported"


def test_conversations_and_feedback(client: Client) -> None:
    begun = [client.begin_conversation(f"number {n}") for n in range(3)]
    answer = client.ask(small.QUESTION, conversation_id=begun[0].conversation_id)
    assert client.give_feedback(answer.answer_id, "does_not_support", marker=1, comment="It says 212.")
    read = client.conversation(begun[0].conversation_id)
    assert [each.raw for each in read.answers] == [answer.raw]
    listed = [each.conversation_id for each in client.conversations()]
    assert listed[0] == begun[0].conversation_id
    assert set(listed) >= {each.conversation_id for each in begun}
    client.delete_conversation(begun[0].conversation_id)
    with pytest.raises(ClientError, match="not_found"):
        client.conversation(begun[0].conversation_id)


def test_a_list_goes_on_where_a_page_ended(client: Client, live_url: str) -> None:
    begun = {client.begin_conversation(f"number {n}").conversation_id for n in range(5)}
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = httpx.get(f"{live_url}/v1/conversations", params={"limit": 2, **after}).json()
        seen += [each["conversation_id"] for each in page["conversations"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(seen) == len(set(seen))
    assert set(seen) >= begun


def test_failures_are_of_one_kind(client: Client) -> None:
    with pytest.raises(ClientError) as refused:
        client.ask("x" * 5000)
    assert (refused.value.status, refused.value.code) == (422, "usage")
    with pytest.raises(ClientError, match="no cable"):
        client.cable("05TALLINN8")
    with pytest.raises(ClientError, match="usage"):
        list(client.stream("q", mode="llm"))
    with Client("http://127.0.0.1:9") as nowhere, pytest.raises(ClientError, match="unreachable"):
        nowhere.ask("q")


def test_the_documented_example_runs(live_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    document = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    example = document.partition("```python\n")[2].partition("```")[0]
    assert "http://127.0.0.1:8000" in example
    exec(example.replace("http://127.0.0.1:8000", live_url), {})
    assert "retrieved" in capsys.readouterr().out


def test_a_batch_is_begun_once_waited_for_and_read_as_a_sheet(client: Client) -> None:
    asked = [small.QUESTION, {"question": small.EMPTY_QUESTION, "policy": "annotate"}]
    begun = client.begin_batch(asked, title="Harbor", idempotency_key="harbor")
    assert (begun.title, begun.total, begun.items) == ("Harbor", 2, ())
    assert client.begin_batch(asked, title="Harbor", idempotency_key="harbor").batch_id == begun.batch_id
    done = client.wait_for_batch(begun.batch_id, every_s=0.02)
    assert (done.state, done.done, done.failed) == ("done", 2, 0)
    assert [item.outcome for item in done.items] == ["answered", "not_in_corpus"]
    first = done.items[0]
    assert first.answer_id is not None and "212 barges" in client.answer(first.answer_id).text
    assert "05TALLINN7" in client.batch_result(begun.batch_id)
    assert client.retry_batch(begun.batch_id).state == "done"
    assert begun.batch_id in [batch.batch_id for batch in client.batches()]
    client.delete_batch(begun.batch_id)
    with pytest.raises(ClientError) as raised:
        client.batch(begun.batch_id)
    assert raised.value.status == 404
    with pytest.raises(ClientError, match="timeout"):
        client.wait_for_batch(client.begin_batch(asked * 40).batch_id, timeout_s=-1)
