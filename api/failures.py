"""Failures as the outside sees them: one body, ``{"error": {"code", "message", "detail"}}``."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from rag.errors import CableqaError
from rag.record import ErrorBody, ErrorFacts

log = logging.getLogger(__name__)

CODES = {
    422: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}


def as_error(error: Exception) -> ErrorFacts:
    """What may be said of a failure: its own words where it was foreseen, none of a bug's insides."""
    if isinstance(error, CableqaError):
        return ErrorFacts(code=error.code, message=error.message, detail=error.detail)
    log.error("unforeseen failure", exc_info=error)
    return ErrorFacts(code="internal", message="Something broke on the server; its log has the details.")


def install(app: FastAPI) -> None:
    """Answer every failure of `app` with the one body."""
    app.add_exception_handler(CableqaError, _foreseen)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _bug)


async def _foreseen(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CableqaError)
    after_s = error.detail.get("retry_after_s")
    headers = None if after_s is None else {"Retry-After": str(after_s)}
    return _respond(error.http_status, as_error(error), headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = [f"{_place(problem['loc'])}: {problem['msg']}" for problem in error.errors()]
    return _respond(
        422, ErrorFacts(code="invalid_request", message="; ".join(problems), detail={"problems": problems})
    )


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    # A body that is no text at all is 400 to the framework; here it is like any other that has no meaning.
    status = 422 if error.status_code == 400 else error.status_code
    facts = ErrorFacts(code=CODES.get(status, "refused"), message=str(error.detail))
    return _respond(status, facts, error.headers)


async def _bug(_request: Request, error: Exception) -> JSONResponse:
    return _respond(500, as_error(error))


def _place(location: tuple[str | int, ...]) -> str:
    """("body", "filters", "date_from") -> "filters.date_from"."""
    return ".".join(str(part) for part in location[1:]) or str(location[0])


def _respond(status: int, facts: ErrorFacts, headers: object = None) -> JSONResponse:
    body = ErrorBody(error=facts).model_dump(mode="json")
    return JSONResponse(body, status, headers=headers if isinstance(headers, dict) else None)
