"""What can be seen of a running server: requests and answers, told to whoever observes them."""

from __future__ import annotations

import logging
import time
from typing import Protocol

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from rag.types import Answer

log = logging.getLogger("cableqa.requests")


class Observer(Protocol):
    """Told of every question when it is over; `answer` is None where it failed, with the failure's code."""

    def over(self, began_ns: int, answer: Answer | None, failure: str | None) -> None: ...


class Observation:
    """Counts and times every request, and logs it: its route and outcome, never its query or body."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, request_id = time.perf_counter(), 499, ""

        async def watched(message: Message) -> None:
            nonlocal status, request_id
            if message["type"] == "http.response.start":
                status = message["status"]
                request_id = MutableHeaders(scope=message).get("x-request-id", "")
            await send(message)

        self.metrics.open_requests.inc()
        try:
            await self.app(scope, receive, watched)
        finally:
            self.metrics.open_requests.dec()
            spent_s = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", "none")
            self.metrics.request(scope["method"], route, status, spent_s)
            caller = scope.get("state", {}).get("caller")
            log.info(
                "%s %s %s",
                scope["method"],
                route,
                status,
                extra={
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "ms": round(spent_s * 1000, 1),
                    "request_id": request_id,
                    "key_id": caller.key_id if caller else None,
                },
            )
