"""The cache of vectors, by what was embedded and by whom: nothing is embedded twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, and_, func, select

from rag.models.worker import Vectors
from rag.store.dialect import insert
from rag.store.schema import CHUNKS, VECTORS

# SQLite takes 32,766 parameters in a statement; plans get slow long before.
IN_LIMIT = 500

T = TypeVar("T")


class VectorCache:
    """Vectors of chunks, kept as float32."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, text_sha256s: Collection[str], fingerprint: str) -> dict[str, Vectors]:
        """Those that are known, by hash of the text."""
        wanted = list(text_sha256s)
        found: dict[str, Vectors] = {}
        with self._engine.connect() as connection:
            for part in parts(wanted, IN_LIMIT):
                rows = connection.execute(
                    select(VECTORS.c.text_sha256, VECTORS.c.vector).where(
                        VECTORS.c.fingerprint == fingerprint, VECTORS.c.text_sha256.in_(part)
                    )
                )
                found.update((sha256, np.frombuffer(vector, dtype="<f4")) for sha256, vector in rows)
        return found

    def put(self, vectors: Mapping[str, Vectors], fingerprint: str) -> None:
        if not vectors:
            return
        with self._engine.begin() as connection:
            connection.execute(
                insert(connection, VECTORS).on_conflict_do_nothing(),
                [
                    {"text_sha256": sha256, "fingerprint": fingerprint, "vector": _bytes(vector)}
                    for sha256, vector in vectors.items()
                ],
            )

    def chunk_ids(self, fingerprint: str) -> list[str]:
        """Ids of the chunks that have a vector, in the order of `of_chunks`."""
        query = select(CHUNKS.c.cable_id, CHUNKS.c.label, CHUNKS.c.ordinal).join(VECTORS, _same(fingerprint))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(*CHUNKS.primary_key.columns))
            return [f"{cable_id}|{label}|{ordinal}" for cable_id, label, ordinal in rows]

    def of_chunks(
        self, fingerprint: str, cable_ids: Collection[str] | None = None
    ) -> Iterator[tuple[list[str], Vectors]]:
        """Chunk ids and their vectors (n, dimension), in runs, of all cables or of those named."""
        joined = (
            select(CHUNKS.c.cable_id, CHUNKS.c.label, CHUNKS.c.ordinal, VECTORS.c.vector)
            .join(VECTORS, _same(fingerprint))
            .order_by(*CHUNKS.primary_key.columns)
            .execution_options(yield_per=4_096)
        )
        with self._engine.connect() as connection:
            wanted = [None] if cable_ids is None else parts(sorted(cable_ids), IN_LIMIT)
            for part in wanted:
                query = joined if part is None else joined.where(CHUNKS.c.cable_id.in_(part))
                for rows in connection.execute(query).partitions():
                    ids = [f"{cable_id}|{label}|{ordinal}" for cable_id, label, ordinal, _ in rows]
                    yield (
                        ids,
                        np.frombuffer(b"".join(row.vector for row in rows), dtype="<f4").reshape(
                            len(ids), -1
                        ),
                    )

    def count(self, fingerprint: str) -> int:
        with self._engine.connect() as connection:
            return connection.execute(
                select(func.count()).select_from(VECTORS).where(VECTORS.c.fingerprint == fingerprint)
            ).scalar_one()


def _same(fingerprint: str) -> ColumnElement[bool]:
    return and_(VECTORS.c.text_sha256 == CHUNKS.c.embedded_sha256, VECTORS.c.fingerprint == fingerprint)


def drop_unused_vectors(connection: Connection, text_sha256s: Collection[str] | None = None) -> int:
    """Forget vectors that no chunk has, of all or only of `text_sha256s`."""
    used = select(CHUNKS.c.embedded_sha256).where(CHUNKS.c.embedded_sha256 == VECTORS.c.text_sha256).exists()
    if text_sha256s is None:
        return connection.execute(VECTORS.delete().where(~used)).rowcount
    return sum(
        connection.execute(VECTORS.delete().where(VECTORS.c.text_sha256.in_(part), ~used)).rowcount
        for part in parts(list(text_sha256s), IN_LIMIT)
    )


def parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Runs of at most `size` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _bytes(vector: Vectors) -> bytes:
    return np.ascontiguousarray(vector, dtype="<f4").tobytes()
