"""Which cables pass a filter, and what a filter could be set to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from rag.store.dialect import year
from rag.store.row_values import HEADER_COLUMNS
from rag.store.schema import ALIASES, CABLES, TAGS
from rag.text.mrn import POST_CUT, fold_id, lookup_keys, read_mrn
from rag.text.tags import codes_of
from rag.types import Facets, FacetValue, Filters

# Two names of posts that are so much alike may be one, misspelt: "ASTNA" and "ASTANA".
LIKE_POST = 0.7


def conditions(connection: Connection, filters: Filters) -> list[ColumnElement[bool]]:
    """A filter as conditions on `cables`, all of which must hold.

    A cable without a date passes no date filter, one without a classification no classification
    filter: nothing says that it belongs there.
    """
    found: list[ColumnElement[bool]] = []
    if filters.origins:
        wanted = [origin.casefold() for origin in filters.origins]
        lowered = func.lower(CABLES.c.origin)
        # "Astana" is "Embassy Astana".
        found.append(or_(lowered.in_(wanted), *(lowered.endswith(f" {w}", autoescape=True) for w in wanted)))
    if filters.tags:
        codes = {code.upper() for tag in filters.tags for code in codes_of(tag)}
        # A code with a name behind it, "OVIP (VANCE, CYRUS)", is found by the code alone as well.
        named = [TAGS.c.tag.istartswith(f"{code} (", autoescape=True) for code in sorted(codes)]
        tagged = select(TAGS.c.cable_id).where(or_(TAGS.c.tag.in_(codes), *named))
        found.append(CABLES.c.cable_id.in_(tagged))
    if filters.classifications:
        found.append(func.upper(CABLES.c.classification).in_([c.upper() for c in filters.classifications]))
    if filters.cable_ids:
        resolved = [resolve_id(connection, spelled) for spelled in filters.cable_ids]
        found.append(CABLES.c.cable_id.in_([cable_id for cable_id in resolved if cable_id is not None]))
    if filters.corpora:
        found.append(func.lower(CABLES.c.corpus).in_([corpus.lower() for corpus in filters.corpora]))
    if filters.senders:
        found.append(or_(*(_sent_by(sender) for sender in filters.senders)))
    if filters.addressees:
        listed = func.upper(CABLES.c.addressees)
        found.append(
            or_(*(listed.contains(_json(name.upper()), autoescape=True) for name in filters.addressees))
        )
    if filters.date_from is not None:
        found.append(CABLES.c.date_to >= filters.date_from)
    if filters.date_to is not None:
        found.append(CABLES.c.date_from <= filters.date_to)
    return found


def _sent_by(sender: str) -> ColumnElement[bool]:
    """The one who signed, or whom the FM line names: "Hoagland", "AMEMBASSY ASTANA"."""
    wanted = sender.upper()
    return or_(
        func.upper(CABLES.c.signature) == wanted,
        func.upper(CABLES.c.sender).contains(wanted, autoescape=True),
    )


def _json(text: str) -> str:
    """A text as it stands within a stored list."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def matching_cables(connection: Connection, filters: Filters) -> frozenset[str]:
    chosen = select(CABLES.c.cable_id).where(*conditions(connection, filters))
    # All rows at once: one by one they take three times as long.
    return frozenset(connection.scalars(chosen).all())


def list_rows(
    connection: Connection, filters: Filters, limit: int, after: str | None
) -> Sequence[Row[tuple[object, ...]]]:
    query = select(*HEADER_COLUMNS).where(*conditions(connection, filters))
    if after is not None:
        query = query.where(CABLES.c.cable_id > after)
    return connection.execute(query.order_by(CABLES.c.cable_id).limit(limit)).all()


