"""The connection to an SQLite file, and what its failures are called."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

from rag.errors import Busy, CableqaError, CollectionDamaged, CollectionError, StorageFull

_WRITES_THAT_FAIL = (
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMOPEN,
)
BUSY_S = 30


def open_engine(path: Path) -> Engine:
    """An engine on an SQLite file: readers beside one writer (WAL), deleted text overwritten.

    What SQLite cannot do comes as one of our errors: StorageFull, CollectionDamaged, CollectionError, Busy.
    """
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _set_pragmas(path))
    event.listen(engine, "handle_error", _name_failure(path))
    return engine


def named_failure(path: Path, error: BaseException | None) -> CableqaError | None:
    """What a failure of SQLite's is to a reader; None where it is a bug of ours."""
    code = getattr(error, "sqlite_errorcode", 0)
    # A failure has its kind in the upper bits.
    kind = code & 0xFF
    if code == sqlite3.SQLITE_FULL or code in _WRITES_THAT_FAIL:
        return StorageFull("The store", str(error))
    if kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CollectionDamaged(
            f"{path} is damaged ({error}): restore it with `cableqa restore BACKUP`, or move it away and "
            "ingest again.",
            path=str(path),
        )
    if kind in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return CollectionError(
            f"{path} cannot be written ({error}): let the user that runs cableqa write to the data "
            "directory, where answers are kept, and look whether the disk was mounted read-only.",
            path=str(path),
        )
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Busy(
            f"{path} has been written to for {BUSY_S} s by another process: try again.", retry_after_s=1
        )
    if kind == sqlite3.SQLITE_IOERR:
        return CollectionError(f"The disk under {path} does not answer ({error}).", path=str(path))
    return None


def _name_failure(path: Path) -> Callable[[ExceptionContext], None]:
    def raise_named(context: ExceptionContext) -> None:
        named = named_failure(path, context.original_exception)
        if named is not None:
            raise named from context.original_exception

    return raise_named


def _set_pragmas(path: Path) -> Callable[[DBAPIConnection, ConnectionPoolEntry], None]:
    def set_pragmas(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        try:
            for pragma in (
                f"busy_timeout = {BUSY_S * 1000}",
                "journal_mode = WAL",
                # With WAL, NORMAL loses nothing when the process is killed; a power cut costs the last
                # commits.
                "synchronous = NORMAL",
                "foreign_keys = ON",
                "secure_delete = ON",
            ):
                cursor.execute(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            # What fails before there is a connection does not come by the handler of errors.
            raise named_failure(path, error) or error from error
        finally:
            cursor.close()

    return set_pragmas
