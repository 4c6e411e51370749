"""Requests made to do harm, beside those of `test_guard.py`."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.audit import AuditLog
from api.cli.serve import _hosts
from api.export.sheet import table
from api.keys import LOCAL
from api.logs import JsonLines
from api.service import Service
from tests.api import small

EVIL = 'a\r\nSet-Cookie: taken=1\n\u2028\x1b[31m\x00{"outcome": "forged"}'


def ask(client: httpx.AsyncClient, method: str, path: str, **sent: object) -> httpx.Response:
    return asyncio.run(client.request(method, path, **sent))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_a_form_of_another_page_can_send_is_not_taken(client: httpx.AsyncClient, kind: str) -> None:
    """These three need no preflight; a browser that sends no Origin sends no JSON either."""
    body = json.dumps({"question": small.QUESTION})
    for path in ("/v1/answers", "/v1/verify", "/v1/conversations", "/v1/feedback", "/v1/searches"):
        assert ask(client, "POST", path, content=body, headers={"Content-Type": kind}).status_code in (
            415,
            422,
        )


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "[::2]"]
)
def test_a_name_of_another_that_points_here_is_not_answered(service: Service, host: str) -> None:
    transport = httpx.ASGITransport(create_app(service, hosts=_hosts("127.0.0.1")))
    opened = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")
    assert ask(opened, "GET", "/v1/about", headers={"Host": host}).status_code == 421
    assert ask(opened, "GET", "/v1/about", headers={"Host": "localhost:8000"}).status_code == 200


@pytest.mark.parametrize(
    "asked",
    ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/keys.sqlite", "C:\\boot.ini", "a\0b", "a\r\nX: 1"],
)
def test_an_id_is_never_a_path_or_a_header(client: httpx.AsyncClient, asked: str) -> None:
    quoted = "".join(c if c.isalnum() or c in "./\\:%" else f"%{ord(c):02x}" for c in asked)
    for path in (
        "cables/{}",
        "answers/{}",
        "answers/{}/export",
        "conversations/{}/export",
        "batches/{}/result",
    ):
        response = ask(client, "GET", f"/v1/{path.format(quoted)}")
        assert response.status_code == 404
        assert "root:" not in response.text and "x" not in response.headers
    assert ask(client, "GET", f"/page/{quoted}").status_code == 404


def test_what_is_asked_stays_in_its_line(tmp_path: Path, client: httpx.AsyncClient) -> None:
    response = ask(client, "GET", "/v1/about", headers={"X-Request-Id": "a1\tb"})
    assert response.headers["x-request-id"] != "a1\tb"
    log = AuditLog(tmp_path, keep_days=1)
    log.note(LOCAL, "ask", EVIL, "answered")
    log.close()
    (line,) = (tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["outcome"] == "answered"
    assert json.loads(line)["text"] == EVIL
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    handler.handle(logging.makeLogRecord({"msg": "asked %s", "args": (EVIL,), "question": EVIL}))
    (kept,) = written.getvalue().rstrip("\n").split("\n")
    assert json.loads(kept)["question"] == EVIL


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", " =", "\u00a0=", "\ufeff=", "\u200b="]
)
def test_no_cell_is_a_formula(sign: str) -> None:
    (cell,) = table((), [[f"{sign}HYPERLINK(1)"]]).split("\r\n", 1)[1].rsplit("\r\n", 1)[:1]
    assert cell.startswith("\"'")


def test_a_request_names_no_address_to_call(client: httpx.AsyncClient) -> None:
    """Where a model or an index is, is the operator's word alone."""
    url = "http://169.254.169.254/latest/meta-data"
    for more in ({"base_url": url}, {"llm_base_url": url}, {"model": url}, {"chroma_url": url}):
        assert (
            ask(client, "POST", "/v1/answers", json={"question": small.QUESTION, **more}).status_code == 422
        )
    messages = [{"role": "user", "content": small.QUESTION}]
    told = ask(client, "POST", "/v1/chat/completions", json={"model": url, "messages": messages})
    assert told.status_code in (200, 404, 422)
    assert told.status_code != 200 or told.json()["model"] != url or "cableqa" in told.text


def test_the_policy_of_the_page_lets_no_foreign_or_inline_code_in(client: httpx.AsyncClient) -> None:
    policy = ask(client, "GET", "/").headers["content-security-policy"]
    assert (
        "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
    )
    for loose in ("unsafe-", "*", "data:", "http:", "https:"):
        assert loose not in policy


@pytest.mark.anyio
@pytest.mark.parametrize("field", ["origins", "classifications", "senders", "cable_ids"])
@pytest.mark.parametrize("route", ["/v1/answers", "/v1/answers/stream", "/v1/searches"])
async def test_half_a_sign_in_a_filter_is_refused_and_no_bug(
    client: httpx.AsyncClient, route: str, field: str
) -> None:
    own = {"title": "Barges", "q": "barges"} if route == "/v1/searches" else {"question": "Barges?"}
    body = json.dumps({**own, "filters": {field: ["\ud800"]}})
    response = await client.post(route, content=body, headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert "lone surrogate" in response.json()["error"]["message"]
