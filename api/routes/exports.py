"""Work products over HTTP: an answer, a conversation or a search as a document to keep."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.dependencies import TheFilters, TheService
from api.export import Dossier, Format, render
from api.export.printable import CONTENT_SECURITY_POLICY
from rag.record import AnswerRecord, ErrorBody, SearchRecord

router = APIRouter(prefix="/v1", tags=["exports"])
AsFormat = Annotated[Format, Query(alias="format", description="How the document is written")]
TEXT: dict[str, Any] = {format.media_type: {"schema": {"type": "string"}} for format in Format}
DOCUMENT: dict[int | str, dict[str, Any]] = {200: {"content": TEXT, "description": "The document"}}
KNOWN: dict[int | str, dict[str, Any]] = {
    **DOCUMENT,
    404: {"model": ErrorBody, "description": "No such thing"},
}


@router.get("/answers/{answer_id}/export", response_class=Response, responses=KNOWN)
async def export_answer(answer_id: str, service: TheService, format: AsFormat = Format.MARKDOWN) -> Response:
    """An answer with its citations and a note on how it came about."""

    def write() -> str:
        record = AnswerRecord.model_validate_json(service.answer_json(answer_id))
        return render(Dossier.of_answers(record.question, [record]), format)

    return document(await service.work(write), format, f"answer-{answer_id}")


@router.get("/conversations/{conversation_id}/export", response_class=Response, responses=KNOWN)
async def export_conversation(
    conversation_id: str, service: TheService, format: AsFormat = Format.MARKDOWN
) -> Response:
    """All answers of a conversation."""

    def write() -> str:
        found = service.history.conversations.get(conversation_id, service.owner)
        return render(Dossier.of_answers(found.title, list(service.find_answers(found.answer_ids))), format)

    return document(await service.work(write), format, f"conversation-{conversation_id}")


@router.get("/search/export", response_class=Response, responses=DOCUMENT)
async def export_search(
    service: TheService,
    filters: TheFilters,
    q: Annotated[str, Query(min_length=1, max_length=4000, description="What to look for")],
    k: Annotated[int, Query(ge=1, le=50, description="How many paragraphs")] = 10,
    format: AsFormat = Format.MARKDOWN,
) -> Response:
    """What a search finds, with the search itself."""

    def write() -> str:
        found = service.search(q, filters, k)
        record = SearchRecord.of(found.found, found.query)
        return render(Dossier.of_search(q, record, service.store.snapshot(), datetime.now(UTC)), format)

    return document(await service.work(write, "search"), format, "search")


def document(text: str, format: Format, name: str) -> Response:
    """A file to save, or for the printable page one to look at under a policy of its own."""
    safe = re.sub(r"[^\w-]", "", name, flags=re.ASCII)[:80]
    place = "inline" if format is Format.HTML else "attachment"
    headers = {"Content-Disposition": f'{place}; filename="cableqa-{safe}{format.suffix}"'}
    if format is Format.HTML:
        headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return Response(text, media_type=f"{format.media_type}; charset=utf-8", headers=headers)
