"""The connection to the store's SQLite file, and what its failures are called."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

from rag.errors import StorageFull

_WRITES_THAT_FAIL = (
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMOPEN,
)


def open_engine(path: Path) -> Engine:
    """An engine on an SQLite file: readers beside one writer (WAL), deleted text overwritten."""
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "handle_error", _name_full_disk)
    return engine


def _name_full_disk(context: ExceptionContext) -> None:
    error = context.original_exception
    # SQLITE_IOERR has the kind of the failure in its upper bits; a failed write is a full disk or a limit.
    code = getattr(error, "sqlite_errorcode", 0)
    if code in (sqlite3.SQLITE_FULL, *_WRITES_THAT_FAIL):
        raise StorageFull("The store", str(error)) from error


def _set_pragmas(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        # With WAL, NORMAL loses nothing when the process is killed; a power cut costs the last commits.
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "secure_delete = ON",
        "busy_timeout = 30000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
