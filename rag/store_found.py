"""What is shown of paragraphs that were found: text, header and original, in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import CTE, ColumnElement, Connection, Text, and_, column, select, values

from rag.schema import CABLES, DUPLICATES, PARAGRAPHS
from rag.store_rows import HEADER_COLUMNS, header_from_row, paragraph_from_row
from rag.store_vectors import IN_LIMIT, parts
from rag.types import CableHeader, Paragraph

Key = tuple[str, str]

_OF_CABLE = tuple(column for column in HEADER_COLUMNS if column.name != "cable_id")


@dataclass(frozen=True, slots=True)
class Shown:
    """A paragraph with its cable's header; `original` is the cable that said the same first, if one did."""

    paragraph: Paragraph
    header: CableHeader
    original: str | None


def shown(connection: Connection, keys: Iterable[Key]) -> dict[Key, Shown]:
    """What is to be shown of the paragraphs with these (cable id, label), those that exist."""
    headers: dict[str, CableHeader] = {}
    found = {}
    for pairs in _pairs(keys):
        query = (
            select(PARAGRAPHS, *_OF_CABLE, DUPLICATES.c.original)
            .select_from(pairs)
            .join(PARAGRAPHS, _is_one_of(pairs))
            .join(CABLES, CABLES.c.cable_id == PARAGRAPHS.c.cable_id)
            .outerjoin(DUPLICATES, DUPLICATES.c.cable_id == PARAGRAPHS.c.cable_id)
        )
        for row in connection.execute(query):
            cable_id = row.cable_id
            header = headers.get(cable_id)
            if header is None:
                header = headers[cable_id] = header_from_row(row)
            found[cable_id, row.label] = Shown(paragraph_from_row(row), header, row.original)
    return found


def paragraphs(connection: Connection, keys: Iterable[Key]) -> dict[Key, Paragraph]:
    """The paragraphs with these (cable id, label), those that exist."""
    found = {}
    for pairs in _pairs(keys):
        query = select(PARAGRAPHS).select_from(pairs).join(PARAGRAPHS, _is_one_of(pairs))
        found.update(
            {(row.cable_id, row.label): paragraph_from_row(row) for row in connection.execute(query)}
        )
    return found


def _pairs(keys: Iterable[Key]) -> Iterator[CTE]:
    """The keys as tables to join from: of `(cable_id, label) IN (...)` SQLite scans all paragraphs."""
    for part in parts(list(dict.fromkeys(keys)), IN_LIMIT):
        yield values(column("cable_id", Text), column("label", Text), name="pairs").data(part).cte("pairs")


def _is_one_of(pairs: CTE) -> ColumnElement[bool]:
    return and_(PARAGRAPHS.c.cable_id == pairs.c.cable_id, PARAGRAPHS.c.label == pairs.c.label)
