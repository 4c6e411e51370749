"""Versions of the data directory's files, and the steps that bring an older file up to date.

Every file says its version in a table `meta`. A writer copies an older file aside and takes it up step by
step, in one transaction; a reader says what to run; a newer file is refused. Three short lists of steps
need no tool with a language and a tree of its own.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, Table, Text, inspect, select
from sqlalchemy.exc import DatabaseError

from rag.errors import CollectionDamaged, CollectionOutdated, StorageFull
from rag.store.dialect import begin_upgrade
from rag.store.engine import open_engine
from rag.store.postgres import open_server, shown_url

# Copies of files as they were before an upgrade.
UPGRADES = "upgrades"
VERSION_KEY = "schema_version"
log = logging.getLogger(__name__)


def meta_table(metadata: MetaData) -> Table:
    """The table of facts about a file as a whole, its version among them."""
    return Table(
        "meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False)
    )


@dataclass(frozen=True, slots=True)
class Schema:
    """Today's tables, `meta` among them; ``steps[n]`` leads from version n + 1 to n + 2.

    A step may find its work half done or done: it must not mind. A file without a version is version 1.
    """

    metadata: MetaData
    steps: tuple[Callable[[Connection], None], ...] = ()

    @property
    def version(self) -> int:
        return len(self.steps) + 1


def open_up_to_date(path: Path, schema: Schema, *, write: bool, url: str | None = None) -> Engine:
    """An engine on a file of today's schema, or on the database at `url`; what is new is made.

    With `write` an older file is copied to the folder ``upgrades`` beside it, then upgraded; a database is
    upgraded in one transaction and copied by its owner.
    Raises CollectionOutdated (older, and not opened to write), CollectionDamaged (no such file, or newer),
    StorageFull (the copy could not be made; nothing was changed).
    """
    engine = open_engine(path) if url is None else open_server(url)
    where = str(path) if url is None else shown_url(url)
    try:
        found = _version(engine, schema)
        if found is not None and found > schema.version:
            raise CollectionDamaged(
                f"{where} was written by a newer cableqa (schema {found}, this one knows {schema.version}): "
                "install the newer version, or restore a backup of before.",
                found=found,
                known=schema.version,
            )
        if found is not None and found < schema.version:
            if not write:
                raise CollectionOutdated(where, found, schema.version)
            copy = _copied_aside(path, found) if url is None else "your own dump"
            log.warning("%s: from schema %d to %d; a copy is at %s", where, found, schema.version, copy)
        if found != schema.version:
            _upgrade(engine, schema)
    except DatabaseError as error:
        engine.dispose()
        raise CollectionDamaged(
            f"{where} cannot be read as a cableqa file ({error.orig}). Restore it with `cableqa restore`, "
            "or move it away and ingest again.",
            path=where,
        ) from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def _version(engine: Engine, schema: Schema) -> int | None:
    """The version of a file, None where it has nothing in it yet."""
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        if not tables & schema.metadata.tables.keys():
            return None
        meta = schema.metadata.tables["meta"]
        written = (
            connection.scalar(select(meta.c.value).where(meta.c.key == VERSION_KEY))
            if "meta" in tables
            else None
        )
        return int(written or 1)


def _upgrade(engine: Engine, schema: Schema) -> None:
    """Make what is missing and run the steps that are, all of it or nothing."""
    meta = schema.metadata.tables["meta"]
    with engine.connect() as connection:
        begin_upgrade(connection)
        is_new = not set(inspect(connection).get_table_names()) & schema.metadata.tables.keys()
        schema.metadata.create_all(connection)
        # Another process may have been quicker.
        written = connection.scalar(select(meta.c.value).where(meta.c.key == VERSION_KEY))
        for step in () if is_new else schema.steps[int(written or 1) - 1 :]:
            try:
                step(connection)
            except (ValueError, LookupError, TypeError) as error:
                raise CollectionDamaged(
                    f"The collection could not be upgraded ({error}), and is as it was. Restore it with "
                    "`cableqa restore`, or use the older cableqa."
                ) from error
        for index in (index for table in schema.metadata.tables.values() for index in table.indexes):
            index.create(connection, checkfirst=True)
        connection.execute(meta.delete().where(meta.c.key == VERSION_KEY))
        connection.execute(meta.insert().values(key=VERSION_KEY, value=str(schema.version)))
        connection.commit()


def _copied_aside(path: Path, version: int) -> Path:
    folder = path.parent / UPGRADES
    copy = folder / f"{path.stem}.schema-{version}{path.suffix}"
    try:
        folder.mkdir(exist_ok=True)
        copy_database(path, copy)
    except (OSError, sqlite3.OperationalError) as error:
        raise StorageFull(str(copy), str(error)) from error
    return copy


def copy_database(path: Path, copy: Path) -> None:
    """Copy an SQLite file as it is at one moment, whoever reads or writes it; whole or not at all.

    The copy has the mode of the original. Raises OSError, sqlite3.Error.
    """
    partial = copy.with_name(f"{copy.name}.partial")
    partial.unlink(missing_ok=True)
    # Made with the right mode: nobody may read keys in the moment before it is set.
    os.close(os.open(partial, os.O_CREAT | os.O_WRONLY, path.stat().st_mode & 0o777))
    try:
        with (
            closing(sqlite3.connect(path, timeout=30)) as source,
            closing(sqlite3.connect(partial)) as target,
        ):
            # In one step: a copy in many begins again each time that somebody writes.
            source.backup(target, pages=-1)
            target.execute("PRAGMA journal_mode = DELETE")
        partial.replace(copy)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
