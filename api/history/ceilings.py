"""For whom answers were made: what was read for a high ceiling is not shown below it."""

from __future__ import annotations

from sqlalchemy import Engine, select

from api.tables import CEILINGS
from rag.store.ceiling import Ceiling


class AnswerCeilings:
    """The ceiling that each answer was made under. Safe for many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def note(self, answer_id: str, ceiling: Ceiling) -> None:
        with self._engine.begin() as connection:
            connection.execute(CEILINGS.insert().values(answer_id=answer_id, ceiling=ceiling.value))

    def of(self, answer_id: str) -> Ceiling | None:
        """None where it was made without a ceiling, or nobody knows."""
        with self._engine.connect() as connection:
            found = connection.scalar(select(CEILINGS.c.ceiling).where(CEILINGS.c.answer_id == answer_id))
        return None if found is None else Ceiling(found)
