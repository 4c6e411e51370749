"""What an answer comes to where it is more than its sentences: nothing found, or cables that disagree."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from api.cli.output import sent_on, write
from api.export.dossier import shown_filters
from api.outcomes import is_told_by_headers
from rag.record import AnswerRecord
from rag.text.counting import count_of

Row = tuple[str, str]


def print_outcome(record: AnswerRecord, console: Console) -> None:
    """A box with what was searched, or with what each cable says; nothing for an answer without either."""
    if record.absence is not None and not record.sentences and not is_told_by_headers(record):
        _print_rows("What was searched", _searched(record), console)
    if record.conflict:
        _print_rows("What each cable says", _said(record), console)


def notes_beside(record: AnswerRecord) -> list[str]:
    """The notes of an answer but for the one that tells in words what `print_outcome` draws."""
    drawn = "The cables disagree." if record.conflict else None
    return [note for note in record.notes if drawn is None or not note.startswith(drawn)]


def _searched(record: AnswerRecord) -> list[Row]:
    absence = record.absence
    assert absence is not None
    filters = shown_filters(record.filters_applied)
    rows = [
        ("searched", f"{count_of(absence.paragraphs, 'paragraph')} in {count_of(absence.cables, 'cable')}"),
        ("within", "" if filters == "none" else filters),
        ("no such cable", ", ".join(absence.unknown)),
        ("header only", ", ".join(absence.without_text)),
        ("came nearest", ", ".join(found.label for found in record.evidence[:3])),
    ]
    return [row for row in rows if row[1]]


def _said(record: AnswerRecord) -> list[Row]:
    cited = {citation.label: citation for citation in record.citations}
    rows = []
    for side in record.conflict:
        source = cited[side.label]
        when = sent_on(source.sent_at, source.date_from, source.date_precision)
        rows.append((side.figure, f"{', '.join(filter(None, (source.origin, when)))}  {side.label}"))
    return rows


def _print_rows(title: str, rows: Sequence[Row], console: Console) -> None:
    if not console.is_terminal:
        for name, value in rows:
            write(console, Text(f"{name}: {value}"), 2)
        return
    grid = Table.grid(padding=(0, 2))
    for name, value in rows:
        grid.add_row(Text(name, style="bold yellow"), Text(value))
    console.print(Panel(grid, title=title, title_align="left", box=box.ROUNDED, style="dim", expand=False))
