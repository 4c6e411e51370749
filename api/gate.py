"""The gate: who is let in to what, how often, and from which page. Plain ASGI, as the rest of the guard."""

from __future__ import annotations

import binascii
import math
import time
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api import keys
from api.guard import refuse
from api.keys import Caller, KeyBook
from rag.record import ErrorFacts

# A balancer asks whether the server lives without a key; it learns nothing else.
OPEN = frozenset({"/healthz", "/readyz"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BUCKETS_KEPT = 10_000
# What a browser opens itself, and the files that it then loads: one visit would take a key's whole minute.
PAGES = frozenset({"/", "/browse"})
PAGE_FILES = "/page/"


def needed(method: str, path: str) -> keys.Scope:
    """What a request asks of its key. What is not known asks for more, not for less."""
    if path == "/metrics":
        return keys.Scope.ADMIN
    # The tools of MCP ask for themselves; every message to it is a POST.
    return keys.Scope.READ if method in SAFE or path == "/mcp" else keys.Scope.ASK


class Gate:
    """Lets a request through with a key that is good for it, and tells the routes whose it is."""

    def __init__(self, app: ASGIApp, book: KeyBook, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.book = book
        self._rates = Rates(clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self.app(scope, receive, send)
            return
        caller = self._caller(Headers(scope=scope))
        if caller is None:
            facts = ErrorFacts(
                code="unauthorized", message="This server wants a key: Authorization: Bearer KEY."
            )
            await refuse(send, 401, facts, {"www-authenticate": _challenge(scope)})
            return
        wanted = needed(scope["method"], scope["path"])
        if not caller.scope.covers(wanted):
            facts = ErrorFacts(
                code="forbidden",
                message=f"This key may {caller.scope}, and this wants {wanted}.",
                detail={"scope": caller.scope.value, "needed": wanted.value},
            )
            await refuse(send, 403, facts)
            return
        wait_s = 0 if scope["path"].startswith(PAGE_FILES) else self._rates.wait_s(caller)
        if wait_s:
            facts = ErrorFacts(
                code="rate_limited",
                message=f"This key may ask {caller.rate_per_minute} times a minute: wait {wait_s} s.",
                detail={"rate_per_minute": caller.rate_per_minute, "retry_after_s": wait_s},
            )
            await refuse(send, 429, facts, {"retry-after": str(wait_s)})
            return
        scope.setdefault("state", {})["caller"] = caller
        await self.app(scope, receive, send)

    def _caller(self, headers: Headers) -> Caller | None:
        """By "Bearer KEY", or by "Basic" with the key as password, which is how a browser asks for one."""
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            try:
                given = b64decode(given, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return None
        elif kind.lower() != "bearer":
            return None
        return self.book.find(given.strip())


class Rates:
    """A bucket for each key, full at first, that fills again at the key's rate."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, caller: Caller) -> int:
        """Take one from the caller's bucket; where it is empty, the whole seconds until it is not."""
        if not caller.rate_per_minute:
            return 0
        now, per_s = self._clock(), caller.rate_per_minute / 60
        left, since = self._buckets.pop(caller.key_id, (float(caller.rate_per_minute), now))
        left = min(left + (now - since) * per_s, float(caller.rate_per_minute))
        allowed = left >= 1
        self._buckets[caller.key_id] = (left - allowed, now)
        while len(self._buckets) > BUCKETS_KEPT:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - left) / per_s))


class SameOrigin:
    """Refuses what another site's page makes a browser send; no CORS header is ever given out.

    A browser adds its stored name and password, or reaches a loopback server, for any page that asks.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE and _is_foreign(Headers(scope=scope)):
            facts = ErrorFacts(code="cross_origin", message="Pages of other sites may not use this server.")
            await refuse(send, 403, facts)
            return
        await self.app(scope, receive, send)


def _is_foreign(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    # Browsers leave that header away where the connection is not encrypted; programs send neither.
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def _challenge(scope: Scope) -> str:
    """A browser that opens the page asks its user for the key as a password; programs are told of Bearer."""
    opening = Headers(scope=scope).get("sec-fetch-mode") == "navigate" or scope["path"] in PAGES
    return 'Basic realm="cableqa: the key is the password", charset="UTF-8"' if opening else "Bearer"
