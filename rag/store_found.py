"""What is shown of paragraphs that were found: text, header and original, in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, select

from rag.schema import CABLES, DUPLICATES, PARAGRAPHS
from rag.store_rows import HEADER_COLUMNS, header_from_row, paragraph_from_row
from rag.store_vectors import IN_LIMIT, parts
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
_PARAGRAPHS = select(PARAGRAPHS).where(_WANTED)


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
    for wanted in _wanted(keys):
        for row in connection.execute(_SHOWN, wanted):
            cable_id = row.cable_id
            header = headers.get(cable_id)
            if header is None:
                header = headers[cable_id] = header_from_row(row)
            found[cable_id, row.label] = Shown(paragraph_from_row(row), header, row.original)
    return found


def paragraphs(connection: Connection, keys: Iterable[Key]) -> dict[Key, Paragraph]:
    """The paragraphs with these (cable id, label), those that exist."""
    return {
        (row.cable_id, row.label): paragraph_from_row(row)
        for wanted in _wanted(keys)
        for row in connection.execute(_PARAGRAPHS, wanted)
    }


def _wanted(keys: Iterable[Key]) -> Iterator[dict[str, list[str]]]:
    """What the statements are given: of `(cable_id, label) IN (...)` SQLite scans all paragraphs."""
    for part in parts(list(dict.fromkeys(keys)), IN_LIMIT):
        yield {
            "cables": list(dict.fromkeys(cable_id for cable_id, _ in part)),
            "keys": [f"{cable_id}|{label}" for cable_id, label in part],
        }
