"""The transactions that change cables: everything of a cable at once, and what it leaves to the indexes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from rag.dialect import insert
from rag.errors import NotFound
from rag.mrn import lookup_keys
from rag.schema import ALIASES, CABLES, CHUNKS, LOCATIONS, META, OUTBOX, PARAGRAPHS, REFERENCES, TAGS, TEXTS
from rag.store_content import content_sha256
from rag.store_rows import (
    chunk_rows,
    header_to_row,
    pack_strings,
    paragraph_rows,
    reference_rows,
    text_row,
    unpack_strings,
)
from rag.store_vectors import drop_unused_vectors
from rag.types import Cable, Chunk

CONTENT_SUM = "content_sum"
SUM_MODULUS = 1 << 128
# Asked for with every question: built once.
_META_VALUE = select(META.c.value).where(META.c.key == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class _Removed:
    """What a cable left behind."""

    content_sha256: str | None
    chunk_ids: frozenset[str]
    embedded: frozenset[str]
    locations: tuple[tuple[str, bool], ...]


def put(connection: Connection, cable: Cable, chunks: Sequence[Chunk]) -> None:
    """Write a cable in the place of what had its id, and queue its index work."""
    cable_id = cable.header.cable_id
    old = _remove(connection, cable_id)
    content = content_sha256(cable)
    connection.execute(CABLES.insert().values(**header_to_row(cable.header), content_sha256=content))
    connection.execute(TEXTS.insert().values(**text_row(cable)))
    keys = {key for spelling in (cable_id, *cable.aliases) for key in lookup_keys(spelling)}
    for table, rows in (
        (PARAGRAPHS, paragraph_rows(cable)),
        (CHUNKS, chunk_rows(chunks)),
        (TAGS, [{"cable_id": cable_id, "tag": tag} for tag in dict.fromkeys(cable.header.tags)]),
        (REFERENCES, reference_rows(cable)),
        (ALIASES, [{"cable_id": cable_id, "key": key} for key in sorted(keys)]),
        (
            LOCATIONS,
            [{"cable_id": cable_id, "location": place, "owner": owner} for place, owner in old.locations],
        ),
    ):
        if rows:
            connection.execute(table.insert(), rows)
    _queue(connection, cable_id, old.chunk_ids - {chunk.chunk_id for chunk in chunks})
    _shift_snapshot(connection, cable_id, content, 1)


def delete(connection: Connection, cable_id: str) -> None:
    """Remove a cable and the vectors that only it used, and queue its index work. Raises NotFound."""
    old = _remove(connection, cable_id)
    if old.content_sha256 is None:
        raise NotFound(f"There is no cable {cable_id} in this collection.", cable_id=cable_id)
    drop_unused_vectors(connection, old.embedded)
    _queue(connection, cable_id, old.chunk_ids)


def get_meta(connection: Connection, key: str) -> str | None:
    return connection.scalar(_META_VALUE, {"wanted": key})


def set_meta(connection: Connection, key: str, value: str) -> None:
    statement = insert(connection, META).values(key=key, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=[META.c.key], set_={"value": value}))


def _remove(connection: Connection, cable_id: str) -> _Removed:
    content = connection.scalar(select(CABLES.c.content_sha256).where(CABLES.c.cable_id == cable_id))
    if content is None:
        return _Removed(None, frozenset(), frozenset(), ())
    chunks = connection.execute(
        select(CHUNKS.c.label, CHUNKS.c.ordinal, CHUNKS.c.embedded_sha256).where(
            CHUNKS.c.cable_id == cable_id
        )
    ).all()
    locations = tuple(
        (row.location, row.owner)
        for row in connection.execute(select(LOCATIONS).where(LOCATIONS.c.cable_id == cable_id))
    )
    connection.execute(CABLES.delete().where(CABLES.c.cable_id == cable_id))
    _shift_snapshot(connection, cable_id, content, -1)
    return _Removed(
        content,
        frozenset(f"{cable_id}|{chunk.label}|{chunk.ordinal}" for chunk in chunks),
        frozenset(chunk.embedded_sha256 for chunk in chunks if chunk.embedded_sha256 is not None),
        locations,
    )


def _queue(connection: Connection, cable_id: str, stale: Collection[str]) -> None:
    """Note that the indexes are behind; what an earlier note has to take away is still to be taken."""
    before = connection.scalar(select(OUTBOX.c.stale).where(OUTBOX.c.cable_id == cable_id))
    packed = pack_strings(sorted({*stale, *(unpack_strings(before) if before else ())}))
    statement = insert(connection, OUTBOX).values(cable_id=cable_id, stale=packed)
    connection.execute(
        statement.on_conflict_do_update(index_elements=[OUTBOX.c.cable_id], set_={"stale": packed})
    )


def _shift_snapshot(connection: Connection, cable_id: str, content: str, sign: int) -> None:
    """Add a cable to the sum of hashes that names the content, or take it out: order does not matter."""
    term = int(hashlib.sha256(f"{cable_id} {content}".encode()).hexdigest(), 16)
    total = int(get_meta(connection, CONTENT_SUM) or "0", 16)
    set_meta(connection, CONTENT_SUM, f"{(total + sign * term) % SUM_MODULUS:x}")
