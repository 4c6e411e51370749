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


def heading(record: AnswerRecord) -> str:
    """Example: "Not in this collection"; what a header says and no paragraph does is no such absence."""
    told = record.absence is not None and record.absence.stated and not record.sentences
    return _IN_HEADER if told else _OUTCOMES[record.outcome]
