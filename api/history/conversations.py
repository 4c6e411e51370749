"""Conversations: answers in their order, under a title that a reader can change."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, or_, select

from api.moments import next_moment
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
    """Every conversation; each belongs to its owner, and no other sees it. Safe for many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, title: str, owner: str = "") -> Conversation:
        with self._engine.begin() as connection:
            now = next_moment(connection, CONVERSATIONS.c.updated_at)
            made = Conversation(secrets.token_urlsafe(12), title, now, now, ())
            connection.execute(
                CONVERSATIONS.insert().values(
                    conversation_id=made.conversation_id,
                    title=title,
                    owner=owner,
                    created_at=now.isoformat(),
                    updated_at=now.isoformat(),
                )
            )
        return made

    def latest(self, limit: int, after: str | None = None, owner: str = "") -> tuple[Conversation, ...]:
        """The latest, the most recently used first, from the one behind the id `after`."""
        order = (CONVERSATIONS.c.updated_at.desc(), CONVERSATIONS.c.conversation_id)
        mine = CONVERSATIONS.c.owner == owner
        query = select(CONVERSATIONS.c.conversation_id).where(mine).order_by(*order).limit(limit)
        with self._engine.connect() as connection:
            if after is not None:
                last = _read(connection, after, owner)
                query = query.where(
                    or_(
                        CONVERSATIONS.c.updated_at < last.updated_at.isoformat(),
                        and_(
                            CONVERSATIONS.c.updated_at == last.updated_at.isoformat(),
                            CONVERSATIONS.c.conversation_id > after,
                        ),
                    )
                )
            return tuple(
                _read(connection, found, owner) for found in list(connection.execute(query).scalars())
            )

    def get(self, conversation_id: str, owner: str = "") -> Conversation:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            return _read(connection, conversation_id, owner)

    def append(self, conversation_id: str, answer_id: str, owner: str = "") -> None:
        """Add an answer at the end. Raises NotFound."""
        with self._engine.begin() as connection:
            _touch(connection, conversation_id, owner)
            position = connection.execute(
                select(func.count()).where(TURNS.c.conversation_id == conversation_id)
            ).scalar_one()
            connection.execute(
                TURNS.insert().values(conversation_id=conversation_id, position=position, answer_id=answer_id)
            )

    def rename(self, conversation_id: str, title: str, owner: str = "") -> Conversation:
        with self._engine.begin() as connection:
            _touch(connection, conversation_id, owner, title=title)
            return _read(connection, conversation_id, owner)

    def forget_before(self, moment: datetime) -> None:
        """Delete those that were last used before, whoever's they are."""
        old = CONVERSATIONS.c.updated_at < moment.astimezone(UTC).isoformat()
        with self._engine.begin() as connection:
            connection.execute(CONVERSATIONS.delete().where(old))

    def delete(self, conversation_id: str, owner: str = "") -> None:
        with self._engine.begin() as connection:
            gone = connection.execute(CONVERSATIONS.delete().where(_mine(conversation_id, owner)))
            _require(gone.rowcount, conversation_id)


def _mine(conversation_id: str, owner: str) -> ColumnElement[bool]:
    return and_(CONVERSATIONS.c.conversation_id == conversation_id, CONVERSATIONS.c.owner == owner)


def _touch(connection: Connection, conversation_id: str, owner: str, **changes: str) -> None:
    now = next_moment(connection, CONVERSATIONS.c.updated_at)
    changed = connection.execute(
        CONVERSATIONS.update()
        .where(_mine(conversation_id, owner))
        .values(updated_at=now.isoformat(), **changes)
    )
    _require(changed.rowcount, conversation_id)


def _read(connection: Connection, conversation_id: str, owner: str) -> Conversation:
    row = connection.execute(select(CONVERSATIONS).where(_mine(conversation_id, owner))).one_or_none()
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
