"""The real clients of OpenAI and Anthropic, against a server on loopback that speaks as theirs do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from rag.answering.answer import Refusal
from rag.llm.answerer import LLMAnswerer, LLMSettings, turn_numbers
from rag.llm.chat_models import load_chat_model, reply_forms
from rag.types import DraftSentence, Filters, Query, Quote, Usage
from tests.made import passages

QUERY = Query("How many flyers?", "How many flyers?", Filters())
PASSAGES = list(passages("The union printed 80,000 flyers.", "Police closed 22 brothels.").values())
FIRST, SECOND = turn_numbers(QUERY, PASSAGES)
TWO = [("It printed 80,000 flyers.", (Quote(1),)), ("Police closed 22.", (Quote(2),))]


class Provider:
    """What the server was asked, and how it answers: a function from a request to status and events."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.refuses_schemas = False
        self.text = json.dumps(
            {
                "sentences": [
                    {"text": "It printed 80,000 flyers.", "passages": [FIRST]},
                    {"text": "Police closed 22.", "passages": [SECOND]},
                ]
            }
        )

    def answer(self, path: str, request: dict[str, Any]) -> tuple[int, list[tuple[str | None, object]]]:
        self.requests.append(request)
        if path.endswith("/messages"):
            return 200, [(str(event["type"]), event) for event in _anthropic_events()]
        if self.refuses_schemas and "response_format" in request:
            return 400, [(None, {"error": {"message": "response_format is not known here"}})]
        text = self.text
        if "response_format" not in request:
            text = f"It printed 80,000 flyers [{FIRST}]. Police closed 22 [{SECOND}]."
        return 200, [(None, chunk) for chunk in _openai_chunks(text)]


def _openai_chunks(text: str) -> Iterator[object]:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    for at in range(0, len(text), 9):
        delta = {"role": "assistant", "content": text[at : at + 9]}
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    usage = {"prompt_tokens": 900, "completion_tokens": 40, "total_tokens": 940}
    yield {**head, "choices": [], "usage": usage}


def _anthropic_events() -> list[dict[str, object]]:
    """Two blocks with citations and one between them, as the documentation of the service shows it."""

    def cited(document: int, text: str) -> dict[str, object]:
        return {
            "type": "content_block_location", "cited_text": text, "document_index": document,
            "document_title": None, "start_block_index": 0, "end_block_index": 1, "file_id": None,
        }  # fmt: skip

    blocks = [
        ["It printed 80,000 fl", "yers", cited(0, "The union printed 80,000 flyers.")],
        [". "],
        ["Police closed", " 22", cited(1, "Police closed 22 brothels."), "."],
    ]
    message = {
        "id": "m", "type": "message", "role": "assistant", "content": [], "model": "claude",
        "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 700, "output_tokens": 1},
    }  # fmt: skip
    events: list[dict[str, object]] = [{"type": "message_start", "message": message}]
    for index, pieces in enumerate(blocks):
        start = {"type": "text", "text": "", "citations": []}
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        for piece in pieces:
            delta = (
                {"type": "text_delta", "text": piece}
                if isinstance(piece, str)
                else {"type": "citations_delta", "citation": piece}
            )
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    ended = {"stop_reason": "end_turn", "stop_sequence": None}
    events.append(
        {"type": "message_delta", "delta": ended, "usage": {"input_tokens": 700, "output_tokens": 30}}
    )
    return [*events, {"type": "message_stop"}]


@pytest.fixture
def provider() -> Iterator[tuple[Provider, str]]:
    told = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            status, events = told.answer(self.path, json.loads(self.rfile.read(length)))
            self.send_response(status)
            kind = "text/event-stream" if status == 200 else "application/json"
            self.send_header("Content-Type", kind)
            self.end_headers()
            for name, event in events:
                data = json.dumps(event)
                if status != 200:
                    self.wfile.write(data.encode())
                    continue
                self.wfile.write((f"event: {name}\n" if name else "").encode() + f"data: {data}\n\n".encode())
            if status == 200 and events[0][0] is None:
                self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield told, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def drafted(
    name: str, url: str, citing: str
) -> tuple[list[tuple[str, tuple[Quote, ...]]], list[Usage], list[Refusal]]:
    model = load_chat_model(name, url, 10.0)
    forms = reply_forms(name, url, citing)  # type: ignore[arg-type]
    writing = LLMAnswerer(model, name, LLMSettings(retry_pause_s=0.0), forms)
    drafts = list(writing.draft(QUERY, PASSAGES))
    return (
        [(d.text, d.quotes) for d in drafts if isinstance(d, DraftSentence)],
        [d for d in drafts if isinstance(d, Usage)],
        [d for d in drafts if isinstance(d, Refusal)],
    )


def test_anthropics_own_citations(provider: tuple[Provider, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
    told, url = provider
    sentences, usages, _ = drafted("anthropic:claude-test", url, "auto")
    assert sentences == TWO
    assert [(u.form, u.input_tokens, u.output_tokens) for u in usages] == [("documents", 700, 30)]
    content = told.requests[0]["messages"][0]["content"]
    documents = [block for block in content if block["type"] == "document"]
    assert [d["source"]["content"][0]["text"] for d in documents] == [p.text for p in PASSAGES]
    assert all(d["citations"] == {"enabled": True} for d in documents)
    assert told.requests[0]["stream"] is True


def test_openais_schema(provider: tuple[Provider, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    told, url = provider
    sentences, usages, _ = drafted("openai:gpt-test", f"{url}/v1", "schema")
    assert sentences == TWO
    assert [(u.form, u.input_tokens, u.output_tokens) for u in usages] == [("schema", 900, 40)]
    schema = told.requests[0]["response_format"]["json_schema"]["schema"]
    passages_schema = schema["properties"]["sentences"]["items"]["properties"]["passages"]
    assert passages_schema["items"]["enum"] == [FIRST, SECOND]


def test_a_server_that_knows_no_schemas_is_asked_in_prose(
    provider: tuple[Provider, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    told, url = provider
    told.refuses_schemas = True
    sentences, usages, _ = drafted("openai:gpt-test", f"{url}/v1", "schema")
    assert sentences == TWO
    assert [u.form for u in usages] == ["schema", "markers"]
    assert usages[0].failure is not None
