"""Running it: metrics, logs, traces, readiness, an end without broken streams; and how it is packed."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn
import yaml
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.app import create_app
from api.graceful import GracefulServer
from api.logs import JsonLines
from api.service import Service
from api.tracing import Traces
from rag.index.collection import Collection
from rag.types import Mode, Question
from tests.api import small
from tests.api.conftest import asgi_client
from tests.api.test_answers import read_events
from tests.api.test_runs import ASKED, PatientModel

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")


@pytest.mark.anyio
async def test_metrics_count_answers_requests_and_stages(service: Service) -> None:
    client = asgi_client(service)
    for question in (small.QUESTION, small.EMPTY_QUESTION):
        await client.post("/v1/answers", json={"question": question})
    await client.post("/v1/answers", json={"question": "q", "mode": "llm"})
    await client.get("/v1/cables/05TALLINN7")
    await client.get("/v1/cables/05TALLINN8")
    written = (await client.get("/metrics")).text
    for line in (
        'cableqa_answers_total{answerer="extractive",outcome="answered"} 1.0',
        'cableqa_answers_total{answerer="extractive",outcome="not_in_corpus"} 1.0',
        'cableqa_failed_questions_total{code="usage"} 1.0',
        'cableqa_requests_total{method="GET",route="/v1/cables/{cable_id}",status="200"} 1.0',
        'cableqa_requests_total{method="GET",route="/v1/cables/{cable_id}",status="404"} 1.0',
        'cableqa_stage_seconds_count{stage="retrieve"} 2.0',
        'cableqa_collection{of="cables"} 4.0',
    ):
        assert line in written
    assert "barges" not in written


@pytest.mark.anyio
async def test_a_request_is_logged_without_what_was_asked(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="cableqa.requests"):
        await client.get("/v1/search", params={"q": "barges"}, headers={"X-Request-Id": "abc123"})
    line = json.loads(JsonLines().format(caplog.records[-1]))
    assert (line["route"], line["status"], line["request_id"]) == ("/v1/search", 200, "abc123")
    assert line["ms"] > 0
    assert "barges" not in json.dumps(line)


def test_an_exception_is_one_line_of_json() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "it %s", ("broke",), (type(error), error, None))
    written = JsonLines().format(record)
    assert "\n" not in written
    assert json.loads(written)["message"] == "it broke"
    assert "ValueError" in json.loads(written)["exception"]


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    yield exporter
    exporter.shutdown()


def test_a_question_is_a_trace_with_its_stages(service: Service, spans: InMemorySpanExporter) -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    traced = replace(service, observers=(Traces(provider),))
    list(traced.stream(Question(small.QUESTION), None))
    with pytest.raises(Exception, match="language model"):
        list(traced.stream(Question("q", mode=Mode.LLM), None))
    finished = spans.get_finished_spans()
    assert [span.name for span in finished] == ["retrieve", "answer", "verify", "question", "question"]
    root = finished[3]
    assert {span.parent.span_id for span in finished[:3] if span.parent} == {root.context.span_id}
    assert all(root.start_time <= span.start_time <= span.end_time <= root.end_time for span in finished[:3])
    assert root.attributes["cableqa.outcome"] == "answered"
    assert not finished[4].status.is_ok
    assert "barges" not in "".join(span.to_json() for span in finished)
    traced.batches.close()


def test_a_stream_is_told_when_the_server_goes(collection: Collection) -> None:
    model = PatientModel(6)
    service = small.build_service(collection, model)
    config = uvicorn.Config(create_app(service), port=0, log_level="error", timeout_graceful_shutdown=10)
    server = GracefulServer(config, service, finish_s=0.5)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    body = ""
    model.let.release()
    with httpx.stream("POST", f"{url}/v1/answers/stream", json=ASKED, timeout=30) as response:
        for line in response.iter_lines():
            body += f"{line}\n"
            if line.startswith("event: sentence"):
                server.should_exit = True
    events = read_events(body)
    assert [name for name, _, _ in events] == ["retrieved", "sentence", "error"]
    assert events[-1][2]["error"]["code"] == "stopped"  # type: ignore[index]
    model.let.release(100)
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.anyio
async def test_a_server_that_goes_is_not_ready(service: Service) -> None:
    service.runs.ending = True
    ready = await asgi_client(service).get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["parts"]["server"] == "it is shutting down"


# How it is packed: there is no engine here to build with, so what can be read is read.


def test_the_image_is_small_and_harmless() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    stages = [index for index, line in enumerate(lines) if line.startswith("FROM ")]
    final = lines[stages[-1] :]
    assert len(stages) == 2
    assert all(re.fullmatch(r"FROM [\w./-]+:[\w.-]*\d[\w.-]*(?: AS \w+)?", lines[index]) for index in stages)
    assert "USER 10001:10001" in final
    assert not [line for line in final if "pip" in line]
    assert [line for line in final if line.startswith("HEALTHCHECK")]
    assert final[-2:] == ['ENTRYPOINT ["cableqa"]', 'CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]']
    local = [line for line in lines if line.startswith("COPY") and "--from" not in line]
    copied = [word for line in local for word in line.split()[1:-1]]
    assert all((ROOT / name).exists() for name in copied)
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == allowed


def test_the_image_installs_the_torch_that_is_pinned() -> None:
    pinned = re.search(r"^torch==\S+$", CONSTRAINTS, re.MULTILINE)
    assert pinned is not None
    assert pinned.group() in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_compose_keeps_chroma_inside() -> None:
    composed = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    chroma, cableqa = composed["services"]["chroma"], composed["services"]["cableqa"]
    assert "ports" not in chroma
    assert all(composed["networks"][name]["internal"] for name in chroma["networks"])
    assert cableqa["environment"]["CABLEQA_CHROMA_URL"] == "http://chroma:8000"
    assert all(port.startswith("127.0.0.1:") for port in cableqa["ports"])
    # The same version as the client's.
    version = re.search(r"^chromadb==(\S+)$", CONSTRAINTS, re.MULTILINE)
    assert version is not None
    assert chroma["image"].endswith(f":{version.group(1)}")
