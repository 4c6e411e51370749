"""Many questions at once: a CSV in, a citation sheet out; what was answered stays when a run is cut."""

from api.batches.book import Batch, BatchBook, BatchItem
from api.batches.questions import BatchQuestion, read_questions
from api.batches.runner import BatchRunner
from api.batches.sheet import batch_dossier, batch_sheet

__all__ = [
    "Batch",
    "BatchBook",
    "BatchItem",
    "BatchQuestion",
    "BatchRunner",
    "batch_dossier",
    "batch_sheet",
    "read_questions",
]
