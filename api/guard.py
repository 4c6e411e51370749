"""What stands before every route, as plain ASGI: response headers, request ids, size of a body.

Plain ASGI, because Starlette's ``BaseHTTPMiddleware`` disturbs how a stream learns that its client
is gone.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.keys import Caller
from rag.record import ErrorBody, ErrorFacts

# No inline script or style, nothing from elsewhere: text of a cable can never become code.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
BODY_LIMIT_BYTES = 4 * 1024 * 1024


class ResponseHeaders:
    """Adds the security headers and a request id to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-request-id", "")
        request_id = asked if asked.isalnum() and len(asked) <= 64 else secrets.token_hex(8)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                headers["X-Request-Id"] = request_id
            await send(message)

        await self.app(scope, receive, send_with_headers)


class BodyLimit:
    """Refuses a body above `limit_bytes`, or its key's limit, with 413, before it is held in memory."""

    def __init__(self, app: ASGIApp, limit_bytes: int = BODY_LIMIT_BYTES) -> None:
        self.app = app
        self.limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        caller: Caller | None = scope.get("state", {}).get("caller")
        limit = self.limit_bytes if caller is None else min(self.limit_bytes, caller.body_limit_bytes)
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or int(declared) > limit:
            await refuse(send, 413, _too_large(limit))
            return
        # Chunked bodies declare nothing, so all of the body is read here, at most to the limit.
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
            if size > limit:
                await refuse(send, 413, _too_large(limit))
                return
        body: list[bytes] = [b"".join(parts)]

        async def receive_again() -> Message:
            if body:
                return {"type": "http.request", "body": body.pop(), "more_body": False}
            return await receive()

        await self.app(scope, receive_again, send)


class KnownHosts:
    """Answers only where it is called by one of its own names.

    A page elsewhere can point a name of its own at 127.0.0.1 and read a server that listens there
    (DNS rebinding); its requests carry that name.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host = re.sub(r":\d+$", "", Headers(scope=scope).get("host", ""))
            if host.lower() not in self.hosts:
                facts = ErrorFacts(code="unknown_host", message="This server is not known by that name.")
                await refuse(send, 421, facts)
                return
        await self.app(scope, receive, send)


async def refuse(send: Send, status: int, facts: ErrorFacts, extra: Mapping[str, str] | None = None) -> None:
    """Answer with the one error body, before any route."""
    content = json.dumps(ErrorBody(error=facts).model_dump(mode="json")).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    headers += [(name.encode(), value.encode("latin-1")) for name, value in (extra or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _too_large(limit_bytes: int) -> ErrorFacts:
    return ErrorFacts(
        code="too_large",
        message=f"The request is larger than {limit_bytes} bytes.",
        detail={"limit_bytes": limit_bytes},
    )
