"""What a batch comes to: its citation sheet, or a document in any other format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from api.batches.book import BatchItem
from api.export import Dossier
from api.export.sheet import ANSWER_COLUMNS, Cell, answer_rows, table
from rag.text.counting import count_of


def batch_sheet(items: Sequence[BatchItem]) -> str:
    """The rows of every answer behind its question's id; a row says what failed or still waits."""
    return table(("id", *ANSWER_COLUMNS), _rows(items))


def batch_dossier(title: str, items: Sequence[BatchItem]) -> Dossier:
    """The answers there are, with how many questions failed or wait in the method note."""
    dossier = Dossier.of_answers(title, [item.answer for item in items if item.answer is not None])
    failed = sum(item.error is not None for item in items)
    without = len(items) - len(dossier.answers) - failed
    line = ("Batch", f"{count_of(len(items), 'question')}, {failed} failed, {without} not yet asked")
    return Dossier(dossier.title, dossier.answers, (), (line, *dossier.method))


def _rows(items: Sequence[BatchItem]) -> Iterator[list[Cell]]:
    empty: list[Cell] = [None] * (len(ANSWER_COLUMNS) - 7)
    for item in items:
        asked: list[Cell] = [item.item_id, item.question.question]
        if item.answer is not None:
            yield from ([item.item_id, *row] for row in answer_rows(item.answer))
        elif item.error is not None:
            yield [*asked, "error", "failed", None, None, item.error.code, item.error.message, *empty]
        else:
            yield [*asked, None, "waiting", None, None, None, None, *empty]
