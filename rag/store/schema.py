"""The tables of the store, and the steps that bring an older one up to date."""

from __future__ import annotations

import json

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    select,
)

from rag.store.dialect import LONG, WORDS
from rag.store.migrations import Schema, meta_table

METADATA = MetaData()


def _of_cable(primary_key: bool = True) -> Column[str]:
    return Column(
        "cable_id", WORDS, ForeignKey("cables.cable_id", ondelete="CASCADE"), primary_key=primary_key
    )


META = meta_table(METADATA)

CABLES = Table(
    "cables",
    METADATA,
    Column("cable_id", WORDS, primary_key=True),
    Column("corpus", WORDS, nullable=False, index=True),
    Column("format", WORDS, nullable=False),
    Column("origin", WORDS, index=True),
    Column("sent_at", DateTime),
    Column("date_from", Date, index=True),
    Column("date_to", Date),
    Column("date_precision", WORDS, nullable=False),
    Column("classification", WORDS, index=True),
    Column("subject", WORDS),
    Column("tags", WORDS, nullable=False),
    Column("signature", WORDS),
    Column("source", WORDS, nullable=False),
    Column("captions", WORDS, nullable=False),
    Column("precedence", WORDS),
    Column("sender", WORDS),
    Column("addressees", WORDS, nullable=False),
    Column("info_addressees", WORDS, nullable=False),
    Column("executive_order", WORDS),
    Column("text_available", Boolean, nullable=False),
    Column("content_sha256", WORDS, nullable=False),
)
# Beside `cables`, so that a scan of headers does not read the texts.
TEXTS = Table(
    "texts",
    METADATA,
    _of_cable(),
    Column("body", WORDS, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("encoding", WORDS, nullable=False),
    Column("segments", LargeBinary, nullable=False),
    Column("stripped", LargeBinary, nullable=False),
    Column("warnings", WORDS, nullable=False),
    Column("aliases", WORDS, nullable=False),
)
PARAGRAPHS = Table(
    "paragraphs",
    METADATA,
    _of_cable(),
    Column("label", WORDS, primary_key=True),
    Column("ordinal", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text", WORDS, nullable=False),
    Column("heading", WORDS),
    Column("kind", WORDS, nullable=False),
    Column("marking", WORDS),
    Column("sha256", WORDS, nullable=False),
)
# `embedded_sha256` is the hash of what was embedded for the chunk, null until it was.
CHUNKS = Table(
    "chunks",
    METADATA,
    _of_cable(),
    Column("label", WORDS, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("embedded_sha256", WORDS),
    Index("chunks_embedded", "embedded_sha256"),
)
TAGS = Table("tags", METADATA, _of_cable(), Column("tag", WORDS, primary_key=True), Index("tags_tag", "tag"))
REFERENCES = Table(
    "cable_references",
    METADATA,
    _of_cable(),
    Column("ordinal", Integer, primary_key=True),
    Column("letter", WORDS),
    Column("kind", WORDS, nullable=False),
    Column("text", WORDS, nullable=False),
    Column("target", WORDS, index=True),
)
ALIASES = Table(
    "aliases", METADATA, _of_cable(), Column("key", WORDS, primary_key=True), Index("aliases_key", "key")
)
VECTORS = Table(
    "vectors",
    METADATA,
    Column("text_sha256", WORDS, primary_key=True),
    Column("fingerprint", WORDS, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
# Cables whose indexes are behind the store, with the chunk ids that must leave them.
OUTBOX = Table(
    "outbox", METADATA, Column("cable_id", WORDS, primary_key=True), Column("stale", WORDS, nullable=False)
)
# What was read from where: an unchanged file is not parsed again.
FILES = Table(
    "files",
    METADATA,
    Column("location", WORDS, primary_key=True),
    Column("sha256", WORDS, nullable=False),
    Column("options", WORDS, nullable=False),
)
# Where a cable was found. The owner is the place whose text is the stored one.
LOCATIONS = Table(
    "locations",
    METADATA,
    _of_cable(),
    Column("location", WORDS, primary_key=True),
    Column("owner", Boolean, nullable=False),
    Index("locations_location", "location"),
)
# A cable that says what another says already: `original` is the one that was there first.
DUPLICATES = Table(
    "duplicates",
    METADATA,
    _of_cable(),
    Column("original", WORDS, nullable=False, index=True),
    Column("similarity", Float, nullable=False),
)
SHINGLES = Table(
    "shingles",
    METADATA,
    _of_cable(),
    Column("band", Integer, primary_key=True),
    Column("hash", LONG, nullable=False),
    Index("shingles_hash", "hash", "band"),
)
ANSWERS = Table(
    "answers",
    METADATA,
    Column("answer_id", WORDS, primary_key=True),
    Column("created_at", DateTime, nullable=False, index=True),
    Column("record", WORDS, nullable=False),
)
ANSWER_CITATIONS = Table(
    "answer_citations",
    METADATA,
    Column("answer_id", WORDS, ForeignKey("answers.answer_id", ondelete="CASCADE"), primary_key=True),
    Column("cable_id", WORDS, primary_key=True),
    Column("label", WORDS, primary_key=True),
    Index("answer_citations_cable", "cable_id"),
)

# Every cable whose text is in an answer's record, cited or not: what must be looked at when it is deleted.
ANSWER_SOURCES = Table(
    "answer_sources",
    METADATA,
    Column("answer_id", WORDS, ForeignKey("answers.answer_id", ondelete="CASCADE"), primary_key=True),
    Column("cable_id", WORDS, primary_key=True),
    Index("answer_sources_cable", "cable_id"),
)


def source_rows(answer_id: str, record_json: str) -> list[dict[str, str]]:
    """Rows of ANSWER_SOURCES for a record."""
    record = json.loads(record_json)
    told_of = (record.get("absence") or {}).get("told_of", ())
    cable_ids = dict.fromkeys((*(item["cable_id"] for item in record.get("evidence", ())), *told_of))
    return [{"answer_id": answer_id, "cable_id": cable_id} for cable_id in cable_ids]


def _note_sources(connection: Connection) -> None:
    """Version 2: records are found by the cables in them, and no more by reading every one."""
    connection.execute(ANSWER_SOURCES.delete())
    for answer_id in list(connection.scalars(select(ANSWERS.c.answer_id))):
        stored = connection.execute(select(ANSWERS.c.record).where(ANSWERS.c.answer_id == answer_id))
        if rows := source_rows(answer_id, stored.scalar_one()):
            connection.execute(ANSWER_SOURCES.insert(), rows)


STORE_SCHEMA = Schema(METADATA, steps=(_note_sources,))
