"""Saved searches: looked at again, they say what was not there before."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import TheService
from api.history.searches import SavedSearch
from api.service import Service
from api.watched import WATCHED
from rag.record import ErrorBody, EvidenceRecord, FiltersIn

router = APIRouter(prefix="/v1/searches", tags=["searches"])
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "No such search"}}


class SavedSearchIn(BaseModel):
    """A search to keep."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"title": "Flyers", "q": "flyers printed", "filters": {"tags": ["PHUM"]}}]
        },
    )

    title: str = Field(min_length=1, max_length=200)
    q: str = Field(min_length=1, max_length=4000)
    filters: FiltersIn = FiltersIn()


class SavedSearchRecord(BaseModel):
    """A saved search; `new` is how many of its best paragraphs were not there when it was last looked at."""

    search_id: str
    title: str
    q: str
    filters: FiltersIn
    created_at: datetime
    seen_at: datetime
    new: int


class SavedSearchList(BaseModel):
    """Saved searches, the latest first; `next` is given back as `after`, null on the last page."""

    searches: tuple[SavedSearchRecord, ...]
    next: str | None


class WatchedHit(BaseModel):
    """A paragraph that a saved search finds."""

    hit: EvidenceRecord
    is_new: bool


class SavedSearchResult(SavedSearchRecord):
    """A saved search with what it finds, best first."""

    hits: tuple[WatchedHit, ...]


@router.post("", status_code=201)
async def save_search(given: SavedSearchIn, service: TheService) -> SavedSearchRecord:
    """Save a search; what it finds now counts as seen."""

    def save() -> SavedSearchRecord:
        seen = service.watched.find_anew(service.pipeline, given.q, given.filters)
        saved = service.history.searches.save(service.owner, given.title, given.q, given.filters, seen)
        return SavedSearchRecord(**_facts(saved), new=0)

    return await service.work(save, "search")


@router.get("", responses=UNKNOWN)
async def saved_searches(
    service: TheService,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
    after: Annotated[str | None, Query(max_length=100, description="`next` of the page before")] = None,
) -> SavedSearchList:
    """The saved searches, each with "+N new since" it was last looked at.

    One is searched for anew only where the collection has changed.
    """
    latest = await service.work(lambda: service.history.searches.latest(service.owner, limit + 1, after))
    page = latest[:limit]
    # Each waits in line by itself, so that a page of them lets others through.
    searches = [await service.work(partial(_counted, service, each), "search") for each in page]
    return SavedSearchList(searches=tuple(searches), next=page[-1].search_id if len(latest) > limit else None)


@router.get("/{search_id}", responses=UNKNOWN)
async def saved_search(search_id: str, service: TheService) -> SavedSearchResult:
    """What a saved search finds, with what is new; looking does not yet count as having seen."""
    return await service.work(
        lambda: _result(service, service.history.searches.get(search_id, service.owner)), "search"
    )


@router.post("/{search_id}/seen", responses=UNKNOWN)
async def see_search(search_id: str, service: TheService) -> SavedSearchRecord:
    """From now on what it finds counts as seen."""

    def see() -> SavedSearchRecord:
        saved = service.history.searches.get(search_id, service.owner)
        seen = service.watched.find_anew(service.pipeline, saved.query, saved.filters)
        return SavedSearchRecord(
            **_facts(service.history.searches.see(search_id, service.owner, seen)), new=0
        )

    return await service.work(see, "search")


@router.delete("/{search_id}", status_code=204, responses=UNKNOWN)
async def delete_search(search_id: str, service: TheService) -> None:
    """Delete a saved search."""
    await service.work(lambda: service.history.searches.delete(search_id, service.owner))


def _counted(service: Service, saved: SavedSearch) -> SavedSearchRecord:
    found = service.watched.find(service.pipeline, saved.query, saved.filters)
    return SavedSearchRecord(**_facts(saved), new=len(found - saved.seen))


def _result(service: Service, saved: SavedSearch) -> SavedSearchResult:
    found = service.pipeline.search(saved.query, saved.filters.to_filters(), WATCHED).found
    hits = [
        WatchedHit(hit=hit, is_new=(hit.cable_id, hit.paragraph) not in saved.seen)
        for hit in map(EvidenceRecord.of, found.hits)
    ]
    return SavedSearchResult(**_facts(saved), new=sum(hit.is_new for hit in hits), hits=tuple(hits))


def _facts(saved: SavedSearch) -> dict[str, Any]:
    return {
        "search_id": saved.search_id,
        "title": saved.title,
        "q": saved.query,
        "filters": saved.filters,
        "created_at": saved.created_at,
        "seen_at": saved.seen_at,
    }
