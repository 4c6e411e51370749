"""What readers think of answers and citations."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Engine, select

from api.tables import FEEDBACK


class Reason(StrEnum):
    """What a reader found: of a whole answer, or of one citation."""

    HELPFUL = "helpful"
    WRONG = "wrong"
    INCOMPLETE = "incomplete"
    SHOULD_HAVE_ABSTAINED = "should_have_abstained"
    SHOULD_HAVE_ANSWERED = "should_have_answered"
    DOES_NOT_SUPPORT = "does_not_support"
    WRONG_PARAGRAPH = "wrong_paragraph"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One remark; `marker` is None where it is about the whole answer."""

    feedback_id: str
    answer_id: str
    marker: int | None
    reason: Reason
    comment: str | None
    created_at: datetime


class FeedbackBook:
    """Remarks on answers. Safe for many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, answer_id: str, marker: int | None, reason: Reason, comment: str | None) -> Feedback:
        given = Feedback(secrets.token_hex(8), answer_id, marker, reason, comment, datetime.now(UTC))
        with self._engine.begin() as connection:
            connection.execute(
                FEEDBACK.insert().values(
                    feedback_id=given.feedback_id,
                    answer_id=answer_id,
                    marker=marker,
                    reason=reason.value,
                    comment=comment,
                    created_at=given.created_at.isoformat(),
                )
            )
        return given

    def remarks(self, answer_id: str | None = None) -> tuple[Feedback, ...]:
        """What was said of one answer, or of all, the oldest first."""
        query = select(FEEDBACK).order_by(FEEDBACK.c.created_at)
        if answer_id is not None:
            query = query.where(FEEDBACK.c.answer_id == answer_id)
        with self._engine.connect() as connection:
            return tuple(
                Feedback(
                    row.feedback_id,
                    row.answer_id,
                    row.marker,
                    Reason(row.reason),
                    row.comment,
                    datetime.fromisoformat(row.created_at),
                )
                for row in connection.execute(query)
            )
