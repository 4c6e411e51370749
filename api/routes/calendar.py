"""Cables by date: counts over time, and what a post sent before and after."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.dependencies import TheFilters, TheService
from rag.record import ErrorBody
from rag.record.calendar import NeighboursRecord, TimelineRecord

router = APIRouter(prefix="/v1", tags=["cables"])
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "No such cable"}}


@router.get("/timeline")
async def timeline(service: TheService, filters: TheFilters) -> TimelineRecord:
    """How many cables that pass the filters were sent in each month, or in each year."""
    return await service.work(lambda: TimelineRecord.of(service.store.calendar.timeline(filters)))


@router.get("/cables/{cable}/neighbours", responses=UNKNOWN)
async def neighbours(cable: str, service: TheService, filters: TheFilters) -> NeighboursRecord:
    """The previous and the next cable of the same post among those that pass the filters."""

    def read() -> NeighboursRecord:
        stored_id = service.store.resolve_id(cable) or cable
        return NeighboursRecord.of(service.store.calendar.neighbours(stored_id, filters))

    return await service.work(read)