def facets(connection: Connection, filters: Filters) -> Facets:
    chosen = and_(True, *conditions(connection, filters))

    def counted(column: ColumnElement[Any]) -> tuple[FacetValue, ...]:
        rows = connection.execute(
            select(column, func.count()).where(chosen, column.is_not(None)).group_by(column)
        )
        return tuple(FacetValue(str(value), count) for value, count in rows)

    def by_count(values: Iterable[FacetValue]) -> tuple[FacetValue, ...]:
        return tuple(sorted(values, key=lambda facet: (-facet.count, facet.value)))

    tag_rows = connection.execute(
        select(TAGS.c.tag, func.count())
        .join(CABLES, CABLES.c.cable_id == TAGS.c.cable_id)
        .where(chosen)
        .group_by(TAGS.c.tag)
    )
    return Facets(
        origins=by_count(counted(CABLES.c.origin)),
        tags=by_count(FacetValue(tag, count) for tag, count in tag_rows),
        classifications=by_count(counted(CABLES.c.classification)),
        corpora=by_count(counted(CABLES.c.corpus)),
        years=tuple(sorted(counted(year(CABLES.c.date_from)), key=lambda facet: facet.value)),
    )


def resolve_id(connection: Connection, text: str) -> str | None:
    """The stored id that `text` spells; None where there is none or more than one."""
    if not any(sign.isdigit() for sign in text):
        return None
    for key in lookup_keys(text):
        found = list(connection.scalars(select(ALIASES.c.cable_id).where(ALIASES.c.key == key).limit(20)))
        if len(found) == 1:
            return found[0] if "/" not in key or _same_number(text, found[0]) else None
        if len(found) > 1:
            exact = [cable_id for cable_id in found if fold_id(cable_id) == key or _full_post(text, cable_id)]
            return exact[0] if len(exact) == 1 else None
    return None


def near_ids(connection: Connection, text: str, limit: int) -> tuple[str, ...]:
    """Stored ids like the one that was asked for: the same post first, the nearest numbers first."""
    number = read_mrn(text)
    if number is None:
        start = fold_id(text)[:6]
        rows = connection.scalars(
            select(CABLES.c.cable_id)
            .where(CABLES.c.cable_id.istartswith(start, autoescape=True))
            .limit(limit)
        )
        return tuple(rows)
    post = number.post[:POST_CUT]
    # Keys are "post/serial/year" and "post/serial": the post's own cables by the beginning, those of the same
    # number by the end, where a misspelt post may be found.
    candidates = set(
        connection.scalars(select(ALIASES.c.cable_id).where(ALIASES.c.key.startswith(f"{post}/")).distinct())
    ) | set(
        connection.scalars(
            select(ALIASES.c.cable_id).where(ALIASES.c.key.endswith(f"/{number.serial}")).distinct()
        )
    )

    def distance(cable_id: str) -> tuple[bool, float, int, int, str]:
        other = read_mrn(cable_id)
        if other is None:
            return (True, 1.0, 0, 0, cable_id)
        years = abs((other.year or 0) - (number.year or other.year or 0))
        spelled = SequenceMatcher(None, other.post[:POST_CUT], post, autojunk=False).ratio()
        serials = abs(other.serial - number.serial)
        # A like name with the very number is a slip of the pen; else the post counts most.
        return (spelled <= LIKE_POST or serials > 0, 1 - spelled, years, serials, cable_id)

    return tuple(sorted(candidates, key=distance)[:limit])


def _same_number(text: str, cable_id: str) -> bool:
    """Keys hold six letters of a post, and some no year: SANTODOMINGO is not SANTOS, nor 16LIMA7 06LIMA7."""
    asked, stored = read_mrn(text), read_mrn(cable_id)
    if asked is None or stored is None:
        return True
    if asked.year is not None and stored.year is not None and asked.year != stored.year:
        return False
    if asked.post == stored.post:
        return True
    return min(len(asked.post), len(stored.post)) <= POST_CUT and (
        asked.post.startswith(stored.post) or stored.post.startswith(asked.post)
    )


def _full_post(text: str, cable_id: str) -> bool:
    asked, stored = read_mrn(text), read_mrn(cable_id)
    return asked is not None and stored is not None and asked.post == stored.post
