"""The HTTP application: routers by noun, one error body, one page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.types import Lifespan

from api import failures
from api.gate import Gate, SameOrigin
from api.guard import BodyLimit, KnownHosts, ResponseHeaders
from api.mcp import McpEndpoint
from api.observing import Observation
from api.routes import (
    answers,
    batches,
    cables,
    calendar,
    chat,
    checks,
    exports,
    health,
    history,
    page,
    search,
    searches,
)
from api.service import Service
from api.version import VERSION
from rag.record import ErrorBody


def create_app(service: Service, *, hosts: frozenset[str] | None = None) -> FastAPI:
    """The application over an open collection; `hosts` are the names it answers to, None for any.

    State is set here and not in a lifespan, which ASGI test transports do not run; the lifespan only
    ends what is in the making when the server stops.
    """

    mcp = McpEndpoint()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(service.batches.resume)
        async with mcp.running():
            yield
        await asyncio.to_thread(service.close)

    app = described(lifespan)
    app.state.service = service
    failures.install(app)
    app.router.routes.append(mcp.route)
    app.add_middleware(BodyLimit)
    if service.keys is not None:
        app.add_middleware(Gate, book=service.keys)
    app.add_middleware(SameOrigin)
    if hosts is not None:
        app.add_middleware(KnownHosts, hosts=hosts)
    app.add_middleware(ResponseHeaders)
    app.add_middleware(Observation, metrics=service.metrics)
    return app


def described(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The routes alone, which describe themselves without a collection."""
    # The interactive documentation pages load scripts from a CDN, which the content security policy
    # forbids; the OpenAPI document itself is served.
    app = FastAPI(
        title="cableqa",
        version=VERSION,
        summary="Answers from diplomatic cables: every sentence cites its paragraph and is checked.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.router.routes.extend(_resolved_routes())
    return app


@cache
def _resolved_routes() -> tuple[BaseRoute, ...]:
    """Every route with the schemas of what it takes and gives: of no service, so made once a process."""
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        responses={
            401: {"model": ErrorBody, "description": "A key is wanted: beyond loopback, or where always"},
            403: {"model": ErrorBody, "description": "The key may not do that, or another site's page asks"},
            413: {"model": ErrorBody, "description": "The request is too large"},
            429: {"model": ErrorBody, "description": "The key asks more often than it may"},
            422: {"model": ErrorBody, "description": "The request cannot be understood"},
            503: {"model": ErrorBody, "description": "The collection or a model is not available"},
        },
    )
    for routes in (
        exports,
        batches,
        searches,
        answers,
        search,
        calendar,
        cables,
        checks,
        history,
        chat,
        health,
        page,
    ):
        app.include_router(routes.router)
    return tuple(app.router.routes)
