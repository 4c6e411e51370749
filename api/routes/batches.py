"""Batches over HTTP: questions in, progress, a citation sheet out."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.batches import Batch, BatchItem, BatchQuestion, batch_dossier, batch_sheet, read_questions
from api.batches.questions import limited
from api.dependencies import TheService
from api.export import Format, render
from api.routes.exports import KNOWN, AsFormat, document
from api.service import Service
from rag.errors import UsageError
from rag.record import ErrorBody, ErrorFacts, QuestionIn

router = APIRouter(prefix="/v1/batches", tags=["batches"])
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "No such batch"}}
State = Literal["waiting", "running", "done"]
SENT: dict[str, Any] = {
    "required": True,
    "content": {
        "text/csv": {
            "schema": {"type": "string"},
            "example": "id,question,origin\r\n1,How many flyers were printed?,Embassy Astana\r\n",
        },
        "application/json": {
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "required": ["questions"],
                "properties": {
                    "title": {"type": "string", "minLength": 1, "maxLength": 200, "default": "Batch"},
                    "questions": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 2000,
                        "items": {"$ref": "#/components/schemas/QuestionIn"},
                    },
                },
            },
            "example": {"title": "Flyers", "questions": [{"question": "How many flyers were printed?"}]},
        },
    },
}


class BatchIn(BaseModel):
    """Questions of a program; a person sends a CSV."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(default="Batch", min_length=1, max_length=200)
    questions: tuple[QuestionIn, ...]


class BatchHead(BaseModel):
    """How far a batch is: `done` have an answer, `failed` a reason, the rest waits."""

    batch_id: str
    title: str
    created_at: datetime
    state: State
    total: int
    done: int
    failed: int

    @classmethod
    def of(cls, batch: Batch, *, queued: bool) -> Self:
        state: State = "done" if batch.complete else "running" if queued else "waiting"
        return cls(
            batch_id=batch.batch_id,
            title=batch.title,
            created_at=batch.created_at,
            state=state,
            total=batch.total,
            done=batch.done,
            failed=batch.failed,
        )


class BatchItemRecord(BaseModel):
    """One question of a batch; `answer_id` and `error` are null while it waits."""

    id: str
    question: str
    answer_id: str | None
    outcome: str | None
    error: ErrorFacts | None

    @classmethod
    def of(cls, item: BatchItem) -> Self:
        return cls(
            id=item.item_id,
            question=item.question.question,
            answer_id=None if item.answer is None else item.answer.answer_id,
            outcome=None if item.answer is None else item.answer.outcome.value,
            error=item.error,
        )


class BatchRecord(BatchHead):
    """A batch with its questions; `outcomes` counts how those that are done ended."""

    outcomes: dict[str, int]
    items: tuple[BatchItemRecord, ...]


class BatchList(BaseModel):
    """Batches, the latest first; `next` is given back as `after`, null on the last page."""

    batches: tuple[BatchHead, ...]
    next: str | None


@router.post("", status_code=201, openapi_extra={"requestBody": SENT}, responses={200: {"model": BatchHead}})
async def begin_batch(
    request: Request,
    response: Response,
    service: TheService,
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=200, description="Sent again, it begins nothing new")
    ] = None,
) -> BatchHead:
    """Ask many questions: a CSV with a column `question`, or JSON. They are answered one after the other."""
    title, asked = _read_body(request.headers.get("content-type", ""), await request.body())

    def begin() -> tuple[BatchHead, bool]:
        batch, new = service.history.batches.begin(service.owner, title, asked, idempotency_key)
        service.batches.submit(batch.batch_id, service.owner)
        return _head(service, batch), new

    head, new = await service.work(begin)
    if not new:
        response.status_code = 200
    return head


@router.get("", responses=UNKNOWN)
async def batches(
    service: TheService,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str | None, Query(max_length=100, description="`next` of the page before")] = None,
) -> BatchList:
    """The latest batches."""

    def read() -> BatchList:
        latest = service.history.batches.latest(service.owner, limit + 1, after)
        page = latest[:limit]
        return BatchList(
            batches=tuple(_head(service, each) for each in page),
            next=page[-1].batch_id if len(latest) > limit else None,
        )

    return await service.work(read)


@router.get("/{batch_id}", responses=UNKNOWN)
async def batch(batch_id: str, service: TheService) -> BatchRecord:
    """How far a batch is, question by question."""

    def read() -> BatchRecord:
        head = _head(service, service.history.batches.get(batch_id, service.owner))
        items = tuple(BatchItemRecord.of(item) for item in service.batch_items(batch_id))
        outcomes = Counter(item.outcome for item in items if item.outcome is not None)
        return BatchRecord(**head.model_dump(), items=items, outcomes=dict(outcomes))

    return await service.work(read)


@router.get("/{batch_id}/result", response_class=Response, responses=KNOWN)
async def batch_result(batch_id: str, service: TheService, format: AsFormat = Format.CSV) -> Response:
    """The citation sheet of what is answered so far, or a document in another format."""

    def write() -> str:
        found = service.history.batches.get(batch_id, service.owner)
        items = service.batch_items(batch_id)
        if format is Format.CSV:
            return batch_sheet(items)
        return render(batch_dossier(found.title, items), format)

    return document(await service.work(write), format, f"batch-{batch_id}")


@router.post("/{batch_id}/retry", responses=UNKNOWN)
async def retry_batch(batch_id: str, service: TheService) -> BatchHead:
    """Ask once more what failed."""

    def retry() -> BatchHead:
        found = service.history.batches.retry(batch_id, service.owner)
        service.batches.submit(batch_id, service.owner)
        return _head(service, found)

    return await service.work(retry)


@router.delete("/{batch_id}", status_code=204, responses=UNKNOWN)
async def delete_batch(batch_id: str, service: TheService) -> None:
    """Delete a batch with its answers; what is not yet asked is not asked."""
    await service.work(lambda: service.history.batches.delete(batch_id, service.owner))


def _head(service: Service, batch: Batch) -> BatchHead:
    return BatchHead.of(batch, queued=not batch.complete and service.batches.is_queued(batch.batch_id))


def _read_body(content_type: str, body: bytes) -> tuple[str, tuple[BatchQuestion, ...]]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/csv":
        try:
            return "Batch", read_questions(body.decode("utf-8"))
        except UnicodeDecodeError:
            raise UsageError("The CSV is not UTF-8: save it as “CSV UTF-8”.") from None
    try:
        given = BatchIn.model_validate_json(body)
    except ValidationError as error:
        problems = [{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors()]
        raise RequestValidationError(problems) from None
    asked = tuple(
        BatchQuestion(id=str(number), question=question)
        for number, question in enumerate(given.questions, start=1)
    )
    return given.title, limited(asked)
