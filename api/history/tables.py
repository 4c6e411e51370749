"""The tables of what readers leave behind, in a SQLite file of their own beside the store.

Answers themselves are in the store's ledger; here are only their ids, so a deleted conversation takes
no record with it, and a citation in it is the one that was checked.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Text

FILE_NAME = "history.sqlite"
METADATA = MetaData()
CONVERSATIONS = Table(
    "conversations",
    METADATA,
    Column("conversation_id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
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
