"""Everything a store holds, counted, listed and checked as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, Select, func, select

from rag.store.dialect import integrity_problems
from rag.store.schema import CABLES, CHUNKS, PARAGRAPHS, TEXTS
from rag.store.selection import conditions
from rag.types import Filters

PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a collection holds."""

    cables: int
    paragraphs: int
    chunks: int


@dataclass(frozen=True, slots=True)
class Scope:
    """How much of a collection passes a filter."""

    cables: int
    paragraphs: int


class Census:
    """Reads the store from end to end, a page at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def counts(self) -> Counts:
        with self._engine.connect() as connection:
            cables, paragraphs, chunks = (
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (CABLES, PARAGRAPHS, CHUNKS)
            )
            return Counts(cables, paragraphs, chunks)

    def scope(self, filters: Filters) -> Scope:
        """How much a search under these filters looks through."""
        with self._engine.connect() as connection:
            passing = conditions(connection, filters)
            cables = select(func.count()).select_from(CABLES).where(*passing)
            paragraphs = select(func.count()).select_from(PARAGRAPHS)
            if passing:
                chosen = select(CABLES.c.cable_id).where(*passing)
                paragraphs = paragraphs.where(PARAGRAPHS.c.cable_id.in_(chosen))
            return Scope(connection.execute(cables).scalar_one(), connection.execute(paragraphs).scalar_one())

    def cable_ids(self) -> Iterator[str]:
        for row in self._rows(select(CABLES.c.cable_id).order_by(CABLES.c.cable_id)):
            yield row.cable_id

    def chunk_ids(self) -> Iterator[str]:
        for row in self._rows(select(CHUNKS.c.cable_id, CHUNKS.c.label, CHUNKS.c.ordinal)):
            yield f"{row.cable_id}|{row.label}|{row.ordinal}"

    def paragraph_keys(self) -> Iterator[tuple[str, str]]:
        for row in self._rows(select(PARAGRAPHS.c.cable_id, PARAGRAPHS.c.label)):
            yield row.cable_id, row.label

    def integrity_problems(self) -> list[str]:
        """What the database finds wrong with its own file; nothing where it is whole."""
        with self._engine.connect() as connection:
            return integrity_problems(connection)

    def paragraphs_out_of_place(self) -> list[str]:
        """Paragraphs whose text is not what stands at their offsets, as citations."""
        # Cut here and not by SQL, whose `substr` ends at a NUL and walks a long text from its beginning.
        wrong: list[str] = []
        for cable_id in self.cable_ids():
            with self._engine.connect() as connection:
                body = connection.execute(
                    select(TEXTS.c.body).where(TEXTS.c.cable_id == cable_id)
                ).scalar_one()
                rows = connection.execute(select(PARAGRAPHS).where(PARAGRAPHS.c.cable_id == cable_id))
                wrong += [f"{cable_id} ¶{p.label}" for p in rows if body[p.start : p.end] != p.text]
        return wrong

    def _rows(self, query: Select[Any]) -> Iterator[Row[Any]]:
        with self._engine.connect() as connection:
            for page in connection.execute(query.execution_options(yield_per=PAGE)).partitions():
                yield from page
