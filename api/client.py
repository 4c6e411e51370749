"""A client for a running server: one file that needs httpx and nothing else.

    with Client("http://127.0.0.1:8000", api_key="…") as client:
        answer = client.ask("How many tons of cod did inspectors weigh out of the trawler Hrafnsey?")
        for citation in answer.citations:
            print(citation.marker, citation.label, citation.quote)

Values are typed; what a newer server adds is in `raw`. Every failure is a ``ClientError``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints
from urllib.parse import quote

import httpx

T = TypeVar("T", bound="Value")
JSON = Mapping[str, Any]


class ClientError(Exception):
    """The server refused, failed, or cannot be reached (`status` is None then)."""

    def __init__(
        self, code: str, message: str, status: int | None = None, detail: JSON | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.detail = code, message, status, dict(detail or {})


class Value:
    """Something the server said: typed below, and whole in `raw`. None where a source does not say."""

    def __init__(self, raw: JSON) -> None:
        self.raw = raw
        for name, hint in _hints(type(self)).items():
            if name not in raw and name not in type(self).__dict__:
                raise ClientError("server_failed", f"A cableqa server sends {name!r}, and this one does not.")
            setattr(self, name, _typed(hint, raw.get(name, getattr(type(self), name, None))))


class Source(Value):
    """What is known of the cable that something stands in."""

    cable_id: str
    origin: str | None
    sent_at: str | None
    classification: str | None
    subject: str | None


class Citation(Source):
    """The exact words that a sentence rests on: ``paragraph_text[char_start:char_end] == quote``."""

    marker: int
    paragraph: str
    label: str
    quote: str
    char_start: int
    char_end: int
    verdict: str


class Evidence(Source):
    """A paragraph that was found, with its score and why."""

    paragraph: str
    label: str
    text: str
    score: float
    found_by: str


class Sentence(Value):
    """A sentence with its verdict; an answer's says by index in `raw` which citations it has."""

    text: str
    verdict: str
    reason: str


class Answer(Value):
    """An answer. `outcome` is answered, partial, conflicting or not_in_corpus."""

    answer_id: str
    question: str
    outcome: str
    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    evidence: tuple[Evidence, ...]


class Paragraph(Value):
    """A paragraph of a cable."""

    cable_id: str
    paragraph: str
    label: str
    text: str


class Cable(Source):
    """A cable; one of a list has no paragraphs."""

    tags: tuple[str, ...]
    referenced_by: tuple[str, ...] = ()
    paragraphs: tuple[Paragraph, ...] = ()


class Verification(Value):
    """The verdicts on a text, sentence by sentence."""

    sentences: tuple[Sentence, ...]
    verifier: str


class Conversation(Value):
    """A conversation; one of a list has no answers."""

    conversation_id: str
    title: str
    answers: tuple[Answer, ...] = ()


class BatchItem(Value):
    """A question of a batch; `answer_id` and `outcome` are None while it waits, or where `error` says why."""

    id: str
    question: str
    answer_id: str | None
    outcome: str | None
    error: JSON | None


class Batch(Value):
    """Many questions. `state` is waiting, running or done; `items` are those of ``Client.batch`` alone."""

    batch_id: str
    title: str
    state: str
    total: int
    done: int
    failed: int
    items: tuple[BatchItem, ...] = ()


class Event(NamedTuple):
    """One event of a stream: `retrieved`, `sentence` or, last, `answer` with the whole `answer`."""

    event_id: str
    name: str
    data: JSON
    answer: Answer | None


