"""Filling a collection, and looking after it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.text import Text

from api.cli import options
from api.cli.output import messages, out, waiting, write
from api.cli.progress import Bar
from rag.errors import CollectionEmpty, CollectionError, UsageError
from rag.text.counting import count_of

if TYPE_CHECKING:
    from ingestion.reading import IngestOptions
    from ingestion.report import IngestLine, IngestReport
    from rag.config import Settings
    from rag.index.ray_embedder import RayEmbedder

_STOPPED = (
    "Stopped. What was written is kept, and nothing is searched until it is finished: run the same command "
    "again to go on, or `cableqa doctor`."
)
COLOURS = {"failed": "bold red", "duplicate": "yellow", "removed": "yellow"}


class Engine(StrEnum):
    """Where texts are embedded."""

    LOCAL = "local"
    RAY = "ray"


class Format(StrEnum):
    """The formats that the contract names."""

    AUTO = "auto"
    TELEGRAM = "telegram"
    NARA = "nara"
    DFAT = "dfat"
    FRUS_TEI = "frus-tei"
    CSV = "csv"


def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, folders, archives, or -.")],
    format: Annotated[Format, typer.Option(help="How the files are written.")] = Format.AUTO,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Parse and report; write nothing.")] = False,
    sync: Annotated[bool, typer.Option("--sync", help="Take out cables whose files are gone.")] = False,
    cable_id: Annotated[str | None, typer.Option("--id", help="The number of a cable that has none.")] = None,
    corpus: Annotated[str | None, typer.Option(help="A name for what is read, to filter by.")] = None,
    engine: Annotated[
        Engine, typer.Option(help="Embed in this process, or on Ray (CABLEQA_RAY_ADDRESS).")
    ] = Engine.LOCAL,
    verbose: Annotated[bool, typer.Option("--verbose", help="A line for every cable.")] = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Read cables in. What is there already stays; what changed is replaced; a cut run goes on.

    Exit status 1 where a file could not be read; the others are in the collection all the same.
    """
    missing = [str(path) for path in paths if str(path) != "-" and not path.exists()]
    if missing:
        raise UsageError(f"There is no file or folder {', '.join(missing)}.", missing=missing)
    settings = options.read_settings(data_dir)
    from ingestion.reading import IngestOptions
    from ingestion.report import IngestReport, Status
    from ingestion.sources.files import Limits

    wanted = IngestOptions(
        format=format.value,
        cable_id=cable_id,
        corpus=corpus,
        default_classification=settings.default_classification,
        sync=sync,
        limits=Limits(file_bytes=settings.file_limit_bytes),
    )
    report = _parse_only(paths, wanted) if dry_run else ingest_paths(paths, wanted, settings, engine)
    gone = [line.cable_id for line in report.lines if line.status is Status.REMOVED and line.cable_id]
    if gone and not dry_run:
        from api.removal import redact_history

        redact_history(settings.data_dir, gone)
        hint = "`cableqa doctor` takes what is left of the removed text out of the index files."
        messages().print(Text(hint), soft_wrap=True)
    if json:
        typer.echo(TypeAdapter(IngestReport).dump_json(report, indent=2).decode())
    else:
        _print_report(report, out(), verbose=verbose)
    if report.count(Status.FAILED):
        raise typer.Exit(1)


def doctor(
    check: Annotated[bool, typer.Option("--check", help="Only look; mend nothing.")] = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Look the collection over, and rebuild from the store what is not well.

    Exit status 3 where something stays broken.
    """
    settings = options.read_settings(data_dir)
    if not settings.data_dir.is_dir():
        raise CollectionEmpty(
            f"There is no collection at {settings.data_dir}: `cableqa ingest PATH` makes one."
        )
    with waiting("Loading the encoder…"):
        from ingestion.doctor import DoctorReport, examine
        from rag.models.embeddings import load_encoder

        encoder = load_encoder(settings.embedding_model)
    with Bar("Looking over", "Rebuilding") as bar:
        report = examine(settings, encoder, repair=not check, on_progress=bar.show_rebuilt)
    if json:
        typer.echo(TypeAdapter(DoctorReport).dump_json(report, indent=2).decode())
    else:
        console = out()
        for finding in report.findings:
            sign, colour = ("✓", "green") if finding.well else ("✗", "red")
            line = Text.assemble((sign, f"bold {colour}"), f" {finding.check:<10} {finding.message}")
            write(console, line)
            if finding.done:
                write(console, Text(f"mended: {finding.done}", style="green"), 2)
    if not report.healthy:
        raise typer.Exit(CollectionError.exit_status)


def _parse_only(paths: Sequence[Path], wanted: IngestOptions) -> IngestReport:
    from ingestion.reading import dry_run

    with Bar() as bar:
        return dry_run(paths, wanted, bar.show)


def ingest_paths(
    paths: Sequence[Path], wanted: IngestOptions, settings: Settings, engine: Engine = Engine.LOCAL
) -> IngestReport:
    """Ingest with a progress bar. Raises CollectionError, ModelUnavailable."""
    with waiting("Loading the encoder…"):
        from ingestion.ingest import ingest
        from rag.index.collection import open_collection
        from rag.models.embeddings import load_encoder

        encoder = load_encoder(settings.embedding_model, in_bulk=True)
    try:
        with Bar() as bar:
            ray = _ray_embedder(settings, bar) if engine is Engine.RAY else None
            with open_collection(settings, encoder, write=True, embedder=ray) as collection:
                try:
                    return ingest(paths, collection, wanted, bar.show, ray)
                except KeyboardInterrupt:
                    messages().print(_STOPPED, soft_wrap=True)
                    raise
    finally:
        # A thread that still encodes when the program ends would take it down.
        encoder.close()


def _ray_embedder(settings: Settings, bar: Bar) -> RayEmbedder:
    from rag.index.ray_embedder import RayEmbedder
    from rag.models.embeddings import load_encoder

    load = partial(load_encoder, settings.embedding_model)
    return RayEmbedder(load, settings.ray_workers, settings.ray_address, bar.show_embedded)


def _print_report(report: IngestReport, console: Console, *, verbose: bool) -> None:
    """What needs a look, line by line; the rest as numbers."""
    from ingestion.report import by_status

    for line in report.lines:
        if verbose or line.status.value in COLOURS or line.warnings:
            _print_line(line, console)
    counted = by_status(report.lines)
    tally = ", ".join(f"{count} {status}" for status, count in counted.items()) or "nothing to read"
    paragraphs = sum(line.paragraphs for line in report.lines)
    reused = f", {report.reused} reused" if report.reused else ""
    write(
        console,
        Text(
            f"{count_of(report.files, 'file')}: {tally}. {count_of(paragraphs, 'paragraph')} read, "
            f"{count_of(report.embedded, 'chunk')} embedded{reused}, in {report.seconds:.1f} s."
        ),
    )
    for total in report.formats:
        held = f"{count_of(total.cables, 'cable')}, {count_of(total.paragraphs, 'paragraph')}"
        write(console, Text(f"{total.format:<10} {held}"), 2)


def _print_line(line: IngestLine, console: Console) -> None:
    status = Text(f"{line.status.value:<10}", style=COLOURS.get(line.status.value, "green"))
    name = line.source if line.cable_id is None else f"{line.cable_id}  {line.source}"
    write(console, Text.assemble(status, name))
    for message in (line.message, *line.warnings):
        if message:
            write(console, Text(message), 10)
