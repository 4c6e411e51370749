"""`cableqa bench load`: a running server under a steady demand."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter
from rich.table import Table

from api.cli import options
from api.cli.output import out, waiting
from rag.errors import ServerFailed, UsageError

if TYPE_CHECKING:
    from evals.load import LoadReport

Server = Annotated[str, typer.Argument(metavar="URL", help="The server, e.g. http://127.0.0.1:8000.")]


def load(
    url: Server = "http://127.0.0.1:8000",
    rate: Annotated[float, typer.Option(min=0.01, help="Questions a second.")] = 10.0,
    seconds: Annotated[float, typer.Option(min=1.0, help="For how long.")] = 30.0,
    questions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="One question a line; else made of the cables' headers."),
    ] = None,
    mode: Annotated[str, typer.Option(help="extractive, llm or auto.")] = "extractive",
    key: Annotated[str | None, typer.Option(envvar="CABLEQA_KEY", help="A key, where one is wanted.")] = None,
    json: options.Json = False,
) -> None:
    """Ask a server at a steady rate and print what it stood: answers a second, latencies, refusals.

    The rate is kept whether or not the server keeps up; latencies count from the time at which a question was
    due. Exit status 1 where an answer failed otherwise than by 429 or 503 with `Retry-After`.
    """
    from evals.load import rows_of

    with waiting(f"Asking {url} for {seconds:.0f} s ..."):
        report = asyncio.run(_drive(url, rate, seconds, questions, mode, key))
    if json:
        from evals.load import LoadReport

        typer.echo(TypeAdapter(LoadReport).dump_json(report, indent=2).decode())
    else:
        table = Table("", "", show_header=False)
        for name, value in rows_of(report):
            table.add_row(name, value)
        out().print(table)
    if report.failed:
        raise typer.Exit(1)


async def _drive(
    url: str, rate: float, seconds: float, questions: Path | None, mode: str, key: str | None
) -> LoadReport:
    import httpx

    from evals.load import Demand, drive, questions_of

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=200)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30.0) as client:
        try:
            asked = (
                await questions_of(client, key, round(rate * seconds))
                if questions is None
                else [line for line in questions.read_text(encoding="utf-8").splitlines() if line.strip()]
            )
        except httpx.HTTPError as error:
            raise ServerFailed(f"{url} does not answer ({error}). Start it with `cableqa serve`.") from error
        if not asked:
            raise UsageError("There is no question to ask: the file, or the collection, is empty.")
        return await drive(client, Demand(asked, rate, seconds, mode, key=key))
