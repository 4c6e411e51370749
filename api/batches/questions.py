"""Questions in a CSV: one column `question`, and what they are narrowed to in columns of the API's names."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import UsageError
from rag.record import FiltersIn, QuestionIn

QUESTIONS_LIMIT = 2_000
CELL_LIMIT_CHARS = 200_000
# Several values in one cell are separated by ";".
LISTS = {
    "origin": "origins",
    "tag": "tags",
    "classification": "classifications",
    "cable_id": "cable_ids",
    "corpus": "corpora",
}
DATES = ("date_from", "date_to")
OPTIONS = ("mode", "policy", "top_k")


class BatchQuestion(BaseModel):
    """A question of a batch; `id` comes back in the sheet, the row's number where none is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(max_length=200)
    question: QuestionIn


def read_questions(text: str) -> tuple[BatchQuestion, ...]:
    """The questions of a CSV with a header line; separated by comma, semicolon or tab.

    Columns: `question`; optional `id`, `origin`, `tag`, `classification`, `cable_id`, `corpus`, `date_from`,
    `date_to`, `mode`, `policy`, `top_k`; others are passed over. Raises UsageError, which names the row.
    """
    header, *rows = _rows(text.removeprefix("\ufeff"))
    names = [name.strip().lower() for name in header]
    if "question" not in names:
        raise UsageError("The CSV has no column `question` in its first line.", columns=names[:50])
    asked = []
    for number, row in enumerate(rows, start=1):
        cells = {name: cell.strip() for name, cell in zip(names, row, strict=False)}
        if any(cells.values()):
            asked.append(_question(number, cells))
    return limited(tuple(asked))


def limited(asked: tuple[BatchQuestion, ...]) -> tuple[BatchQuestion, ...]:
    """As many as a batch may have. Raises UsageError."""
    if not 1 <= len(asked) <= QUESTIONS_LIMIT:
        raise UsageError(
            f"A batch has from 1 to {QUESTIONS_LIMIT} questions, and this one {len(asked)}.",
            limit=QUESTIONS_LIMIT,
        )
    return asked


def _rows(text: str) -> list[list[str]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        # Strict: a quotation mark that is never closed would swallow the questions behind it.
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True) if row]
    except csv.Error as error:
        raise UsageError(f"This is not a CSV: {error}.") from None
    if not rows:
        raise UsageError("The CSV is empty: its first line names the columns, `question` among them.")
    return rows


def _question(number: int, cells: Mapping[str, str]) -> BatchQuestion:
    filters: dict[str, object] = {
        field: tuple(part.strip() for part in cells[column].split(";") if part.strip())
        for column, field in LISTS.items()
        if cells.get(column)
    }
    filters |= {name: cells[name] for name in DATES if cells.get(name)}
    options = {name: cells[name] for name in OPTIONS if cells.get(name)}
    try:
        asked = QuestionIn.model_validate(
            {"question": cells.get("question", ""), "filters": FiltersIn.model_validate(filters), **options}
        )
        if not asked.question:
            raise UsageError(f"Row {number} has no question.", row=number)
        return BatchQuestion(id=cells.get("id") or str(number), question=asked)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
        )
        raise UsageError(f"Row {number}: {problems}.", row=number) from None
