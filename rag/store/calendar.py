"""Cables in the order of their days: how many over time, and what a post sent before and after."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, Engine, and_, func, or_, select

from rag.errors import NotFound, UsageError
from rag.store.dialect import month
from rag.store.row_values import HEADER_COLUMNS, header_from_row
from rag.store.schema import CABLES
from rag.store.selection import conditions
from rag.types import Bar, CableHeader, DatePrecision, Filters, Neighbours, Timeline, Unit

# Beyond this a bar for each month is thinner than its gap on a page.
MONTHS_UP_TO_YEARS = 8
FINE = (DatePrecision.MINUTE.value, DatePrecision.DAY.value, DatePrecision.MONTH.value)


class Calendar:
    """Reads the store by date."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def timeline(self, filters: Filters) -> Timeline:
        """Counts by month where all are dated so finely and few years are spanned, else by year."""
        with self._engine.connect() as connection:
            chosen = conditions(connection, filters)
            sent = month(CABLES.c.date_from)
            rows = connection.execute(
                select(sent, CABLES.c.date_precision, func.count())
                .where(*chosen)
                .group_by(sent, CABLES.c.date_precision)
            ).all()
        dated = [(text, precision, count) for text, precision, count in rows if text is not None]
        undated = sum(count for text, _, count in rows if text is None)
        if not dated:
            return Timeline(Unit.YEAR, (), undated)
        years = [int(text[:4]) for text, _, _ in dated]
        fine = all(precision in FINE for _, precision, _ in dated)
        by_month = fine and max(years) - min(years) < MONTHS_UP_TO_YEARS
        unit = Unit.MONTH if by_month else Unit.YEAR
        counts: dict[date, int] = {}
        for text, _, count in dated:
            start = date(int(text[:4]), int(text[5:]) if by_month else 1, 1)
            counts[start] = counts.get(start, 0) + count
        return Timeline(unit, tuple(_bars(counts, unit)), undated)

    def page(self, filters: Filters, *, limit: int, after: str | None = None) -> tuple[CableHeader, ...]:
        """Headers by date and id, those without a date last, from the one behind the place `after`.

        Raises UsageError where that is no place. A cable that is deleted takes no place with it.
        """
        with self._engine.connect() as connection:
            chosen = select(*HEADER_COLUMNS).where(*conditions(connection, filters))
            if after is not None:
                chosen = chosen.where(_behind(after))
            in_order = chosen.order_by(CABLES.c.date_from.nulls_last(), CABLES.c.cable_id).limit(limit)
            return tuple(header_from_row(row) for row in connection.execute(in_order))

    def neighbours(self, cable_id: str, filters: Filters) -> Neighbours:
        """Before and after `cable_id` at its post, among those that pass. Raises NotFound."""
        with self._engine.connect() as connection:
            known = connection.execute(select(CABLES.c.origin).where(CABLES.c.cable_id == cable_id)).first()
            if known is None:
                raise NotFound(f"There is no cable {cable_id[:100]!r}.", cable_id=cable_id[:100])
            if known.origin is None:
                return Neighbours(None, None)
            chosen = conditions(connection, filters)
            ids = list(
                connection.scalars(
                    select(CABLES.c.cable_id)
                    .where(CABLES.c.origin == known.origin)
                    # The cable itself has its place in the order also where a filter leaves it out.
                    .where(or_(CABLES.c.cable_id == cable_id, and_(True, *chosen)))
                    .order_by(
                        CABLES.c.date_from.nulls_first(), CABLES.c.sent_at.nulls_first(), CABLES.c.cable_id
                    )
                )
            )
            at = ids.index(cable_id)
            around = [ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None]
            wanted = [each for each in around if each is not None]
            rows = connection.execute(select(*HEADER_COLUMNS).where(CABLES.c.cable_id.in_(wanted)))
            headers = {row.cable_id: header_from_row(row) for row in rows}
        before, after = (headers.get(each or "") for each in around)
        return Neighbours(before, after)


def place_of(header: CableHeader) -> str:
    """Where a cable stands among all by date, to go on from: "2009-07-21/09ASTANA1206"."""
    return f"{header.date_from or ''}/{header.cable_id}"


def _behind(place: str) -> ColumnElement[bool]:
    day, slash, cable_id = place.partition("/")
    try:
        sent = date.fromisoformat(day) if day else None
    except ValueError:
        sent, slash = None, ""
    if not slash:
        raise UsageError(f"{place[:100]!r} is no `next` of a list by date.", after=place[:100])
    undated = CABLES.c.date_from.is_(None)
    if sent is None:
        return and_(undated, CABLES.c.cable_id > cable_id)
    same_day = and_(CABLES.c.date_from == sent, CABLES.c.cable_id > cable_id)
    return or_(CABLES.c.date_from > sent, same_day, undated)


def _bars(counts: dict[date, int], unit: Unit) -> list[Bar]:
    bars: list[Bar] = []
    start, last = min(counts), max(counts)
    while start <= last:
        following = _following(start, unit)
        bars.append(Bar(start, following - timedelta(days=1), counts.get(start, 0)))
        start = following
    return bars


def _following(start: date, unit: Unit) -> date:
    if unit is Unit.YEAR or start.month == 12:
        return date(start.year + 1, 1, 1)
    return date(start.year, start.month + 1, 1)
