"""Cables written together: one transaction, and few statements with the rows of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from rag.store.dialect import insert
from rag.store.schema import DUPLICATES, LOCATIONS, SHINGLES
from rag.store.vectors import IN_LIMIT, parts
from rag.store.work import PendingCable
from rag.store.writes import put
from rag.types import Cable, Chunk


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written together; no part of it names a cable twice.

    `locations` are (cable id, location, whether the stored text is from there). `bands` are the signatures
    by which retransmissions are found (see ingestion): a cable among them repeats what `duplicates` say,
    as (cable id, original, share of the text), or nothing.
    """

    cables: list[tuple[Cable, Sequence[Chunk]]] = field(default_factory=list)
    locations: list[tuple[str, str, bool]] = field(default_factory=list)
    bands: dict[str, Sequence[int]] = field(default_factory=dict)
    duplicates: list[tuple[str, str, float]] = field(default_factory=list)


def write(connection: Connection, batch: Batch) -> tuple[PendingCable, ...]:
    """Write a batch; the index work that its cables leave, in their order."""
    stale = put(connection, batch.cables)
    _note_locations(connection, batch.locations)
    _note_bands(connection, batch)
    return tuple(PendingCable(cable_id, left) for cable_id, left in stale.items())


def _note_locations(connection: Connection, locations: Sequence[tuple[str, str, bool]]) -> None:
    if not locations:
        return
    for part in parts([cable_id for cable_id, _, owner in locations if owner], IN_LIMIT):
        connection.execute(LOCATIONS.update().where(LOCATIONS.c.cable_id.in_(part)).values(owner=False))
    statement = insert(connection, LOCATIONS)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[LOCATIONS.c.cable_id, LOCATIONS.c.location],
            set_={"owner": statement.excluded.owner},
        ),
        [
            {"cable_id": cable_id, "location": location, "owner": owner}
            for cable_id, location, owner in locations
        ],
    )


def _note_bands(connection: Connection, batch: Batch) -> None:
    for part in parts(list(batch.bands), IN_LIMIT):
        connection.execute(SHINGLES.delete().where(SHINGLES.c.cable_id.in_(part)))
        connection.execute(DUPLICATES.delete().where(DUPLICATES.c.cable_id.in_(part)))
    rows = [
        {"cable_id": cable_id, "band": i, "hash": value}
        for cable_id, bands in batch.bands.items()
        for i, value in enumerate(bands)
    ]
    if rows:
        connection.execute(SHINGLES.insert(), rows)
    if batch.duplicates:
        connection.execute(
            DUPLICATES.insert(),
            [
                {"cable_id": cable_id, "original": original, "similarity": similarity}
                for cable_id, original, similarity in batch.duplicates
            ],
        )
