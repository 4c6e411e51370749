"""The ledger of answers: what was said, and which paragraphs it rested on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, select

from rag.record import AnswerRecord
from rag.record.redaction import without_cable
from rag.store.schema import ANSWER_CITATIONS, ANSWER_SOURCES, ANSWERS, source_rows


class AnswerLedger:
    """Records as the surfaces show them. Of a deleted cable hashes and offsets stay in them, no text."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(
        self, answer_id: str, created_at: datetime, record_json: str, cited: Sequence[tuple[str, str]]
    ) -> None:
        """Write an answer with the (cable id, label) of each paragraph that it cites."""
        with self._engine.begin() as connection:
            connection.execute(
                ANSWERS.insert().values(
                    answer_id=answer_id,
                    created_at=created_at.astimezone(UTC).replace(tzinfo=None),
                    record=record_json,
                )
            )
            rows = [{"answer_id": answer_id, "cable_id": c, "label": lab} for c, lab in dict.fromkeys(cited)]
            if rows:
                connection.execute(ANSWER_CITATIONS.insert(), rows)
            if sources := source_rows(answer_id, record_json):
                connection.execute(ANSWER_SOURCES.insert(), sources)

    def find(self, answer_id: str) -> str | None:
        with self._engine.connect() as connection:
            return connection.scalar(select(ANSWERS.c.record).where(ANSWERS.c.answer_id == answer_id))

    def citing(self, cable_id: str) -> tuple[str, ...]:
        """Ids of the answers that cite a cable, the latest first."""
        with self._engine.connect() as connection:
            rows = connection.scalars(
                select(ANSWERS.c.answer_id)
                .join(ANSWER_CITATIONS, ANSWERS.c.answer_id == ANSWER_CITATIONS.c.answer_id)
                .where(ANSWER_CITATIONS.c.cable_id == cable_id)
                .group_by(ANSWERS.c.answer_id)
                .order_by(ANSWERS.c.created_at.desc(), ANSWERS.c.answer_id)
            )
            return tuple(rows)

    def redact(self, connection: Connection, cable_id: str) -> None:
        """Take the text of a cable that is being deleted out of every record, in the same transaction."""
        holding = select(ANSWER_SOURCES.c.answer_id).where(ANSWER_SOURCES.c.cable_id == cable_id)
        # One at a time: a record may be large, and there may be many.
        for answer_id in list(connection.scalars(holding)):
            mine = ANSWERS.c.answer_id == answer_id
            stored = connection.execute(select(ANSWERS.c.record).where(mine)).scalar_one()
            record = without_cable(AnswerRecord.model_validate_json(stored), cable_id)
            connection.execute(ANSWERS.update().where(mine).values(record=record.model_dump_json()))

    def forget_before(self, moment: datetime) -> int:
        """Delete the answers older than `moment`; says how many."""
        with self._engine.begin() as connection:
            old = ANSWERS.c.created_at < moment.astimezone(UTC).replace(tzinfo=None)
            return connection.execute(ANSWERS.delete().where(old)).rowcount
