"""CableStore: the source of truth for text, metadata, references and answers.

SQLite, or PostgreSQL where several machines share it (rag/store/dialect.py). The indexes beside it can be
thrown away and rebuilt from here without embedding again.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, and_, select

from rag.errors import NotFound
from rag.store import batches, found_rows, row_values, selection, work, writes
from rag.store.answers import AnswerLedger
from rag.store.batches import Batch
from rag.store.calendar import Calendar
from rag.store.census import Census, Counts
from rag.store.content import content_sha256
from rag.store.found_rows import FoundParagraphs
from rag.store.migrations import open_up_to_date
from rag.store.row_values import HEADER_COLUMNS
from rag.store.schema import CABLES, CHUNKS, PARAGRAPHS, REFERENCES, STORE_SCHEMA, TEXTS
from rag.store.survey import Survey
from rag.store.vectors import IN_LIMIT, VectorCache, parts
from rag.store.work import PendingCable, WorkLog
from rag.types import Cable, CableHeader, Chunk, Facets, Filters, Paragraph, Reference

FILE_NAME = "cables.sqlite"


class CableStore:
    """Cables by id. Safe for many threads; one process writes cables (see rag/store/lock.py)."""

    is_whole = True  # all that the indexes hold may be read through this store

    def __init__(self, path: Path, engine: Engine, url: str | None = None) -> None:
        self.path = path
        self.url = url
        self._engine = engine
        self.vectors = VectorCache(engine)
        self.work = WorkLog(engine)
        self.ledger = AnswerLedger(engine)
        self.census = Census(engine)
        self.survey = Survey(engine)
        self.found = FoundParagraphs(engine)
        self.calendar = Calendar(engine)

    @classmethod
    def open(cls, path: Path, *, write: bool = True, url: str | None = None) -> CableStore:
        """Open (or make) the store in the data directory `path`; a writer upgrades an older one.

        With `url` it is in that PostgreSQL database, and only the indexes are in the directory. Raises
        CollectionDamaged, CollectionOutdated.
        """
        path.mkdir(parents=True, exist_ok=True)
        engine = open_up_to_date(path / FILE_NAME, STORE_SCHEMA, write=write, url=url)
        return cls(path, engine, url)

    def close(self) -> None:
        self._engine.dispose()

    # Writing

    def put(self, cable: Cable, chunks: Sequence[Chunk]) -> None:
        self.write(Batch(cables=[(cable, chunks)]))

    def write(self, batch: Batch) -> tuple[PendingCable, ...]:
        """Write cables in one transaction, in the place of what had their ids; their indexes are pending."""
        with self._engine.begin() as connection:
            return batches.write(connection, batch)

    def delete(self, cable_id: str) -> None:
        """Remove a cable, its vectors and its text in answers; its indexes are pending. Raises NotFound.

        Until they are built anew, their files hold words of it that no search finds: `work.is_purged`.
        """
        with self._engine.begin() as connection:
            writes.delete(connection, cable_id)
            self.ledger.redact(connection, cable_id)
            writes.set_meta(connection, work.UNPURGED, "1")

    def get_meta(self, key: str) -> str | None:
        """A fact about the collection as a whole (fingerprint, generation of the indexes...)."""
        with self._engine.connect() as connection:
            return writes.get_meta(connection, key)

    def set_meta(self, key: str, value: str) -> None:
        with self._engine.begin() as connection:
            writes.set_meta(connection, key, value)

    # Cables

    def find_cable(self, cable_id: str) -> Cable | None:
        """A whole cable as it was put, by its stored id."""
        with self._engine.connect() as connection:
            header = connection.execute(select(*HEADER_COLUMNS).where(CABLES.c.cable_id == cable_id)).first()
            if header is None:
                return None
            text = connection.execute(select(TEXTS).where(TEXTS.c.cable_id == cable_id)).one()
        # Behind the connection: who holds one and waits for another can wait for ever.
        return row_values.cable_from_rows(
            header, text, self.cable_paragraphs(cable_id), self.references(cable_id)
        )

    def get_cable(self, cable_id: str) -> Cable:
        """As find_cable; raises NotFound, with ids like it in its detail."""
        cable = self.find_cable(cable_id)
        if cable is None:
            near = list(self.near_ids(cable_id))
            hint = f" Near it: {', '.join(near)}." if near else ""
            raise NotFound(
                f"There is no cable {cable_id} in this collection.{hint}", cable_id=cable_id, near=near
            )
        return cable

    def raw(self, cable_id: str) -> bytes:
        """The source record as it was read. Raises NotFound."""
        with self._engine.connect() as connection:
            packed = connection.scalar(select(TEXTS.c.raw).where(TEXTS.c.cable_id == cable_id))
        if packed is None:
            raise NotFound(f"There is no cable {cable_id} in this collection.", cable_id=cable_id)
        return zlib.decompress(packed)

    def find_header(self, cable_id: str) -> CableHeader | None:
        return self.headers([cable_id]).get(cable_id)

    def headers(self, cable_ids: Collection[str]) -> dict[str, CableHeader]:
        """The headers of those that exist, by id."""
        found: dict[str, CableHeader] = {}
        with self._engine.connect() as connection:
            for part in parts(list(cable_ids), IN_LIMIT):
                rows = connection.execute(select(*HEADER_COLUMNS).where(CABLES.c.cable_id.in_(part)))
                found.update((row.cable_id, row_values.header_from_row(row)) for row in rows)
        return found

    def says_the_same(self, cable: Cable) -> bool:
        """Whether the stored cable of this id differs in nothing but the name of its file."""
        query = select(CABLES.c.content_sha256).where(CABLES.c.cable_id == cable.header.cable_id)
        with self._engine.connect() as connection:
            return connection.scalar(query) == content_sha256(cable)

    def references(self, cable_id: str) -> tuple[Reference, ...]:
        """What a cable refers to, in the order of its REF line."""
        query = select(REFERENCES).where(REFERENCES.c.cable_id == cable_id).order_by(REFERENCES.c.ordinal)
        with self._engine.connect() as connection:
            return tuple(row_values.reference_from_row(row) for row in connection.execute(query))

    def referenced_by(self, cable_id: str) -> tuple[str, ...]:
        """Ids of the cables that refer to this one."""
        query = select(REFERENCES.c.cable_id).where(REFERENCES.c.target == cable_id).distinct()
        with self._engine.connect() as connection:
            return tuple(connection.scalars(query.order_by(REFERENCES.c.cable_id)))

    # Paragraphs and chunks

    def paragraphs(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Paragraph]:
        """Paragraphs by (cable id, label), those that exist."""
        with self._engine.connect() as connection:
            rows = found_rows.rows(connection, found_rows.PARAGRAPHS_FOUND, keys)
            return {(row.cable_id, row.label): row_values.paragraph_from_row(row) for row in rows}

    def cable_paragraphs(self, cable_id: str) -> tuple[Paragraph, ...]:
        query = select(PARAGRAPHS).where(PARAGRAPHS.c.cable_id == cable_id).order_by(PARAGRAPHS.c.ordinal)
        with self._engine.connect() as connection:
            return tuple(row_values.paragraph_from_row(row) for row in connection.execute(query))

    def find_paragraph(self, cable_id: str, label: str) -> Paragraph | None:
        return self.paragraphs([(cable_id, label)]).get((cable_id, label))

    def cable_chunks(self, cable_id: str) -> tuple[Chunk, ...]:
        """The chunks of a cable, in the order of its text."""
        texts = {paragraph.label: paragraph.text for paragraph in self.cable_paragraphs(cable_id)}
        query = (
            select(CHUNKS)
            .join(PARAGRAPHS, and_(PARAGRAPHS.c.cable_id == cable_id, PARAGRAPHS.c.label == CHUNKS.c.label))
            .where(CHUNKS.c.cable_id == cable_id)
            .order_by(PARAGRAPHS.c.ordinal, CHUNKS.c.ordinal)
        )
        with self._engine.connect() as connection:
            # Cut here and not by SQL, whose `substr` ends at a NUL.
            return tuple(
                Chunk(
                    cable_id,
                    row.label,
                    row.ordinal,
                    row.start,
                    row.end,
                    texts[row.label][row.start : row.end],
                )
                for row in connection.execute(query)
            )

    # Finding

    def resolve_id(self, text: str) -> str | None:
        """The stored id that `text` spells in any way; None where there is none, or more than one."""
        with self._engine.connect() as connection:
            return selection.resolve_id(connection, text)

    def near_ids(self, cable_id: str, limit: int = 5) -> tuple[str, ...]:
        with self._engine.connect() as connection:
            return selection.near_ids(connection, cable_id, limit)

    def matching_cables(self, filters: Filters) -> frozenset[str] | None:
        """Ids of the cables that pass, kinds of paragraphs aside; None where nothing is filtered."""
        if replace(filters, kinds=()).is_empty():
            return None
        with self._engine.connect() as connection:
            return selection.matching_cables(connection, filters)

    def list_headers(self, filters: Filters, *, limit: int, after: str | None) -> tuple[CableHeader, ...]:
        """A page of headers in the order of ids, from the one behind `after`."""
        with self._engine.connect() as connection:
            rows = selection.list_rows(connection, filters, limit, after)
            return tuple(row_values.header_from_row(row) for row in rows)

    def facets(self, filters: Filters) -> Facets:
        with self._engine.connect() as connection:
            return selection.facets(connection, filters)

    def counts(self) -> Counts:
        return self.census.counts()

    def is_empty(self) -> bool:
        with self._engine.connect() as connection:
            return connection.scalar(select(CABLES.c.cable_id).limit(1)) is None

    def snapshot(self) -> str:
        """12 hex digits that name the collection's content, whatever the order in which it came."""
        return hashlib.sha256((self.get_meta(writes.CONTENT_SUM) or "0").encode()).hexdigest()[:12]

    def save_answer(
        self, answer_id: str, created_at: datetime, record_json: str, cited: Sequence[tuple[str, str]]
    ) -> None:
        """Write an answer with the (cable id, label) of each paragraph that it cites."""
        self.ledger.save(answer_id, created_at, record_json, cited)

    def find_answer(self, answer_id: str) -> str | None:
        return self.ledger.find(answer_id)
