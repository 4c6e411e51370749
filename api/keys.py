"""API keys: who may do what, up to which classification, and how often.

Of a key only a hash is kept. Its secret has 256 random bits, so that a plain SHA-256 cannot be searched
through; a slow hash would only slow every request.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Column, Engine, Integer, MetaData, Row, Table, Text, select

from rag.errors import NotFound
from rag.store.ceiling import Ceiling
from rag.store.migrations import Schema, meta_table, open_up_to_date

FILE_NAME = "keys.sqlite"
PREFIX = "cqa"
RATE_PER_MINUTE = 120
BODY_LIMIT_BYTES = 1024 * 1024
METADATA = MetaData()
META = meta_table(METADATA)
KEYS = Table(
    "keys",
    METADATA,
    Column("key_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("ceiling", Text),
    Column("rate_per_minute", Integer, nullable=False),
    Column("body_limit_bytes", Integer, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("revoked_at", Text),
)
KEYS_SCHEMA = Schema(METADATA)


class Scope(StrEnum):
    """What a key may do; each may do what the ones before it may."""

    READ = "read"
    ASK = "ask"
    ADMIN = "admin"

    def covers(self, other: Scope) -> bool:
        return list(Scope).index(self) >= list(Scope).index(other)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from. `ceiling` is None where everything may be seen."""

    key_id: str
    name: str
    scope: Scope
    ceiling: Ceiling | None
    rate_per_minute: int
    body_limit_bytes: int

    def may_see(self, ceiling: Ceiling | None) -> bool:
        """Whether what was made for a caller of that ceiling may be seen by this one."""
        if self.ceiling is None:
            return True
        return ceiling is not None and ceiling.rank <= self.ceiling.rank


# Who asks where no key is asked for: a person at their own machine.
LOCAL = Caller("", "local", Scope.ADMIN, None, rate_per_minute=0, body_limit_bytes=4 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is kept: all but its secret."""

    caller: Caller
    created_at: datetime
    revoked_at: datetime | None


class KeyBook:
    """The keys of a collection, in a file of their own. Safe for many threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, folder: Path) -> KeyBook:
        """Open, or make, the file in the data directory; nobody but its owner can read it."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE_NAME).touch(mode=0o600)
        return cls(open_up_to_date(folder / FILE_NAME, KEYS_SCHEMA, write=True))

    def close(self) -> None:
        self._engine.dispose()

    def create(
        self,
        name: str,
        scope: Scope,
        ceiling: Ceiling | None = None,
        *,
        rate_per_minute: int = RATE_PER_MINUTE,
        body_limit_bytes: int = BODY_LIMIT_BYTES,
    ) -> tuple[Caller, str]:
        """A new key, and its text: the only time that it is seen."""
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        with self._engine.begin() as connection:
            connection.execute(
                KEYS.insert().values(
                    key_id=key_id,
                    name=name,
                    digest=_digest(secret),
                    scope=scope.value,
                    ceiling=None if ceiling is None else ceiling.value,
                    rate_per_minute=rate_per_minute,
                    body_limit_bytes=body_limit_bytes,
                    created_at=datetime.now(UTC).isoformat(),
                )
            )
        caller = Caller(key_id, name, scope, ceiling, rate_per_minute, body_limit_bytes)
        return caller, f"{PREFIX}_{key_id}_{secret}"

    def find(self, text: str) -> Caller | None:
        """Whose key this is; None where it is nobody's, or revoked."""
        prefix, _, rest = text.partition("_")
        key_id, _, secret = rest.partition("_")
        row = self._row(key_id)
        # Compared whether or not there is such a key: the time says nothing of which part was wrong.
        same = hmac.compare_digest(_digest(secret), "" if row is None else row.digest)
        if row is None or not same or prefix != PREFIX or row.revoked_at is not None:
            return None
        return _key(row).caller

    def holder(self, key_id: str) -> Caller | None:
        """The caller of a key that is still good, for work that goes on without a request."""
        row = self._row(key_id)
        return None if row is None or row.revoked_at is not None else _key(row).caller

    def all(self) -> tuple[Key, ...]:
        """Every key, the oldest first, revoked ones with them."""
        with self._engine.connect() as connection:
            return tuple(_key(row) for row in connection.execute(select(KEYS).order_by(KEYS.c.created_at)))

    def revoke(self, key_id: str) -> None:
        """From the next request on it opens nothing. Raises NotFound."""
        with self._engine.begin() as connection:
            good = (KEYS.c.key_id == key_id) & KEYS.c.revoked_at.is_(None)
            done = connection.execute(
                KEYS.update().where(good).values(revoked_at=datetime.now(UTC).isoformat())
            )
        if not done.rowcount:
            raise NotFound(f"There is no key {key_id[:40]!r} that could be revoked.", key_id=key_id[:40])

    def _row(self, key_id: str) -> Row[tuple[object, ...]] | None:
        with self._engine.connect() as connection:
            return connection.execute(select(KEYS).where(KEYS.c.key_id == key_id)).one_or_none()


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: Row[tuple[object, ...]]) -> Key:
    caller = Caller(
        row.key_id,
        row.name,
        Scope(row.scope),
        None if row.ceiling is None else Ceiling(row.ceiling),
        row.rate_per_minute,
        row.body_limit_bytes,
    )
    revoked = None if row.revoked_at is None else datetime.fromisoformat(row.revoked_at)
    return Key(caller, datetime.fromisoformat(row.created_at), revoked)
