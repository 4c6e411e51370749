"""The tables of what readers leave behind, in a SQLite file of their own beside the store.

Answers themselves are in the store's ledger; here are only their ids, so a deleted conversation takes
no record with it, and a citation in it is the one that was checked.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    text,
)

from rag.store.migrations import Schema, meta_table

FILE_NAME = "history.sqlite"
METADATA = MetaData()
META = meta_table(METADATA)
CONVERSATIONS = Table(
    "conversations",
    METADATA,
    Column("conversation_id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Column("owner", Text, nullable=False, server_default="", index=True),
)
# Answers that were made for a caller with a ceiling; others may be seen by callers without one alone.
CEILINGS = Table(
    "answer_ceilings",
    METADATA,
    Column("answer_id", Text, primary_key=True),
    Column("ceiling", Text, nullable=False),
)
TURNS = Table(
    "turns",
    METADATA,
    Column(
        "conversation_id", ForeignKey("conversations.conversation_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("position", Integer, primary_key=True),
    Column("answer_id", Text, nullable=False),
)
FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("feedback_id", Text, primary_key=True),
    Column("answer_id", Text, nullable=False, index=True),
    Column("marker", Integer),
    Column("reason", Text, nullable=False),
    Column("comment", Text),
    Column("created_at", Text, nullable=False),
)
BATCHES = Table(
    "batches",
    METADATA,
    Column("batch_id", Text, primary_key=True),
    Column("owner", Text, nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("request_sha256", Text, nullable=False),
    UniqueConstraint("owner", "idempotency_key"),
)
# `record` is the whole answer: a sheet does not depend on how long the ledger keeps answers.
BATCH_ITEMS = Table(
    "batch_items",
    METADATA,
    Column("batch_id", ForeignKey("batches.batch_id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("item_id", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("record", Text),
    Column("error", Text),
)
SEARCHES = Table(
    "saved_searches",
    METADATA,
    Column("search_id", Text, primary_key=True),
    Column("owner", Text, nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("filters", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("seen_at", Text, nullable=False),
    Column("seen", Text, nullable=False),
)


def _give_to_local_reader(connection: Connection) -> None:
    """Version 2: conversations of before there were keys belong to the local reader."""
    columns = {column["name"] for column in inspect(connection).get_columns(CONVERSATIONS.name)}
    if "owner" not in columns:
        connection.execute(text("ALTER TABLE conversations ADD COLUMN owner TEXT NOT NULL DEFAULT ''"))


HISTORY_SCHEMA = Schema(METADATA, steps=(_give_to_local_reader,))
