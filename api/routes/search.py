"""Search: paragraphs, best first, with why each was found. Nothing is generated."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import TheFilters, TheService
from rag.record import SearchRecord

router = APIRouter(prefix="/v1/search", tags=["search"])


@router.get("", response_model=SearchRecord)
async def search(
    service: TheService,
    filters: TheFilters,
    q: Annotated[str, Query(min_length=1, max_length=4000, description="What to look for")],
    k: Annotated[int, Query(ge=1, le=100, description="How many paragraphs")] = 10,
    explain: Annotated[bool, Query(description="Give the parts of every hit's score")] = False,
) -> SearchRecord:
    """Find paragraphs by words and by meaning; all of them where the text asks for all."""
    result = await service.work(lambda: service.search(q, filters, k, explain=explain), "search")
    return SearchRecord.of(result.found, result.query)
