"""A language model's endpoint that hangs, resets, lies, is late or limits: a typed failure, in time, kept."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from rag.errors import ModelUnavailable
from rag.llm.answerer import LLMAnswerer, LLMSettings
from rag.llm.chat_models import load_chat_model, reply_forms
from rag.record import AnswerRecord
from rag.types import Mode, Outcome, Question
from tests.api import small

DEADLINE_S = 1.0
# How much later than its deadline a failure may be seen on a machine that is busy.
GRACE_S = 10.0
Handler = BaseHTTPRequestHandler
ASKED = Question(small.QUESTION, mode=Mode.LLM)


def begun(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()


def piece(handler: Handler, text: str) -> None:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    choices = [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}]
    handler.wfile.write(f"data: {json.dumps({**head, 'choices': choices})}\n\n".encode())
    handler.wfile.flush()


def hangs(handler: Handler, ended: threading.Event) -> None:
    ended.wait(30)


def hangs_in_the_middle(handler: Handler, ended: threading.Event) -> None:
    begun(handler)
    piece(handler, "The harbor master")
    ended.wait(30)


def drips(handler: Handler, ended: threading.Event) -> None:
    """Never silent for as long as a time-out of the connection, and never done."""
    begun(handler)
    while not ended.wait(0.05):
        piece(handler, "and ")


def resets(handler: Handler, ended: threading.Event) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def limits(handler: Handler, ended: threading.Event) -> None:
    handler.send_response(429)
    handler.send_header("Retry-After", "3600")
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    handler.wfile.write(b'{"error": {"message": "too many requests", "type": "rate_limit"}}')


def is_overloaded(handler: Handler, ended: threading.Event) -> None:
    """Not available, and asked to come back on a date; its clock is a year off."""
    handler.send_response_only(503)
    handler.send_header("Date", "Mon, 01 Jan 2024 00:00:00 GMT")
    handler.send_header("Retry-After", "Mon, 01 Jan 2024 00:01:30 GMT")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def lies_about_json(handler: Handler, ended: threading.Event) -> None:
    begun(handler)
    handler.wfile.write(b'data: {"id": "c", "choices": [{"index": 0, "delta": {"content": \n\n')


def is_a_page(handler: Handler, ended: threading.Event) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    handler.wfile.write(b"<html><body>Log in to the hotel's network</body></html>")


def is_late(handler: Handler, ended: threading.Event) -> None:
    ended.wait(DEADLINE_S + 0.3)
    begun(handler)
    piece(handler, "The harbor master counted 212 barges in April [1].")
    handler.wfile.write(b"data: [DONE]\n\n")


FAULTS = [
    hangs,
    hangs_in_the_middle,
    drips,
    resets,
    limits,
    is_overloaded,
    lies_about_json,
    is_a_page,
    is_late,
]


class LimitsOnce:
    """Refuses the first request and answers the next; when they came is in `at`."""

    def __init__(self, after_s: str) -> None:
        self.at: list[float] = []
        self._after_s = after_s

    def __call__(self, handler: Handler, ended: threading.Event) -> None:
        self.at.append(time.monotonic())
        if len(self.at) == 1:
            handler.send_response(429)
            handler.send_header("Retry-After", self._after_s)
            handler.end_headers()
        else:
            begun(handler)
            piece(handler, "The harbor master counted 212 barges in April.")
            handler.wfile.write(b"data: [DONE]\n\n")


def asking(url: str, timeout_s: float = DEADLINE_S) -> LLMAnswerer:
    return LLMAnswerer(
        load_chat_model("openai:test", url, timeout_s),
        "openai:test",
        LLMSettings(timeout_s=timeout_s, retry_pause_s=0.0),
        reply_forms("openai:test", url, "auto"),
    )


@pytest.fixture
def serving() -> Iterator[Callable[[Callable[[Handler, threading.Event], None]], str]]:
    """Serves a fault; gives the address."""
    ended = threading.Event()
    servers: list[ThreadingHTTPServer] = []

    def serve(fault: Callable[[Handler, threading.Event], None]) -> str:
        class Faulty(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    fault(self, ended)
                except OSError:
                    # Who asked has hung up, as he should.
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                return None

        server = ThreadingHTTPServer(("127.0.0.1", 0), Faulty)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/v1"

    yield serve
    ended.set()
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.__name__ for fault in FAULTS])
def test_a_faulty_endpoint_is_a_failure_in_time_and_never_an_abstention(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    serving: Callable[[Callable[[Handler, threading.Event], None]], str],
    fault: Callable[[Handler, threading.Event], None],
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    llm = asking(serving(fault))
    with small.build_collection(tmp_path, small.cables()) as collection:
        pipeline = small.build_pipeline(collection, llm)
        began = time.monotonic()
        with pytest.raises(ModelUnavailable, match="mode=extractive") as raised:
            pipeline.answer(ASKED)
        assert time.monotonic() - began < 2 * DEADLINE_S + GRACE_S
        kept = collection.store.find_answer(str(raised.value.detail["answer_id"]))
        assert kept is not None
        record = AnswerRecord.model_validate_json(kept)
        assert record.outcome is Outcome.FAILED and record.failure and record.citations == ()
        assert all(usage.failure for usage in record.usage) and record.usage
        # The question is answered without the model.
        extractive = pipeline.answer(Question(small.QUESTION, mode=Mode.EXTRACTIVE))
        assert extractive.outcome is Outcome.ANSWERED and "212 barges" in extractive.text


def test_a_provider_that_limits_is_asked_again_when_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serving: Callable[[LimitsOnce], str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    provider = LimitsOnce("1")
    with small.build_collection(tmp_path, small.cables()) as collection:
        answer = small.build_pipeline(collection, asking(serving(provider), timeout_s=30.0)).answer(ASKED)
    first, second, *_ = provider.at
    assert second - first >= 1.0
    refused, *_ = answer.usage
    assert refused.failure is not None and "429" in refused.failure


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize(
    ("after", "told"), [("8", 8), ("3600", 3600), ("9" * 30, 604800), ("0", None), ("soon", None)]
)
async def test_a_wait_beyond_the_deadline_is_the_callers_to_make(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    serving: Callable[[LimitsOnce], str],
    after: str,
    told: int | None,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    provider = LimitsOnce(after)
    with small.build_collection(tmp_path, small.cables()) as collection:
        service = small.build_service(collection, asking(serving(provider), timeout_s=30.0))
        transport = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            asked = {"question": small.QUESTION, "mode": "llm"}
            response = await client.post("/v1/answers", json=asked)
            if told is None:
                # Asked again at once, as after any other failure that may pass.
                assert response.status_code == 200 and len(provider.at) > 1
            else:
                assert response.status_code == 503 and len(provider.at) == 1
                assert response.headers["retry-after"] == str(told)
                error = response.json()["error"]
                assert error["code"] == "model_unavailable" and error["detail"]["retry_after_s"] == told
                assert f"ask again in {told} s" in error["message"]
                without = await client.post("/v1/answers", json={**asked, "mode": "extractive"})
                assert "212 barges" in without.json()["text"]
        service.close()
