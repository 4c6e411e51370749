"""What readers leave behind: conversations, and what they think of answers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from api.batches.book import BatchBook
from api.history.ceilings import AnswerCeilings
from api.history.conversations import Conversation, Conversations
from api.history.feedback import Feedback, FeedbackBook, Reason
from api.history.searches import SavedSearches
from api.tables import FILE_NAME, HISTORY_SCHEMA
from rag.store.migrations import open_up_to_date

__all__ = ["Conversation", "Conversations", "Feedback", "FeedbackBook", "History", "Reason"]


class History:
    """Conversations, feedback, saved searches and batches over one file."""

    def __init__(self, engine: Engine) -> None:
        self.conversations = Conversations(engine)
        self.feedback = FeedbackBook(engine)
        self.batches = BatchBook(engine)
        self.searches = SavedSearches(engine)
        self.ceilings = AnswerCeilings(engine)
        self._engine = engine

    @classmethod
    def open(cls, folder: Path) -> History:
        """Open, or make, the file in the data directory; an older one is copied aside and upgraded.

        Raises CollectionDamaged.
        """
        return cls(open_up_to_date(folder / FILE_NAME, HISTORY_SCHEMA, write=True))

    def forget_before(self, moment: datetime) -> None:
        """Delete the conversations and batches that nobody has touched since: they hold questions."""
        self.conversations.forget_before(moment)
        self.batches.forget_before(moment)

    def close(self) -> None:
        self._engine.dispose()