class Client:
    """One server. `client` may be given to use a transport or proxy of your own."""

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8000",
        api_key: str | None = None,
        *,
        timeout_s: float = 120.0,
        retries: int = 5,
        client: httpx.Client | None = None,
    ) -> None:
        self._http, self._retries = client or httpx.Client(timeout=timeout_s), retries
        self._http.base_url = httpx.URL(base_url)
        if api_key:
            self._http.headers["Authorization"] = f"Bearer {api_key}"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, question: str, *, conversation_id: str | None = None, **options: Any) -> Answer:
        """The whole answer; `options` are filters, mode, policy, top_k, history as the API has them."""
        body = {"question": question, "conversation_id": conversation_id, **options}
        return Answer(self._json("POST", "/v1/answers", json=body))

    def stream(self, question: str, *, conversation_id: str | None = None, **options: Any) -> Iterator[Event]:
        """The events of an answer as they come; a cut connection is taken up again behind the last one."""
        body = {"question": question, "conversation_id": conversation_id, **options}
        last, cuts = "", 0
        while True:
            try:
                for event in self._events(body, last):
                    last, cuts = event.event_id, 0
                    yield event
                    if event.answer is not None:
                        return
                raise httpx.ReadError("the stream ended before the answer")
            except httpx.TransportError as error:
                cuts += 1
                if not last or cuts > self._retries:
                    raise ClientError("unreachable", str(error)) from error
                time.sleep(min(0.1 * 2**cuts, 5.0))

    def answer(self, answer_id: str) -> Answer:
        return Answer(self._json("GET", _at("answers", answer_id)))

    def search(self, query: str, k: int = 10, **filters: str | Sequence[str]) -> tuple[Evidence, ...]:
        """Paragraphs, best first; filters as in the query string: origin, tag, date_from..."""
        found = self._json("GET", "/v1/search", params={"q": query, "k": k, **filters})
        return tuple(Evidence(hit) for hit in found["hits"])

    def cables(self, **filters: str | Sequence[str]) -> Iterator[Cable]:
        """Every cable that passes the filters, page after page."""
        return self._pages(Cable, "cables", {"limit": 200, **filters})

    def cable(self, cable_id: str) -> Cable:
        return Cable(self._json("GET", _at("cables", cable_id)))

    def paragraph(self, cable_id: str, label: str) -> Paragraph:
        return Paragraph(self._json("GET", _at("cables", cable_id, "paragraphs", label)))

    def verify(self, text: str, paragraphs: Sequence[str] | None = None) -> Verification:
        """Check a text: it cites "(09ASTANA1206 ¶9)", or [1], [2]... where `paragraphs` are given."""
        given = None if paragraphs is None else [{"text": paragraph} for paragraph in paragraphs]
        return Verification(self._json("POST", "/v1/verify", json={"text": text, "paragraphs": given}))

    def give_feedback(
        self, answer_id: str, reason: str, marker: int | None = None, comment: str | None = None
    ) -> str:
        """Say what is right or wrong with an answer or its citation `marker`; returns the remark's id."""
        remark = {"answer_id": answer_id, "marker": marker, "reason": reason, "comment": comment}
        return str(self._json("POST", "/v1/feedback", json=remark)["feedback_id"])

    def export(self, answer_id: str, format: str = "markdown") -> str:
        """An answer as markdown, csv, bibtex, ris or html."""
        return self._send("GET", _at("answers", answer_id, "export"), params={"format": format}).text

    def begin_batch(
        self, questions: Sequence[str | JSON], title: str = "Batch", idempotency_key: str | None = None
    ) -> Batch:
        """Have questions answered one after the other: texts, or questions with options as the API has them.

        Sent again with the same key, it begins nothing new.
        """
        asked = [{"question": item} if isinstance(item, str) else dict(item) for item in questions]
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        body = {"title": title, "questions": asked}
        return Batch(self._json("POST", "/v1/batches", json=body, headers=headers))

    def batches(self) -> Iterator[Batch]:
        """Every batch, the latest first."""
        return self._pages(Batch, "batches", {"limit": 200})

    def batch(self, batch_id: str) -> Batch:
        """How far it is, question by question."""
        return Batch(self._json("GET", _at("batches", batch_id)))

    def wait_for_batch(self, batch_id: str, timeout_s: float = 3600.0, every_s: float = 1.0) -> Batch:
        """The batch once all of it is answered or has failed. Raises ClientError where that takes longer."""
        ends = time.monotonic() + timeout_s
        while (batch := self.batch(batch_id)).state != "done":
            if time.monotonic() > ends:
                raise ClientError("timeout", f"{batch.done} of {batch.total} are answered by now.")
            time.sleep(every_s)
        return batch

    def batch_result(self, batch_id: str, format: str = "csv") -> str:
        """The citation sheet of what is answered so far; or markdown, bibtex, ris or html."""
        return self._send("GET", _at("batches", batch_id, "result"), params={"format": format}).text

    def retry_batch(self, batch_id: str) -> Batch:
        """Have what failed asked once more."""
        return Batch(self._json("POST", _at("batches", batch_id, "retry")))

    def delete_batch(self, batch_id: str) -> None:
        self._send("DELETE", _at("batches", batch_id))

    def conversations(self) -> Iterator[Conversation]:
        """Every conversation, the most recently used first."""
        return self._pages(Conversation, "conversations", {"limit": 200})

    def conversation(self, conversation_id: str) -> Conversation:
        return Conversation(self._json("GET", _at("conversations", conversation_id)))

    def begin_conversation(self, title: str) -> Conversation:
        return Conversation(self._json("POST", "/v1/conversations", json={"title": title}))

    def delete_conversation(self, conversation_id: str) -> None:
        self._send("DELETE", _at("conversations", conversation_id))

    def _pages(self, kind: type[T], name: str, params: Mapping[str, Any]) -> Iterator[T]:
        after: dict[str, str] = {}
        while True:
            page = self._json("GET", f"/v1/{name}", params={**params, **after})
            yield from (kind(item) for item in page[name])
            if not page.get("next"):
                return
            after = {"after": page["next"]}

    def _json(self, method: str, path: str, **sent: Any) -> Any:
        return self._send(method, path, **sent).json()

    def _send(self, method: str, path: str, **sent: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **sent)
        except httpx.TransportError as error:
            raise ClientError("unreachable", str(error)) from error
        _require(response)
        return response

    def _events(self, body: JSON, last: str) -> Iterator[Event]:
        headers = {"Last-Event-ID": last} if last else {}
        with self._http.stream("POST", "/v1/answers/stream", json=body, headers=headers) as response:
            if response.is_error:
                response.read()
            _require(response)
            told: dict[str, str] = {}
            for line in response.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    told[name] = value
                elif "data" in told:
                    yield _event(told)
                    told = {}


def _event(told: Mapping[str, str]) -> Event:
    data = json.loads(told["data"])
    if told["event"] == "error":
        raise ClientError(data["error"]["code"], data["error"]["message"], detail=data["error"]["detail"])
    answer = Answer(data) if told["event"] == "answer" else None
    return Event(told["id"], told["event"], data, answer)


def _require(response: httpx.Response) -> None:
    if response.is_error:
        try:
            error = response.json()["error"]
            facts = (error["code"], error["message"], response.status_code, error["detail"])
        except (ValueError, KeyError, TypeError):
            facts = ("server_failed", response.text[:200], response.status_code, None)
        raise ClientError(*facts)


def _at(*parts: str) -> str:
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)


def _hints(kind: type[Value]) -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(kind).items() if name != "raw"}


def _typed(hint: Any, value: Any) -> Any:
    """A list becomes a tuple of what the field's type says: its JSON as values, or as it is."""
    if not isinstance(value, list):
        return value
    inner = get_args(hint)[0]
    return tuple(inner(item) if issubclass(inner, Value) else item for item in value)
