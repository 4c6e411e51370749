"""What routes are given: the service, and filters read from a query string."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request

from api.keys import Caller
from api.service import Service
from rag.errors import UsageError
from rag.record.question import Day
from rag.types import Filters, Kind


def get_whole_service(request: Request) -> Service:
    """For what no caller is shown the inside of."""
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


def get_service(request: Request) -> Service:
    """The service as whoever asks may use it."""
    service = get_whole_service(request)
    if service.keys is None:
        return service
    caller = request.scope.get("state", {}).get("caller")
    # Behind the gate there always is one; without it nothing may be seen.
    assert isinstance(caller, Caller)
    return service.seen_by(caller)


def read_filters(
    origin: Annotated[
        list[str], Query(default_factory=list, description="Post, e.g. Embassy Astana; may be repeated")
    ],
    tag: Annotated[
        list[str], Query(default_factory=list, description="TAGS code, e.g. PHUM; may be repeated")
    ],
    classification: Annotated[list[str], Query(default_factory=list, description="May be repeated")],
    cable_id: Annotated[list[str], Query(default_factory=list, description="May be repeated")],
    corpus: Annotated[list[str], Query(default_factory=list, description="May be repeated")],
    date_from: Annotated[Day | None, Query(description="Sent on or after this day")] = None,
    date_to: Annotated[Day | None, Query(description="Sent on or before this day")] = None,
    sender: Annotated[
        list[str] | None, Query(description="Who signed, or the FM line; may be repeated")
    ] = None,
    addressee: Annotated[list[str] | None, Query(description="Of the TO line; may be repeated")] = None,
    kind: Annotated[list[Kind] | None, Query(description="Kind of paragraph; may be repeated")] = None,
) -> Filters:
    if date_from and date_to and date_from > date_to:
        raise UsageError(f"date_from {date_from} is after date_to {date_to}.")
    return Filters(
        origins=tuple(origin),
        tags=tuple(tag),
        classifications=tuple(classification),
        cable_ids=tuple(cable_id),
        corpora=tuple(corpus),
        date_from=date_from,
        date_to=date_to,
        senders=tuple(sender or ()),
        addressees=tuple(addressee or ()),
        kinds=tuple(kind or ()),
    )


TheService = Annotated[Service, Depends(get_service)]
TheWholeService = Annotated[Service, Depends(get_whole_service)]
TheFilters = Annotated[Filters, Depends(read_filters)]
