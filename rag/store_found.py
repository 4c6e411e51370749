"""What is shown of paragraphs that were found: text, header and original, in one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, func, select

from rag.schema import CABLES, DUPLICATES, PARAGRAPHS
from rag.store_rows import HEADER_COLUMNS, header_from_row, paragraph_from_row
from rag.types import CableHeader, Paragraph

# Pairs of (cable id, label) as one JSON text: SQLite goes from each to its row by the primary key, and
# SQLAlchemy compiles the statement once, however many there are.
_PAIRS = func.json_each(bindparam("pairs")).table_valued("value", name="pairs")
_IS_PAIR = and_(
    PARAGRAPHS.c.cable_id == func.json_extract(_PAIRS.c.value, "$[0]"),
    PARAGRAPHS.c.label == func.json_extract(_PAIRS.c.value, "$[1]"),
)
_PARAGRAPHS = select(PARAGRAPHS).select_from(_PAIRS.join(PARAGRAPHS, _IS_PAIR))
_SHOWN = select(
    PARAGRAPHS, *(column for column in HEADER_COLUMNS if column.name != "cable_id"), DUPLICATES.c.original
).select_from(
    _PAIRS.join(PARAGRAPHS, _IS_PAIR)
    .join(CABLES, CABLES.c.cable_id == PARAGRAPHS.c.cable_id)
    .outerjoin(DUPLICATES, DUPLICATES.c.cable_id == PARAGRAPHS.c.cable_id)
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A paragraph with its cable's header; `original` is the cable that said the same first, if one did."""

    paragraph: Paragraph
    header: CableHeader
    original: str | None


def shown(connection: Connection, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Shown]:
    """What is to be shown of the paragraphs with these (cable id, label), those that exist."""
    headers: dict[str, CableHeader] = {}
    found = {}
    for row in connection.execute(_SHOWN, {"pairs": _pairs(keys)}):
        cable_id = row.cable_id
        header = headers.get(cable_id)
        if header is None:
            header = headers[cable_id] = header_from_row(row)
        found[cable_id, row.label] = Shown(paragraph_from_row(row), header, row.original)
    return found


def paragraphs(connection: Connection, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Paragraph]:
    """The paragraphs with these (cable id, label), those that exist."""
    rows = connection.execute(_PARAGRAPHS, {"pairs": _pairs(keys)})
    return {(row.cable_id, row.label): paragraph_from_row(row) for row in rows}


def _pairs(keys: Iterable[tuple[str, str]]) -> str:
    return json.dumps([*dict.fromkeys(keys)])
