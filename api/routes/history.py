"""Feedback on answers, and conversations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import TheService
from api.history import Conversation, Reason
from api.service import Service
from rag.errors import UsageError
from rag.record import AnswerRecord, ErrorBody

router = APIRouter(prefix="/v1", tags=["history"])
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "No such thing"}}
Title = Annotated[str, Field(min_length=1, max_length=200)]


class FeedbackIn(BaseModel):
    """A remark on an answer, or with `marker` on one of its citations."""

    model_config = ConfigDict(extra="forbid")

    answer_id: str = Field(max_length=100)
    marker: int | None = Field(default=None, ge=1)
    reason: Reason
    comment: str | None = Field(default=None, max_length=4000)


class FeedbackRecord(BaseModel):
    """A remark as it was kept."""

    feedback_id: str
    answer_id: str
    marker: int | None
    reason: Reason
    comment: str | None
    created_at: datetime


class ConversationIn(BaseModel):
    """What a reader gives a conversation."""

    model_config = ConfigDict(extra="forbid")

    title: Title


class ConversationHead(BaseModel):
    """A conversation without its answers."""

    conversation_id: str
    title: str
    created_at: datetime
    updated_at: datetime
    answer_ids: tuple[str, ...]

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        return cls(
            conversation_id=conversation.conversation_id,
            title=conversation.title,
            created_at=conversation.created_at,
            updated_at=conversation.updated_at,
            answer_ids=conversation.answer_ids,
        )


class ConversationList(BaseModel):
    """Conversations, the most recently used first; `next` is given back as `after`, null on the last page."""

    conversations: tuple[ConversationHead, ...]
    next: str | None


class ConversationRecord(ConversationHead):
    """A conversation with the records of its answers; one that is no longer kept is left out."""

    answers: tuple[AnswerRecord, ...]


@router.post("/feedback", status_code=201, responses=UNKNOWN)
async def give_feedback(given: FeedbackIn, service: TheService) -> FeedbackRecord:
    """Say what is right or wrong with an answer or one of its citations."""

    def write() -> FeedbackRecord:
        record = AnswerRecord.model_validate_json(service.answer_json(given.answer_id))
        if given.marker is not None and given.marker > len(record.citations):
            raise UsageError(
                f"The answer has {len(record.citations)} citations, so none is marked [{given.marker}]."
            )
        made = service.history.feedback.add(given.answer_id, given.marker, given.reason, given.comment)
        return FeedbackRecord(
            feedback_id=made.feedback_id,
            answer_id=made.answer_id,
            marker=made.marker,
            reason=made.reason,
            comment=made.comment,
            created_at=made.created_at,
        )

    return await service.work(write)


@router.get("/conversations", responses=UNKNOWN)
async def conversations(
    service: TheService,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str | None, Query(max_length=100, description="`next` of the page before")] = None,
) -> ConversationList:
    """The latest conversations, the most recently used first."""
    latest = await service.work(lambda: service.history.conversations.latest(limit + 1, after, service.owner))
    page = latest[:limit]
    return ConversationList(
        conversations=tuple(ConversationHead.of(each) for each in page),
        next=page[-1].conversation_id if len(latest) > limit else None,
    )


@router.post("/conversations", status_code=201)
async def begin_conversation(begun: ConversationIn, service: TheService) -> ConversationHead:
    """Begin a conversation; questions join it by its id."""
    return ConversationHead.of(
        await service.work(lambda: service.history.conversations.begin(begun.title, service.owner))
    )


@router.get("/conversations/{conversation_id}", responses=UNKNOWN)
async def conversation(conversation_id: str, service: TheService) -> ConversationRecord:
    """A conversation with every answer as it was given, citations and all."""
    return await service.work(lambda: _read(service, conversation_id))


@router.patch("/conversations/{conversation_id}", responses=UNKNOWN)
async def rename_conversation(
    conversation_id: str, renamed: ConversationIn, service: TheService
) -> ConversationHead:
    """Give a conversation another title."""
    return ConversationHead.of(
        await service.work(
            lambda: service.history.conversations.rename(conversation_id, renamed.title, service.owner)
        )
    )


@router.delete("/conversations/{conversation_id}", status_code=204, responses=UNKNOWN)
async def delete_conversation(conversation_id: str, service: TheService) -> None:
    """Delete a conversation; its answers stay in the ledger until their time is over."""
    await service.work(lambda: service.history.conversations.delete(conversation_id, service.owner))


def _read(service: Service, conversation_id: str) -> ConversationRecord:
    found = service.history.conversations.get(conversation_id, service.owner)
    return ConversationRecord(
        **ConversationHead.of(found).model_dump(),
        answers=tuple(service.find_answers(found.answer_ids)),
    )
