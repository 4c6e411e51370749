"""Batches and their answers, kept item by item."""

from __future__ import annotations

import fcntl
import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, func, select
from sqlalchemy.exc import IntegrityError

from api.batches.questions import BatchQuestion
from api.moments import next_moment
from api.paging import latest_first
from api.tables import BATCH_ITEMS, BATCHES
from rag.errors import NotFound, UsageError
from rag.record import AnswerRecord, ErrorFacts, QuestionIn
from rag.record.redaction import without_cable

LOCK_NAME = "lock.batches"


@dataclass(frozen=True, slots=True)
class Batch:
    """How far a batch is."""

    batch_id: str
    owner: str
    title: str
    created_at: datetime
    total: int
    done: int
    failed: int

    @property
    def complete(self) -> bool:
        return self.done + self.failed == self.total


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One question of a batch, with its answer or why there is none; neither while it waits."""

    position: int
    item_id: str
    question: QuestionIn
    answer: AnswerRecord | None
    error: ErrorFacts | None


class BatchBook:
    """Every batch; each belongs to its owner, and no other sees it. Safe for many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no other process of this machine works batches off; none begins to meanwhile."""
        with self._locking(fcntl.LOCK_EX) as locked:
            yield locked

    def is_worked_on(self) -> bool:
        """Whether a process of this machine works batches off."""
        with self._locking(fcntl.LOCK_SH) as locked:
            return not locked

    @contextmanager
    def _locking(self, how: int) -> Iterator[bool]:
        path = Path(str(self._engine.url.database)).with_name(LOCK_NAME)
        with path.open("ab") as file:
            try:
                fcntl.flock(file, how | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def begin(
        self, owner: str, title: str, asked: Sequence[BatchQuestion], key: str | None
    ) -> tuple[Batch, bool]:
        """A new batch, and True; or the one that was begun under the same idempotency `key`, and False.

        Raises UsageError where the key was used for other questions.
        """
        wanted = hashlib.sha256("\n".join(item.model_dump_json() for item in asked).encode()).hexdigest()
        try:
            return self._begin(owner, title, asked, key, wanted)
        except IntegrityError:
            # The same key came twice at once: the other request was first.
            return self._begin(owner, title, asked, key, wanted)

    def _begin(
        self, owner: str, title: str, asked: Sequence[BatchQuestion], key: str | None, wanted: str
    ) -> tuple[Batch, bool]:
        batch_id = secrets.token_urlsafe(12)
        used = and_(BATCHES.c.owner == owner, BATCHES.c.idempotency_key == key)
        with self._engine.begin() as connection:
            known = None if key is None else connection.execute(select(BATCHES).where(used)).one_or_none()
            if known is not None:
                if known.request_sha256 != wanted:
                    raise UsageError(
                        "This idempotency key was used for other questions.", batch_id=known.batch_id
                    )
                return _batch(connection, known), False
            connection.execute(
                BATCHES.insert().values(
                    batch_id=batch_id,
                    owner=owner,
                    title=title,
                    created_at=next_moment(connection, BATCHES.c.created_at).isoformat(),
                    idempotency_key=key or batch_id,
                    request_sha256=wanted,
                )
            )
            rows = [
                {
                    "batch_id": batch_id,
                    "position": position,
                    "item_id": item.id,
                    "question": item.question.model_dump_json(),
                }
                for position, item in enumerate(asked)
            ]
            connection.execute(BATCH_ITEMS.insert(), rows)
            return _batch(connection, _row(connection, batch_id, owner)), True

    def get(self, batch_id: str, owner: str) -> Batch:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            return _batch(connection, _row(connection, batch_id, owner))

    def latest(self, owner: str, limit: int, after: str | None = None) -> tuple[Batch, ...]:
        """The latest first, from the one behind the id `after`. Raises NotFound for an unknown one."""
        with self._engine.connect() as connection:
            last = None if after is None else _row(connection, after, owner)
            query = latest_first(BATCHES, BATCHES.c.batch_id, owner, limit, last)
            return tuple(_batch(connection, row) for row in connection.execute(query).all())

    def items(self, batch_id: str) -> tuple[BatchItem, ...]:
        with self._engine.connect() as connection:
            rows = connection.execute(_items_of(batch_id)).all()
        return tuple(_item(row) for row in rows)

    def next_waiting(self, batch_id: str) -> BatchItem | None:
        """The first question that has neither an answer nor an error."""
        waiting = and_(BATCH_ITEMS.c.record.is_(None), BATCH_ITEMS.c.error.is_(None))
        with self._engine.connect() as connection:
            row = connection.execute(_items_of(batch_id).where(waiting).limit(1)).one_or_none()
        return None if row is None else _item(row)

    def unfinished(self) -> tuple[Batch, ...]:
        """Batches with questions that wait, the oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(BATCHES).order_by(BATCHES.c.created_at)).all()
            found = [_batch(connection, row) for row in rows]
        return tuple(batch for batch in found if not batch.complete)

    def answer(self, batch_id: str, position: int, record: AnswerRecord) -> None:
        self._set(batch_id, position, record=record.model_dump_json())

    def fail(self, batch_id: str, position: int, error: ErrorFacts) -> None:
        self._set(batch_id, position, error=error.model_dump_json())

    def retry(self, batch_id: str, owner: str) -> Batch:
        """Let what failed wait again. Raises NotFound."""
        with self._engine.begin() as connection:
            row = _row(connection, batch_id, owner)
            connection.execute(
                BATCH_ITEMS.update().where(BATCH_ITEMS.c.batch_id == batch_id).values(error=None)
            )
            return _batch(connection, row)

    def delete(self, batch_id: str, owner: str) -> None:
        """Raises NotFound."""
        with self._engine.begin() as connection:
            _row(connection, batch_id, owner)
            connection.execute(BATCHES.delete().where(BATCHES.c.batch_id == batch_id))

    def redact(self, cable_id: str) -> None:
        """Take the text of a deleted cable out of every sheet, as out of the ledger."""
        with self._engine.begin() as connection:
            rows = connection.execute(
                select(BATCH_ITEMS.c.batch_id, BATCH_ITEMS.c.position, BATCH_ITEMS.c.record).where(
                    BATCH_ITEMS.c.record.contains(json.dumps(cable_id, ensure_ascii=False), autoescape=True)
                )
            )
            for row in rows.all():
                record = without_cable(AnswerRecord.model_validate_json(row.record), cable_id)
                place = and_(BATCH_ITEMS.c.batch_id == row.batch_id, BATCH_ITEMS.c.position == row.position)
                connection.execute(BATCH_ITEMS.update().where(place).values(record=record.model_dump_json()))

    def forget_before(self, moment: datetime) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                BATCHES.delete().where(BATCHES.c.created_at < moment.astimezone(UTC).isoformat())
            )

    def _set(self, batch_id: str, position: int, **values: str) -> None:
        place = and_(BATCH_ITEMS.c.batch_id == batch_id, BATCH_ITEMS.c.position == position)
        with self._engine.begin() as connection:
            connection.execute(BATCH_ITEMS.update().where(place).values(**values))


