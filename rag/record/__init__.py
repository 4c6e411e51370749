"""The contract: what every surface takes in and gives out, under its fixed names.

``AnswerRecord.of(answer)`` is the only way from the library's values to the wire, so JSON, the
stream, the command line and the ledger say the same. A field that the source does not give is null.
"""

from rag.record.answer import (
    AbsenceRecord,
    AnswerRecord,
    MarkerRecord,
    RemovedRecord,
    SentenceRecord,
    UsageRecord,
)
from rag.record.cable import (
    CableRecord,
    ErrorBody,
    ErrorFacts,
    HeaderRecord,
    ReferenceRecord,
    SearchRecord,
)
from rag.record.evidence import CitationRecord, EvidenceRecord, Record
from rag.record.paragraph import ParagraphRecord, PartRecord, PointerRecord, VoiceRecord
from rag.record.question import FiltersIn, QuestionIn, TurnIn
from rag.record.understood import UnderstoodRecord

__all__ = [
    "AbsenceRecord",
    "AnswerRecord",
    "CableRecord",
    "CitationRecord",
    "ErrorBody",
    "ErrorFacts",
    "EvidenceRecord",
    "FiltersIn",
    "HeaderRecord",
    "MarkerRecord",
    "ParagraphRecord",
    "PartRecord",
    "PointerRecord",
    "QuestionIn",
    "Record",
    "ReferenceRecord",
    "RemovedRecord",
    "SearchRecord",
    "SentenceRecord",
    "TurnIn",
    "UnderstoodRecord",
    "UsageRecord",
    "VoiceRecord",
]
