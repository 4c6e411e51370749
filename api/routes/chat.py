"""The OpenAI-compatible endpoint: any chat client can ask, and keeps the citations."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from api.compat import (
    MODELS,
    Chunk,
    ChunkChoice,
    Completion,
    Delta,
    Model,
    ModelList,
    Reply,
    content,
    reply,
)
from api.dependencies import TheService
from api.routes.answers import OPENING_S
from api.runs import Run
from rag.record import AnswerRecord, ErrorBody
from rag.record.events import RetrievedRecord, SentenceEventRecord
from rag.types import Mode

router = APIRouter(prefix="/v1", tags=["openai"])
ANSWERED: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
    404: {"model": ErrorBody, "description": "No such model"},
}


@router.get("/models")
async def models(service: TheService) -> ModelList:
    """The ways of answering."""
    llm = service.pipeline.answerer_name != "extractive"
    return ModelList(data=[Model(id=name) for name, mode in MODELS.items() if llm or mode is not Mode.LLM])


@router.post("/chat/completions", response_model=Reply, responses=ANSWERED)
async def complete(asked: Completion, service: TheService) -> Reply | StreamingResponse:
    """Answer the last user message; with `stream`, sentence by sentence."""
    question = asked.to_question()
    if not asked.stream:
        return reply(await service.work(lambda: service.answer(question), "answer"), asked.model)
    run = service.runs.start(question.to_question(), lambda it: service.stream(it, None), service.owner)
    await run.opened(OPENING_S)
    return StreamingResponse(
        _chunks(run, asked.model),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-cache"},
    )


async def _chunks(run: Run, model: str) -> AsyncIterator[str]:
    created = int(time.time())
    told = ""

    def chunk(delta: Delta, record: AnswerRecord | None = None) -> str:
        made = Chunk(
            id=f"chatcmpl-{record.answer_id if record else run.run_id}",
            created=created,
            model=model,
            choices=[ChunkChoice(delta=delta, finish_reason="stop" if record else None)],
            cableqa=record,
        )
        return f"data: {made.model_dump_json(exclude_none=record is None)}\n\n"

    yield chunk(Delta(role="assistant", content=""))
    async for event in run.follow():
        if event.name == "retrieved":
            told = RetrievedRecord.model_validate_json(event.data).lead
            yield chunk(Delta(content=told))
        elif event.name == "sentence":
            text = SentenceEventRecord.model_validate_json(event.data).sentence.text
            piece = f" {text}" if told else text
            told += piece
            yield chunk(Delta(content=piece))
        elif event.name == "answer":
            record = AnswerRecord.model_validate_json(event.data)
            yield chunk(Delta(content=content(record).removeprefix(told)))
            yield chunk(Delta(), record)
            yield "data: [DONE]\n\n"
        elif event.name == "error":
            yield f"data: {event.data}\n\n"
