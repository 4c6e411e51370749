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
    k: Annotated[int, Query(ge=1, le=50, description="How many paragraphs")] = 10,
) -> SearchRecord:
    """Find paragraphs by words and by meaning."""
    result = await service.work(lambda: service.search(q, filters, k))
    return SearchRecord.of(
        result.hits, filters_applied=result.filters_applied, coverage=result.coverage, total=result.total
    )
