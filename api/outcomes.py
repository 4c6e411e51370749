"""What an answer came to, in the words under which it is shown."""

from __future__ import annotations

from rag.asking.languages import IN_ENGLISH
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


def heading(record: AnswerRecord) -> str:
    """Example: "Not in this collection"; told by a header, or not asked in English, is no such absence."""
    if record.text.startswith(IN_ENGLISH):
        return _NOT_ENGLISH
    return _IN_HEADER if is_told_by_headers(record) else _OUTCOMES[record.outcome]
