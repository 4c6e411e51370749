"""What readers leave behind: conversations, and what they think of answers."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from api.batches.book import BatchBook
from api.history.conversations import Conversation, Conversations
from api.history.feedback import Feedback, FeedbackBook, Reason
from api.tables import FILE_NAME, METADATA
from rag.engine import open_engine

__all__ = ["Conversation", "Conversations", "Feedback", "FeedbackBook", "History", "Reason"]


class History:
    """Conversations, feedback and batches over one file."""

    def __init__(self, engine: Engine) -> None:
        self.conversations = Conversations(engine)
        self.feedback = FeedbackBook(engine)
        self.batches = BatchBook(engine)
        self._engine = engine

    @classmethod
    def open(cls, folder: Path) -> History:
        """Open, or make, the file in the data directory."""
        engine = open_engine(folder / FILE_NAME)
        METADATA.create_all(engine)
        return cls(engine)

    def close(self) -> None:
        self._engine.dispose()
