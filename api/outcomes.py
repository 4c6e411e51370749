"""What an answer came to, in the words under which it is shown."""

from __future__ import annotations

from rag.record import AnswerRecord
from rag.types import Outcome

_OUTCOMES = {
    Outcome.ANSWERED: "Answered from the cables",
    Outcome.PARTIAL: "Answered in part",
    Outcome.CONFLICTING: "The cables disagree",
    Outcome.NOT_IN_CORPUS: "Not in this collection",
}
_IN_HEADER = "In the header only"
_NOT_ENGLISH = "Not asked in English"


def is_told_by_headers(record: AnswerRecord) -> bool:
    """Whether headers say what was asked and no paragraph does: nothing was read or written for it."""
    return record.absence is not None and bool(record.absence.stated) and not record.sentences


def is_not_english(record: AnswerRecord) -> bool:
    """Whether nothing answers, nothing was withheld or named that is not here, and it is not in English."""
    absence = record.absence
    asked = absence is not None and absence.language is not None and not absence.unknown
    return asked and not record.removed


def heading(record: AnswerRecord) -> str:
    """Example: "Not in this collection"; told by a header, or not asked in English, is no such absence."""
    if is_not_english(record):
        return _NOT_ENGLISH
    return _IN_HEADER if is_told_by_headers(record) else _OUTCOMES[record.outcome]
