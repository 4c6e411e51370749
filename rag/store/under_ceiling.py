"""A store in which the cables above a ceiling do not exist.

The database itself hides them: every connection has temporary views, under the names of the tables, of
the rows that may be seen. Whatever reads through it, written today or later, in any thread, can find no
other; no caller has to remember a condition.
"""

from __future__ import annotations

from sqlalchemy import Dialect, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from rag.store import selection
from rag.store.cable_store import FILE_NAME, CableStore
from rag.store.ceiling import Ceiling
from rag.store.dialect import temporary_names
from rag.store.engine import open_engine
from rag.store.postgres import open_server
from rag.store.schema import ANSWER_CITATIONS, ANSWER_SOURCES, METADATA
from rag.types import Filters

# What an answer rests on is written through these stores too, and is no text of a cable.
OPEN = {ANSWER_CITATIONS.name, ANSWER_SOURCES.name}
HIDDEN = tuple(
    table.name for table in METADATA.sorted_tables if "cable_id" in table.columns and table.name not in OPEN
)


class StoreBelow(CableStore):
    """The cables whose classification, and the marking of whose every paragraph, is at or below a ceiling.

    Reading only. What may be seen is settled when a connection is made: a collection that is being read
    is not written to.
    """

    is_whole = False

    def __init__(self, store: CableStore, ceiling: Ceiling) -> None:
        engine = open_engine(store.path / FILE_NAME) if store.url is None else open_server(store.url)
        event.listen(engine, "connect", _Hiding(ceiling, engine.dialect))
        super().__init__(store.path, engine, store.url)

    def matching_cables(self, filters: Filters) -> frozenset[str]:
        """Ids of the cables that pass: without filters all that may be seen, which is never everything."""
        with self._engine.connect() as connection:
            return selection.matching_cables(connection, filters)


class _Hiding:
    """Lays the views over a new connection."""

    def __init__(self, ceiling: Ceiling, dialect: Dialect) -> None:
        self._names = temporary_names(dialect)
        self._classifications = ceiling.classifications
        self._markings = ceiling.markings

    def __call__(self, connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        main, temp, place = self._names.main, self._names.temp, self._names.placeholder
        cursor = connection.cursor()
        for statement in self._names.prepare:
            cursor.execute(statement)
        cursor.execute(
            f"""INSERT INTO visible SELECT cable_id FROM {main}.cables
            WHERE upper(classification) IN ({_places(self._classifications, place)})
            AND NOT EXISTS (
                SELECT 1 FROM {main}.paragraphs WHERE paragraphs.cable_id = cables.cable_id
                AND marking IS NOT NULL AND upper(marking) NOT IN ({_places(self._markings, place)}))""",
            (*self._classifications, *self._markings),
        )
        for table in HIDDEN:
            cursor.execute(
                f'CREATE TEMP VIEW "{table}" AS SELECT * FROM {main}."{table}" '
                f"WHERE cable_id IN (SELECT cable_id FROM {temp}.visible)"
            )
        cursor.close()
        connection.commit()


def _places(values: tuple[str, ...], placeholder: str) -> str:
    return ", ".join(placeholder for _ in values)
