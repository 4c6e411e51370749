"""Random requests to every route of a service in this process, and what an answer to one must be."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from starlette.types import ASGIApp

from api.app import create_app
from tests.api import small
from tests.fuzz.mutate import load_corpus, mutated
from tests.fuzz.targets import CORPUS

VALUES = [
    *("", " ", "a", "-1", "0", "1", "9" * 30, "05TALLINN7", "05 TALLINN 7", "1", "2.b",),
    *("../../etc/passwd", "%00", "\0", "\r\nX-Evil: 1", "é", "𝒢", "\ud800", "\u202e",),
    *("2008-01-01", "2008-13-45", "9999-12-31", "0001-01-01", "null", "NaN", "1e999", "=1+1",),
    *("' OR 1=1 --", "$where", "<script>", "x" * 5000, small.QUESTION, "csv", "html", "body",),
    *("comment", "extractive", "llm", "repair", "annotate", "strict", "true", "helpful",),
    *("cableqa", "user",),
]  # fmt: skip
ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    8,
    10**30,
    1e308,
    [],
    {},
    [[[[]]]],
    [None],
    {"a": None},
    *VALUES,
]
# What a server that is not ready, or too busy, may say.
DECLARED = {503}


@dataclass(frozen=True, slots=True)
class Sent:
    method: str
    route: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Requests:
    """Makes the n-th request out of the service's own description."""

    def __init__(self, app: ASGIApp, description: dict[str, Any]) -> None:
        self.app = app
        self._seeds = load_corpus(CORPUS)
        self._schemas = description["components"]["schemas"]
        self._routes = [
            (method.upper(), path, operation)
            for path, operations in sorted(description["paths"].items())
            for method, operation in sorted(operations.items())
        ]
        self._known = ["05TALLINN7"]

    @classmethod
    @contextmanager
    def over(cls, folder: Path) -> Iterator[Requests]:
        """Over the small collection, without keys, as on one's own machine."""
        collection = small.build_collection(folder / "data", small.cables())
        service = small.build_service(collection)
        app = create_app(service)
        yield cls(app, app.openapi())
        service.close()
        collection.close()

    def make(self, number: int) -> Sent:
        chance = random.Random(number)
        method, path, operation = chance.choice(self._routes)
        target, query = path, []
        for parameter in operation.get("parameters", ()):
            value = self._text(chance, parameter.get("schema", {}))
            if parameter["in"] == "path":
                target = target.replace("{" + parameter["name"] + "}", _quoted(value))
            elif parameter["in"] == "query" and chance.random() < 0.6:
                query.append((parameter["name"], value))
        headers = [(b"host", b"cableqa.test")]
        body = b""
        if content := operation.get("requestBody", {}).get("content"):
            kind = "application/json" if "application/json" in content else next(iter(content))
            headers.append((b"content-type", kind.encode()))
            made = self._value(chance, content[kind].get("schema", {}), 0)
            body = json.dumps(made).encode()
            if chance.random() < 0.3:
                body = mutated([body, *self._seeds], number)
        if chance.random() < 0.1:
            name = chance.choice([b"last-event-id", b"idempotency-key", b"x-request-id", b"range", b"accept"])
            headers.append((name, chance.choice(VALUES).encode("utf-8", "replace")[:200]))
        asked = "?" + urlencode(query, errors="replace") if query else ""
        return Sent(chance.choice([method] * 19 + ["PUT"]), path, target + asked, tuple(headers), body)

    def _text(self, chance: random.Random, schema: dict[str, Any]) -> str:
        value = self._value(chance, schema, 0)
        return value if isinstance(value, str) else json.dumps(value)

    def _value(self, chance: random.Random, schema: dict[str, Any], depth: int) -> Any:
        """A value of the schema, most of the time."""
        if chance.random() < 0.12 or depth > 6:
            return chance.choice(ODD)
        if "$ref" in schema:
            return self._value(chance, self._schemas[schema["$ref"].rpartition("/")[2]], depth + 1)
        if "enum" in schema:
            return chance.choice(schema["enum"])
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                return self._value(chance, chance.choice(schema[several]), depth + 1)
        kind = schema.get("type")
        if kind == "object":
            properties, required = schema.get("properties", {}), schema.get("required", ())
            return {
                name: self._value(chance, of, depth + 1)
                for name, of in properties.items()
                if name in required or chance.random() < 0.3
            }
        if kind == "array":
            return [
                self._value(chance, schema.get("items", {}), depth + 1) for _ in range(chance.randint(0, 3))
            ]
        if kind in ("integer", "number"):
            return chance.choice([schema.get("minimum", 0), schema.get("maximum", 3), 1, 2])
        if kind == "boolean":
            return chance.random() < 0.5
        return chance.choice(VALUES)


async def check(app: ASGIApp, sent: Sent) -> tuple[int, str | None]:
    """Send it; the status, and what is wrong with the answer."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://cableqa.test", timeout=30) as client:
        try:
            response = await client.request(
                sent.method, sent.target, headers=list(sent.headers), content=sent.body or None
            )
        except Exception as error:
            return 0, f"{type(error).__name__}: {error}"
    status = response.status_code
    if status >= 500 and status not in DECLARED:
        return status, f"status {status}: {response.text[:200]}"
    if "traceback" in response.text.lower():
        return status, "a traceback in the answer"
    if status >= 400 and response.headers.get("content-type", "").startswith("application/json"):
        error = response.json().get("error", {})
        if sent.route != "/mcp" and not (error.get("code") and error.get("message")):
            return status, f"status {status} without the error body"
    missing = {"content-security-policy", "x-content-type-options", "x-request-id"} - set(response.headers)
    return status, f"without {', '.join(sorted(missing))}" if missing else None


def _quoted(value: str) -> str:
    return quote(value.encode("utf-8", "replace"), safe="") or "x"
