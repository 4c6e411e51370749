"""What is written where: results on stdout, messages and progress on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.cli.options import JSON_ASKED
from rag.errors import CableqaError
from rag.record import ErrorBody, ErrorFacts
from rag.types import DatePrecision, Verdict

MARKS = {
    Verdict.SUPPORTED: ("✓", "green"),
    Verdict.PARTIAL: ("±", "yellow"),
    Verdict.CONTRADICTED: ("✗", "red"),
    Verdict.MISATTRIBUTED: ("⇄", "red"),
    Verdict.NOT_FOUND: ("?", "red"),
    Verdict.UNCITED: ("–", "yellow"),
}


def out() -> Console:
    """Made anew for each command, because test runners change what stdout is."""
    return Console(highlight=False)


def write(console: Console, text: Text, indent: int = 0) -> None:
    """Print indented text, folded in a terminal; in a pipe each line stays whole, to be searched for."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)))
        return
    for line in text.split("\n", allow_blank=True):
        console.print(Text(" " * indent) + line, soft_wrap=True)


def messages() -> Console:
    return Console(stderr=True, highlight=False)


def write_marked(console: Console, verdict: Verdict, text: str) -> None:
    """A sentence behind its verdict's sign, its further lines under its first."""
    if not console.is_terminal:
        write(console, Text.assemble(verdict_mark(verdict), " ", text))
        return
    row = Table.grid(padding=(0, 1))
    row.add_row(verdict_mark(verdict), Text(text))
    console.print(row)


def print_json(record: BaseModel) -> None:
    typer.echo(record.model_dump_json(indent=2))


def report_failure(error: CableqaError, ctx: typer.Context | None = None) -> None:
    """The message on stderr; where `ctx` says that JSON was asked for, the error body is the one document."""
    if ctx is not None and ctx.meta.get(JSON_ASKED):
        facts = ErrorFacts(code=error.code, message=error.message, detail=error.detail)
        print_json(ErrorBody(error=facts))
    messages().print(Text.assemble(("cableqa: ", "bold red"), error.message), soft_wrap=True)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A spinner on stderr while something slow happens, in a terminal only."""
    console = messages()
    if not console.is_terminal:
        yield
        return
    with console.status(what):
        yield


def verdict_mark(verdict: Verdict) -> Text:
    sign, colour = MARKS[verdict]
    return Text(sign, style=f"bold {colour}")


def sent_on(sent_at: datetime | None, date_from: date | None, precision: DatePrecision) -> str:
    """No more exact than the source: "21 July 2009", "July 1976", "1976" or "undated"."""
    day = sent_at or date_from
    if day is None:
        return "undated"
    if precision is DatePrecision.YEAR:
        return f"{day.year}"
    if precision is DatePrecision.MONTH:
        return f"{day:%B %Y}"
    return f"{day.day} {day:%B %Y}"
