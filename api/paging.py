"""One page of what an owner made, the latest first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Row, Select, Table, select, tuple_


def latest_first(
    table: Table, key: Column[Any], owner: str, limit: int, last: Row[Any] | None
) -> Select[Any]:
    """Rows of `table` by the moment they were made, then by `key`; those behind the row `last`, if given."""
    place = tuple_(table.c.created_at, key)
    query = select(table).where(table.c.owner == owner)
    if last is not None:
        query = query.where(place < (last.created_at, getattr(last, key.name)))
    return query.order_by(table.c.created_at.desc(), key.desc()).limit(limit)
