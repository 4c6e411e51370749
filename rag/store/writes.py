"""The transactions that change cables: everything of a cable at once, and what it leaves to the indexes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select

from rag.errors import NotFound
from rag.store.content import content_sha256
from rag.store.dialect import insert
from rag.store.row_values import (
    chunk_rows,
    header_to_row,
    pack_strings,
    paragraph_rows,
    reference_rows,
    text_row,
    unpack_strings,
)
from rag.store.schema import (
    ALIASES,
    CABLES,
    CHUNKS,
    LOCATIONS,
    META,
    OUTBOX,
    PARAGRAPHS,
    REFERENCES,
    TAGS,
    TEXTS,
)
from rag.store.vectors import IN_LIMIT, drop_unused_vectors, parts
from rag.text.mrn import lookup_keys
from rag.types import Cable, Chunk

CONTENT_SUM = "content_sum"
SUM_MODULUS = 1 << 128
# Asked for with every question: built once.
_META_VALUE = select(META.c.value).where(META.c.key == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class _Removed:
    """What a cable left behind."""

    content_sha256: str
    chunk_ids: set[str] = field(default_factory=set)
    embedded: set[str] = field(default_factory=set)
    locations: list[dict[str, str | bool]] = field(default_factory=list)


def put(
    connection: Connection, cables: Sequence[tuple[Cable, Sequence[Chunk]]]
) -> dict[str, tuple[str, ...]]:
    """Write cables, none twice, in the place of what had their ids, and queue their index work.

    Says by id, in their order, which chunk ids must leave the indexes.
    """
    if not cables:
        return {}
    old = _remove(connection, [cable.header.cable_id for cable, _ in cables])
    contents = {cable.header.cable_id: content_sha256(cable) for cable, _ in cables}
    rows: dict[Table, list[Any]] = {
        CABLES: [
            {**header_to_row(cable.header), "content_sha256": contents[cable.header.cable_id]}
            for cable, _ in cables
        ],
        TEXTS: [text_row(cable) for cable, _ in cables],
        PARAGRAPHS: [row for cable, _ in cables for row in paragraph_rows(cable)],
        CHUNKS: [row for _, chunks in cables for row in chunk_rows(chunks)],
        TAGS: [
            {"cable_id": cable.header.cable_id, "tag": tag}
            for cable, _ in cables
            for tag in dict.fromkeys(cable.header.tags)
        ],
        REFERENCES: [row for cable, _ in cables for row in reference_rows(cable)],
        ALIASES: [row for cable, _ in cables for row in _alias_rows(cable)],
        LOCATIONS: [row for removed in old.values() for row in removed.locations],
    }
    for table, values in rows.items():
        if values:
            connection.execute(table.insert(), values)
    stale: dict[str, set[str]] = {}
    for cable, chunks in cables:
        cable_id = cable.header.cable_id
        before = old[cable_id].chunk_ids if cable_id in old else set()
        stale[cable_id] = before - {chunk.chunk_id for chunk in chunks}
    _shift_snapshot(connection, contents, 1)
    return _queue(connection, stale)


def delete(connection: Connection, cable_id: str) -> None:
    """Remove a cable and the vectors that only it used, and queue its index work. Raises NotFound."""
    old = _remove(connection, [cable_id]).get(cable_id)
    if old is None:
        raise NotFound(f"There is no cable {cable_id} in this collection.", cable_id=cable_id)
    drop_unused_vectors(connection, old.embedded)
    _queue(connection, {cable_id: old.chunk_ids})


def get_meta(connection: Connection, key: str) -> str | None:
    return connection.scalar(_META_VALUE, {"wanted": key})


def set_meta(connection: Connection, key: str, value: str) -> None:
    statement = insert(connection, META).values(key=key, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=[META.c.key], set_={"value": value}))


def _alias_rows(cable: Cable) -> list[dict[str, str]]:
    cable_id = cable.header.cable_id
    keys = {key for spelling in (cable_id, *cable.aliases) for key in lookup_keys(spelling)}
    return [{"cable_id": cable_id, "key": key} for key in sorted(keys)]


def _remove(connection: Connection, cable_ids: Sequence[str]) -> dict[str, _Removed]:
    """Take out those that are there."""
    removed: dict[str, _Removed] = {}
    for part in parts(cable_ids, IN_LIMIT):
        content = select(CABLES.c.cable_id, CABLES.c.content_sha256).where(CABLES.c.cable_id.in_(part))
        removed.update((row.cable_id, _Removed(row.content_sha256)) for row in connection.execute(content))
    for part in parts(list(removed), IN_LIMIT):
        chunks = select(CHUNKS.c.cable_id, CHUNKS.c.label, CHUNKS.c.ordinal, CHUNKS.c.embedded_sha256)
        for cable_id, label, ordinal, embedded in connection.execute(
            chunks.where(CHUNKS.c.cable_id.in_(part))
        ):
            removed[cable_id].chunk_ids.add(f"{cable_id}|{label}|{ordinal}")
            if embedded is not None:
                removed[cable_id].embedded.add(embedded)
        for row in connection.execute(select(LOCATIONS).where(LOCATIONS.c.cable_id.in_(part))):
            removed[row.cable_id].locations.append(dict(row._mapping))
        connection.execute(CABLES.delete().where(CABLES.c.cable_id.in_(part)))
    _shift_snapshot(connection, {cable_id: old.content_sha256 for cable_id, old in removed.items()}, -1)
    return removed


def _queue(connection: Connection, stale: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
    """Note that the indexes are behind; what an earlier note has to take away is still to be taken."""
    leaving = {cable_id: set(chunk_ids) for cable_id, chunk_ids in stale.items()}
    for part in parts(list(stale), IN_LIMIT):
        for row in connection.execute(select(OUTBOX).where(OUTBOX.c.cable_id.in_(part))):
            leaving[row.cable_id].update(unpack_strings(row.stale))
    queued = {cable_id: tuple(sorted(chunk_ids)) for cable_id, chunk_ids in leaving.items()}
    statement = insert(connection, OUTBOX)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[OUTBOX.c.cable_id], set_={"stale": statement.excluded.stale}
        ),
        [{"cable_id": cable_id, "stale": pack_strings(left)} for cable_id, left in queued.items()],
    )
    return queued


def _shift_snapshot(connection: Connection, contents: Mapping[str, str], sign: int) -> None:
    """Add cables to the sum of hashes that names the content, or take them out: order does not matter."""
    if not contents:
        return
    terms = (
        int(hashlib.sha256(f"{cable_id} {content}".encode()).hexdigest(), 16)
        for cable_id, content in contents.items()
    )
    total = int(get_meta(connection, CONTENT_SUM) or "0", 16) + sign * sum(terms)
    set_meta(connection, CONTENT_SUM, f"{total % SUM_MODULUS:x}")
