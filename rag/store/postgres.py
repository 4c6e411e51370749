"""The store on a PostgreSQL server: the connection, the lock, and what failures are called.

Several processes, also of several machines, can then serve one store. Where the file lock does not
reach, an advisory lock of the database keeps writers and readers apart.
"""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from rag.errors import (
    Busy,
    CableqaError,
    CollectionDamaged,
    CollectionError,
    CollectionLocked,
    StorageFull,
    UsageError,
)
from rag.store.dialect import COLLECTION_LOCK, POSTGRESQL, select_lock

POOL_SIZE, POOL_OVERFLOW = 8, 24
CONNECT_S = 10
BUSY_RETRY_S = 2
# Of https://www.postgresql.org/docs/current/errcodes-appendix.html
_FULL = ("53100",)
_BUSY = ("53300", "40001", "40P01", "55P03", "57014")
_DAMAGED = ("XX001", "XX002")


def read_url(url: str) -> URL:
    """`postgresql://user@host/database`, for the driver that we have. Raises UsageError."""
    try:
        read = make_url(url)
    except ArgumentError:
        read = None
    if read is None or read.get_backend_name() != POSTGRESQL or not read.database:
        raise UsageError("CABLEQA_STORE_URL must look like postgresql://USER@HOST/DATABASE.")
    return read.set(drivername="postgresql+psycopg")


def shown_url(url: str) -> str:
    """The address without its password."""
    return read_url(url).set(drivername=POSTGRESQL).render_as_string(hide_password=True)


def open_server(url: str, *, pooled: bool = True) -> Engine:
    """An engine on the database; failures come as our errors. Raises UsageError where there is no driver."""
    pool = {"pool_size": POOL_SIZE, "max_overflow": POOL_OVERFLOW} if pooled else {"poolclass": NullPool}
    name = f"cableqa {os.getpid()} on {socket.gethostname()}"
    try:
        engine = create_engine(
            read_url(url),
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_S, "application_name": name},
            **pool,
        )
    except ModuleNotFoundError:
        raise UsageError("A store on PostgreSQL needs a driver: pip install 'cableqa[postgres]'.") from None

    def raise_named(context: ExceptionContext) -> None:
        named = named_failure(shown_url(url), context.original_exception)
        if named is not None:
            raise named from context.original_exception

    event.listen(engine, "handle_error", raise_named)
    return engine


def named_failure(where: str, error: BaseException) -> CableqaError | None:
    """What a failure of the server's is to a reader; None where it is a bug of ours."""
    import psycopg

    if not isinstance(error, psycopg.Error):
        return None
    code = error.sqlstate
    said = " ".join(str(error).split())[:200]
    if code in _FULL:
        return StorageFull(f"The server at {where}", said)
    if code in _BUSY:
        return Busy(f"The store at {where} is busy ({said}): try again.", retry_after_s=BUSY_RETRY_S)
    if code in _DAMAGED:
        return CollectionDamaged(f"The store at {where} is damaged ({said}): restore it from a dump.")
    if isinstance(error, psycopg.OperationalError):
        return CollectionError(
            f"The store at {where} does not answer ({said}). Start the server, or correct CABLEQA_STORE_URL.",
            url=where,
        )
    return None


@dataclass(frozen=True, slots=True)
class ServerLock:
    """A held advisory lock: it ends with its connection, so nothing is left behind by a kill."""

    engine: Engine
    connection: Connection
    number: int

    @classmethod
    def acquire(cls, url: str, *, write: bool, number: int = COLLECTION_LOCK) -> ServerLock:
        """Take the database's collection, or what `number` stands for, alone, or with other readers, without
        waiting.

        Raises CollectionLocked with who has it, CollectionError where the server does not answer.
        """
        with ExitStack() as unless_held:
            engine = open_server(url, pooled=False)
            unless_held.callback(engine.dispose)
            connection = unless_held.enter_context(engine.connect())
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            function = "pg_try_advisory_lock" if write else "pg_try_advisory_lock_shared"
            if not connection.scalar(select_lock(function, number)):
                holders = _holders(connection, number)
                who = "; ".join(holders) or "another"
                raise CollectionLocked(
                    f"Cannot {'write' if write else 'read'} the store at {shown_url(url)}: {who} "
                    "has it. Wait until it is done, or stop it and try again.",
                    holders=holders,
                )
            unless_held.pop_all()
        return cls(engine, connection, number)

    def require_held(self) -> None:
        """Raises CollectionLocked where the connection was lost, and the lock with it."""
        try:
            held = _holders(self.connection, self.number, "AND l.pid = pg_backend_pid()")
        except CollectionError:
            held = []
        if not held:
            raise CollectionLocked(
                "The lock was lost with its connection to the store, and another may have it: nothing was "
                "changed."
            )

    def release(self) -> None:
        self.connection.close()
        self.engine.dispose()


def _holders(connection: Connection, number: int, narrowed: str = "") -> list[str]:
    query = text(
        "SELECT a.application_name, l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND l.granted AND l.database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND ((l.classid::bigint << 32) | l.objid::bigint) = :number "
        f"{narrowed} ORDER BY 1"
    )
    rows = connection.execute(query, {"number": number})
    return [f"{name} ({'writing' if mode == 'ExclusiveLock' else 'reading'})" for name, mode in rows]
