"""What is read of paragraphs that were found: what is shown of them, or their texts alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, bindparam, select

from rag.store.row_values import HEADER_COLUMNS, header_from_row, paragraph_from_row
from rag.store.schema import CABLES, DUPLICATES, PARAGRAPHS
from rag.store.vectors import IN_LIMIT, parts
from rag.types import CableHeader, Paragraph

Key = tuple[str, str]

# By their cables' ids, for which there is an index, and of these by ids and labels together.
_KEY = PARAGRAPHS.c.cable_id + "|" + PARAGRAPHS.c.label
_WANTED = and_(
    PARAGRAPHS.c.cable_id.in_(bindparam("cables", expanding=True)),
    _KEY.in_(bindparam("keys", expanding=True)),
)
_OF_CABLE = tuple(column for column in HEADER_COLUMNS if column.name != "cable_id")
# Asked with every question: built once.
_SHOWN = (
    select(PARAGRAPHS, *_OF_CABLE, DUPLICATES.c.original)
    .join(CABLES, CABLES.c.cable_id == PARAGRAPHS.c.cable_id)
    .outerjoin(DUPLICATES, DUPLICATES.c.cable_id == PARAGRAPHS.c.cable_id)
    .where(_WANTED)
)
PARAGRAPHS_FOUND = select(PARAGRAPHS).where(_WANTED)
_TEXTS = select(PARAGRAPHS.c.cable_id, PARAGRAPHS.c.label, PARAGRAPHS.c.text).where(_WANTED)


@dataclass(frozen=True, slots=True)
class Shown:
    """A paragraph with its cable's header; `original` is the cable that said the same first, if one did."""

    paragraph: Paragraph
    header: CableHeader
    original: str | None


class FoundParagraphs:
    """Reads paragraphs by (cable id, label); those that do not exist are left out."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def shown(self, keys: Iterable[Key]) -> dict[Key, Shown]:
        """What is to be shown of them, in one statement."""
        headers: dict[str, CableHeader] = {}
        found = {}
        with self._engine.connect() as connection:
            read = rows(connection, _SHOWN, keys)
        for row in read:
            cable_id = row.cable_id
            header = headers.get(cable_id)
            if header is None:
                header = headers[cable_id] = header_from_row(row)
            found[cable_id, row.label] = Shown(paragraph_from_row(row), header, row.original)
        return found

    def texts(self, keys: Iterable[Key]) -> dict[Key, str]:
        with self._engine.connect() as connection:
            return {(row.cable_id, row.label): row.text for row in rows(connection, _TEXTS, keys)}


def rows(connection: Connection, statement: Select[Any], keys: Iterable[Key]) -> list[Row[Any]]:
    """What a statement with `_WANTED` reads of the paragraphs with these (cable id, label)."""
    return [row for wanted in _wanted(keys) for row in connection.execute(statement, wanted).all()]


def _wanted(keys: Iterable[Key]) -> Iterator[dict[str, list[str]]]:
    """What the statements are given: of `(cable_id, label) IN (...)` SQLite scans all paragraphs."""
    for part in parts(list(dict.fromkeys(keys)), IN_LIMIT):
        yield {
            "cables": list(dict.fromkeys(cable_id for cable_id, _ in part)),
            "keys": [f"{cable_id}|{label}" for cable_id, label in part],
        }
