"""What the two databases that can hold the store do differently; everything else is said once, in SQL.

Columns of text are of the collation "C" on PostgreSQL: ids have SQLite's order there, and `lower` folds
ASCII alone, as SQLite's does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Integer,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

POSTGRESQL = "postgresql"
# Any numbers that no other program takes: advisory locks are of one database.
UPGRADE_LOCK, COLLECTION_LOCK, HEALING_LOCK = (0x6361_626C_0000 + n for n in (1, 2, 3))
_ESCAPE = "\x1b"


class _Words(TypeDecorator[str]):
    """PostgreSQL's text, which can hold no NUL: written as ESC 0, and an ESC itself as ESC 1."""

    impl = Text(collation="C")
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or ("\0" not in value and _ESCAPE not in value):
            return value
        return value.replace(_ESCAPE, f"{_ESCAPE}1").replace("\0", f"{_ESCAPE}0")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or _ESCAPE not in value:
            return value
        return value.replace(f"{_ESCAPE}0", "\0").replace(f"{_ESCAPE}1", _ESCAPE)


WORDS = Text().with_variant(_Words(), POSTGRESQL)
# 64 bits: SQLite's integers have them by whatever name.
LONG = Integer().with_variant(BigInteger(), POSTGRESQL)


class month(FunctionElement[str]):  # noqa: N801 - named as it is written in a query
    """``month(CABLES.c.date_from)``: the year and month of a date, "1976-05"."""

    type = Text()
    inherit_cache = True


@compiles(month)
def _month(element: month, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strftime('%Y-%m', {compiler.process(element.clauses, **kw)})"


@compiles(month, POSTGRESQL)
def _month_postgresql(element: month, compiler: SQLCompiler, **kw: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **kw)}, 'YYYY-MM')"


def year(column: ColumnElement[Any]) -> ColumnElement[str]:
    """The year of a date, "1976"."""
    return func.substr(month(column), 1, 4, type_=Text())


def is_server(connection: Connection | Engine) -> bool:
    """Whether the store is on PostgreSQL."""
    return connection.dialect.name == POSTGRESQL


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT with ``on_conflict_do_update`` and ``on_conflict_do_nothing``."""
    return postgresql.insert(table) if is_server(connection) else sqlite.insert(table)


def begin_upgrade(connection: Connection) -> None:
    """Begin a transaction that nobody else's upgrade can run beside."""
    if is_server(connection):
        connection.execute(select_lock("pg_advisory_xact_lock", UPGRADE_LOCK))
    else:
        # SQLite's driver begins no transaction before it creates a table, and then commits each by itself.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def select_lock(function: str, number: int) -> Any:
    """A SELECT of one of PostgreSQL's functions on advisory locks."""
    return text(f"SELECT {function}({number})")


def forget_deleted(engine: Engine) -> None:
    """Leave no deleted row in the database's own files, as far as it can be told to.

    SQLite: nothing in the log of writes. PostgreSQL: tables are written anew; its own log keeps what was
    until the server has gone through it.
    """
    if is_server(engine):
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (FULL)"))
    else:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def integrity_problems(connection: Connection) -> list[str]:
    """What SQLite finds wrong with its own file. PostgreSQL looks after its own, and refuses to read."""
    if is_server(connection):
        return []
    problems = [str(row[0]) for row in connection.execute(text("PRAGMA quick_check"))]
    orphans = list(connection.execute(text("PRAGMA foreign_key_check")))
    found = [problem for problem in problems if problem != "ok"]
    return found + ([f"{len(orphans)} rows belong to no cable"] if orphans else [])


@dataclass(frozen=True, slots=True)
class TemporaryNames:
    """How a connection's own table of visible cables is made, and where the lasting tables are."""

    main: str
    temp: str
    placeholder: str
    prepare: tuple[str, ...]


def temporary_names(dialect: Dialect) -> TemporaryNames:
    """What lies in the temporary schema is found before what lies in the main one, by both databases."""
    visible = "CREATE TEMP TABLE visible (cable_id TEXT"
    if dialect.name == POSTGRESQL:
        return TemporaryNames("public", "pg_temp", "%s", (f'{visible} COLLATE "C" PRIMARY KEY)',))
    return TemporaryNames(
        "main", "temp", "?", ("PRAGMA temp_store = MEMORY", f"{visible} PRIMARY KEY) WITHOUT ROWID")
    )
