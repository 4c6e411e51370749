"""Conversations: answers in their order, under a title that a reader can change."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, and_, func, or_, select

from api.tables import CONVERSATIONS, TURNS
from rag.errors import NotFound


@dataclass(frozen=True, slots=True)
class Conversation:
    """Answers in their order, under a title."""

    conversation_id: str
    title: str
    created_at: datetime
    updated_at: datetime
    answer_ids: tuple[str, ...]


class Conversations:
    """Every conversation of this collection. Safe for many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, title: str) -> Conversation:
        now = datetime.now(UTC)
        made = Conversation(secrets.token_urlsafe(12), title, now, now, ())
        with self._engine.begin() as connection:
            connection.execute(
                CONVERSATIONS.insert().values(
                    conversation_id=made.conversation_id,
                    title=title,
                    created_at=now.isoformat(),
                    updated_at=now.isoformat(),
                )
            )
        return made

    def latest(self, limit: int, after: str | None = None) -> tuple[Conversation, ...]:
        """The latest, the most recently used first, from the one behind the id `after`."""
        order = (CONVERSATIONS.c.updated_at.desc(), CONVERSATIONS.c.conversation_id)
        query = select(CONVERSATIONS.c.conversation_id).order_by(*order).limit(limit)
        with self._engine.connect() as connection:
            if after is not None:
                last = _read(connection, after)
                query = query.where(
                    or_(
                        CONVERSATIONS.c.updated_at < last.updated_at.isoformat(),
                        and_(
                            CONVERSATIONS.c.updated_at == last.updated_at.isoformat(),
                            CONVERSATIONS.c.conversation_id > after,
                        ),
                    )
                )
            return tuple(_read(connection, found) for found in list(connection.execute(query).scalars()))

    def get(self, conversation_id: str) -> Conversation:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            return _read(connection, conversation_id)

    def append(self, conversation_id: str, answer_id: str) -> None:
        """Add an answer at the end. Raises NotFound."""
        with self._engine.begin() as connection:
            _touch(connection, conversation_id)
            position = connection.execute(
                select(func.count()).where(TURNS.c.conversation_id == conversation_id)
            ).scalar_one()
            connection.execute(
                TURNS.insert().values(conversation_id=conversation_id, position=position, answer_id=answer_id)
            )

    def rename(self, conversation_id: str, title: str) -> Conversation:
        with self._engine.begin() as connection:
            _touch(connection, conversation_id, title=title)
            return _read(connection, conversation_id)

    def delete(self, conversation_id: str) -> None:
        with self._engine.begin() as connection:
            gone = connection.execute(
                CONVERSATIONS.delete().where(CONVERSATIONS.c.conversation_id == conversation_id)
            )
            _require(gone.rowcount, conversation_id)


def _touch(connection: Connection, conversation_id: str, **changes: str) -> None:
    changed = connection.execute(
        CONVERSATIONS.update()
        .where(CONVERSATIONS.c.conversation_id == conversation_id)
        .values(updated_at=datetime.now(UTC).isoformat(), **changes)
    )
    _require(changed.rowcount, conversation_id)


def _read(connection: Connection, conversation_id: str) -> Conversation:
    row = connection.execute(
        select(CONVERSATIONS).where(CONVERSATIONS.c.conversation_id == conversation_id)
    ).one_or_none()
    _require(0 if row is None else 1, conversation_id)
    assert row is not None
    answers: Sequence[str] = (
        connection.execute(
            select(TURNS.c.answer_id)
            .where(TURNS.c.conversation_id == conversation_id)
            .order_by(TURNS.c.position)
        )
        .scalars()
        .all()
    )
    return Conversation(
        row.conversation_id,
        row.title,
        datetime.fromisoformat(row.created_at),
        datetime.fromisoformat(row.updated_at),
        tuple(answers),
    )


def _require(found: int, conversation_id: str) -> None:
    if not found:
        raise NotFound(
            f"There is no conversation {conversation_id[:60]!r}.", conversation_id=conversation_id[:60]
        )
