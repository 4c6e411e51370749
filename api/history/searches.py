"""Saved searches, and what of their hits their owner has seen."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, select

from api.moments import next_moment
from api.paging import latest_first
from api.tables import SEARCHES
from rag.errors import NotFound
from rag.record import FiltersIn

ParagraphKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search under a title; `seen` are the (cable, paragraph) that it found when it was last looked at."""

    search_id: str
    title: str
    query: str
    filters: FiltersIn
    created_at: datetime
    seen_at: datetime
    seen: frozenset[ParagraphKey]


class SavedSearches:
    """Every saved search; each belongs to its owner, and no other sees it. Safe for many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(
        self, owner: str, title: str, query: str, filters: FiltersIn, seen: Collection[ParagraphKey]
    ) -> SavedSearch:
        search_id = secrets.token_urlsafe(12)
        with self._engine.begin() as connection:
            now = next_moment(connection, SEARCHES.c.created_at).isoformat()
            connection.execute(
                SEARCHES.insert().values(
                    search_id=search_id,
                    owner=owner,
                    title=title,
                    query=query,
                    filters=filters.model_dump_json(),
                    created_at=now,
                    seen_at=now,
                    seen=json.dumps(sorted(seen)),
                )
            )
            return _read(_row(connection, search_id, owner))

    def get(self, search_id: str, owner: str) -> SavedSearch:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            return _read(_row(connection, search_id, owner))

    def latest(self, owner: str, limit: int, after: str | None = None) -> tuple[SavedSearch, ...]:
        """The latest first, from the one behind the id `after`. Raises NotFound for an unknown one."""
        with self._engine.connect() as connection:
            last = None if after is None else _row(connection, after, owner)
            query = latest_first(SEARCHES, SEARCHES.c.search_id, owner, limit, last)
            return tuple(_read(row) for row in connection.execute(query))

    def see(self, search_id: str, owner: str, seen: Collection[ParagraphKey]) -> SavedSearch:
        """Take note of what is seen by now, beside what was seen before. Raises NotFound."""
        with self._engine.begin() as connection:
            before = _read(_row(connection, search_id, owner)).seen
            connection.execute(
                SEARCHES.update()
                .where(_mine(search_id, owner))
                .values(seen=json.dumps(sorted({*before, *seen})), seen_at=datetime.now(UTC).isoformat())
            )
            return _read(_row(connection, search_id, owner))

    def delete(self, search_id: str, owner: str) -> None:
        """Raises NotFound."""
        with self._engine.begin() as connection:
            _row(connection, search_id, owner)
            connection.execute(SEARCHES.delete().where(_mine(search_id, owner)))


def _mine(search_id: str, owner: str) -> ColumnElement[bool]:
    return and_(SEARCHES.c.search_id == search_id, SEARCHES.c.owner == owner)


def _row(connection: Connection, search_id: str, owner: str) -> Row[tuple[object, ...]]:
    row = connection.execute(select(SEARCHES).where(_mine(search_id, owner))).one_or_none()
    if row is None:
        raise NotFound(f"There is no saved search {search_id[:60]!r}.", search_id=search_id[:60])
    return row


def _read(row: Row[tuple[object, ...]]) -> SavedSearch:
    return SavedSearch(
        row.search_id,
        row.title,
        row.query,
        FiltersIn.model_validate_json(row.filters),
        datetime.fromisoformat(row.created_at),
        datetime.fromisoformat(row.seen_at),
        frozenset((cable_id, label) for cable_id, label in json.loads(row.seen)),
    )
