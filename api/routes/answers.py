"""Questions and their answers: whole, as a stream, and from the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.dependencies import TheService
from api.rechecking import recheck
from api.runs import Run
from rag.record import AnswerRecord, QuestionIn
from rag.record.cable import ErrorBody
from rag.record.check import ReverifyRecord
from rag.types import PipelineEvent, Question

router = APIRouter(prefix="/v1/answers", tags=["answers"])
# A failure within this time is answered with its HTTP status; a later one is an `error` event.
OPENING_S = 1.0
# Refused before it began, a stream is an error like any other and no event.
REFUSED: dict[int | str, dict[str, Any]] = {
    status: {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
        "description": description,
    }
    for status, description in (
        (401, "A key is wanted: beyond loopback, or where always"),
        (403, "The key may not do that, or another site's page asks"),
        (404, "No such conversation, or the stream is no longer kept"),
        (413, "The request is too large"),
        (422, "The request cannot be understood"),
        (429, "Too many requests with this key: come back after `Retry-After` seconds"),
        (503, "The collection or a model is not available"),
    )
}
NO_CONVERSATION: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorBody, "description": "No such conversation"}
}
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "No such answer"}}


@router.post("", responses={200: {"model": AnswerRecord}, **NO_CONVERSATION})
async def answer(asked: QuestionIn, service: TheService, request: Request) -> Response:
    """Answer a question; every sentence cites its paragraph and carries a verdict.

    A client that leaves stops the work on its answer.
    """
    run = _begin(asked, service)
    try:
        event = await run.last(request.is_disconnected)
    finally:
        service.runs.forget(run)
    status = 200 if event.name == "answer" else 503
    return Response(event.data, status, media_type="application/json")


def _begin(asked: QuestionIn, service: TheService) -> Run:
    """In line once: its conversation is looked up where it is answered."""

    def answered(_: Question) -> Iterator[PipelineEvent]:
        return service.stream(service.understand(asked), asked.conversation_id)

    return service.runs.start(asked.to_question(), answered, service.owner)


async def _find_run(
    asked: QuestionIn,
    service: TheService,
    last_event_id: Annotated[str | None, Header()] = None,
) -> tuple[Run, int]:
    """The run to follow, and from where; here, so that a refusal is still a status and not an event."""
    if last_event_id:
        return service.runs.resume(last_event_id, asked.question, service.owner)
    run = _begin(asked, service)
    await run.opened(OPENING_S)
    return run, 0


@router.post("/stream", response_class=EventSourceResponse, responses=REFUSED)
async def stream(following: Annotated[tuple[Run, int], Depends(_find_run)]) -> AsyncIterator[ServerSentEvent]:
    """The same as events: `retrieved`, `sentence`..., then `answer` (the whole record) or `error`.

    After a cut, the same request with `Last-Event-ID` goes on behind that event.
    """
    run, after = following
    # At once, so that proxies and browsers open the stream before the first result is there.
    yield ServerSentEvent(comment="reading the cables")
    async for event in run.follow(after):
        yield ServerSentEvent(raw_data=event.data, event=event.name, id=event.event_id)


@router.get("/{answer_id}", responses={200: {"model": AnswerRecord}, **UNKNOWN})
async def stored_answer(answer_id: str, service: TheService) -> Response:
    """An answer as it was given."""
    return Response(await service.work(lambda: service.answer_json(answer_id)), media_type="application/json")


@router.post("/{answer_id}/reverify", response_model=ReverifyRecord, responses=UNKNOWN)
async def reverify(answer_id: str, service: TheService) -> ReverifyRecord:
    """Hold a stored answer's citations and verdicts against today's collection."""

    def check() -> ReverifyRecord:
        record = AnswerRecord.model_validate_json(service.answer_json(answer_id))
        return recheck(record, service.store, service.pipeline.verifier)

    return await service.work(check)