def _items_of(batch_id: str) -> Select[Any]:
    return select(BATCH_ITEMS).where(BATCH_ITEMS.c.batch_id == batch_id).order_by(BATCH_ITEMS.c.position)


def _row(connection: Connection, batch_id: str, owner: str) -> Row[tuple[object, ...]]:
    mine = and_(BATCHES.c.batch_id == batch_id, BATCHES.c.owner == owner)
    row = connection.execute(select(BATCHES).where(mine)).one_or_none()
    if row is None:
        raise NotFound(f"There is no batch {batch_id[:60]!r}.", batch_id=batch_id[:60])
    return row


def _batch(connection: Connection, row: Row[tuple[object, ...]]) -> Batch:
    counted = connection.execute(
        select(func.count(), func.count(BATCH_ITEMS.c.record), func.count(BATCH_ITEMS.c.error)).where(
            BATCH_ITEMS.c.batch_id == row.batch_id
        )
    ).one()
    return Batch(row.batch_id, row.owner, row.title, datetime.fromisoformat(row.created_at), *counted)


def _item(row: Row[tuple[object, ...]]) -> BatchItem:
    return BatchItem(
        row.position,
        row.item_id,
        QuestionIn.model_validate_json(row.question),
        None if row.record is None else AnswerRecord.model_validate_json(row.record),
        None if row.error is None else ErrorFacts.model_validate_json(row.error),
    )
