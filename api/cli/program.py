"""The program that the commands hang on: failures become a message, and one of four exit statuses."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from api.cli import (
    ask,
    chat,
    collection,
    evaluate,
    export,
    feedback,
    keeping,
    keys,
    load,
    reports,
    serve,
    show,
)
from api.cli.output import report_failure
from api.version import VERSION
from rag.errors import CableqaError


class Program(TyperGroup):
    """Exit status: 0 done, 1 done with failures, 2 wrong usage, 3 collection, 4 model."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # typer's Context is click's
        try:
            return super().invoke(ctx)
        except CableqaError as error:
            report_failure(error, ctx)
            raise typer.Exit(error.exit_status) from None


app = typer.Typer(
    name="cableqa",
    cls=Program,
    help="Answers from diplomatic cables: every sentence cites its paragraph and is checked.",
    epilog="Start here: cableqa ingest PATH, then cableqa ask 'QUESTION'.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
evaluations = typer.Typer(
    name="eval", help="Measure answers on sets of questions.", no_args_is_help=True, cls=Program
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cableqa {VERSION}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Answers from diplomatic cables, each sentence cited and checked."""


app.command(epilog="Example: cableqa ingest ingestion/sample")(collection.ingest)
app.command(
    epilog="Example: cableqa ask 'How many tons of cod did inspectors weigh out of the trawler Hrafnsey?'"
)(ask.ask)
app.command(epilog="Example: echo 'What does 05REYKJAVIK118 report?' | cableqa chat")(chat.chat)
app.command(epilog="Example: cableqa search 'fishing quota' --k 5 --date-from 2005-01-01")(ask.search)
app.command(epilog="Example: cableqa show 05REYKJAVIK118 1")(show.show)
app.command(epilog="Example: echo 'Cod was weighed (05REYKJAVIK118 ¶1).' | cableqa verify -")(show.verify)
app.command(epilog="Example: cableqa export --search 'fishing quota' --format bibtex")(export.export)
app.command(epilog="Example: cableqa serve --port 8000")(serve.serve)
app.command(epilog="Example: cableqa doctor")(collection.doctor)
app.command(epilog="Example: cableqa backup backups/monday.tar")(keeping.backup)
app.command(epilog="Example: cableqa restore backups/monday.tar --data-dir restored")(keeping.restore)
app.command(epilog="Example: cableqa delete 05REYKJAVIK118")(keeping.delete)
evaluations.command("run", epilog="Example: cableqa eval run sample --out reports/sample")(evaluate.run)
evaluations.command("gate", epilog="Example: cableqa eval gate evals/baselines/sample.json reports/sample")(
    reports.gate
)
evaluations.command("compare", epilog="Example: cableqa eval compare reports/a reports/b --out c.html")(
    reports.compare
)
evaluations.command("table", epilog="Example: cableqa eval table reports/sample")(reports.table)
evaluations.command("claims", epilog="Example: cableqa eval claims wice-dev.jsonl --format wice")(
    reports.claims
)
evaluations.command("from-feedback", epilog="Example: cableqa eval from-feedback questions.jsonl")(
    feedback.from_feedback
)
app.add_typer(evaluations)
access = typer.Typer(name="keys", help="Keys for the server.", no_args_is_help=True, cls=Program)
access.command(
    "create", epilog="Example: cableqa keys create 'Ann, desk 3' --scope ask --ceiling UNCLASSIFIED"
)(keys.create)
access.command("list", epilog="Example: cableqa keys list")(keys.list_keys)
access.command("revoke", epilog="Example: cableqa keys revoke KEY_ID")(keys.revoke)
app.add_typer(access)
measuring = typer.Typer(name="bench", help="How much a server stands.", no_args_is_help=True, cls=Program)
measuring.command("load", epilog="Example: cableqa bench load http://127.0.0.1:8000 --rate 5 --seconds 10")(
    load.load
)
app.add_typer(measuring)
