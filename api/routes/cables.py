"""Cables: the list with its facets, one cable whole, one paragraph."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from api.dependencies import TheFilters, TheService
from api.reading import read_cable, read_paragraph
from rag.record import CableRecord, ErrorBody, ParagraphRecord
from rag.record.cable import CableListRecord, FacetsRecord, HeaderRecord
from rag.store.calendar import place_of

router = APIRouter(prefix="/v1/cables", tags=["cables"])
UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorBody, "description": "No such cable or paragraph"}
}


@router.get("")
async def cables(
    service: TheService,
    filters: TheFilters,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[
        str | None, Query(description="`next` of the page before, in the same order", max_length=300)
    ] = None,
    order: Annotated[
        Literal["date", "id"], Query(description="By date, those without one last, or by id")
    ] = "date",
) -> CableListRecord:
    """The cables that pass the filters, page by page, with counts by post, tag, classification, year."""

    def read() -> CableListRecord:
        matching = service.store.matching_cables(filters)
        listed = service.store.calendar.page if order == "date" else service.store.list_headers
        headers = listed(filters, limit=limit + 1, after=after)
        page = headers[:limit]
        last = page[-1] if len(headers) > limit else None
        return CableListRecord(
            cables=tuple(HeaderRecord.of(header) for header in page),
            facets=FacetsRecord.of(service.store.facets(filters)),
            total=service.store.counts().cables if matching is None else len(matching),
            next=None if last is None else place_of(last) if order == "date" else last.cable_id,
        )

    return await service.work(read)


@router.get("/{cable_id}", responses=UNKNOWN)
async def cable(cable_id: str, service: TheService) -> CableRecord:
    """One cable with its paragraphs, metadata and references both ways; any spelling of the id."""
    return await service.work(lambda: read_cable(service.store, cable_id))


@router.get("/{cable_id}/paragraphs/{label}", responses=UNKNOWN)
async def paragraph(cable_id: str, label: str, service: TheService) -> ParagraphRecord:
    """One paragraph by its label."""
    return await service.work(lambda: read_paragraph(service.store, cable_id, label))
