"""What is done with reports: two compared, one let through or refused, figures put into a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli import options
from api.cli.output import messages, out, write
from evals.loaders.claims import ClaimFormat

if TYPE_CHECKING:
    from evals.gate import Comparison

Baseline = Annotated[Path, typer.Argument(metavar="BASELINE", help="A report.json, or the folder of a run.")]
Later = Annotated[Path, typer.Argument(metavar="REPORT", help="A report.json, or the folder of a run.")]
COLOURS = {"worse": "bold red", "better": "green", "same": "dim"}


def gate(baseline: Baseline, report: Later, json: options.Json = False) -> None:
    """Refuse a report that is significantly worse than a baseline, or breaks what must always hold.

    Exit status 1 where it is refused.
    """
    from pydantic import TypeAdapter

    from evals.gate import GateResult
    from evals.gate import gate as decide
    from evals.report import read_report

    result = decide(read_report(baseline), read_report(report))
    if json:
        typer.echo(TypeAdapter(GateResult).dump_json(result, indent=2).decode())
    else:
        console = out()
        _print_changes(result.comparison, console)
        for failure in result.failures:
            write(console, Text.assemble(("refused: ", "bold red"), failure))
        if result.passed:
            write(console, Text("passed", style="bold green"))
    if not result.passed:
        raise typer.Exit(1)


def compare(
    baseline: Baseline,
    report: Later,
    page: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the page here.")] = None,
    texts: Annotated[bool, typer.Option(help="Texts on the page; without, sample ids only.")] = True,
    json: options.Json = False,
) -> None:
    """Compare two runs sample by sample: paired differences, and which samples differ."""
    from pydantic import TypeAdapter

    from evals.comparison import write_comparison
    from evals.gate import Comparison
    from evals.gate import compare as paired
    from evals.report import read_report

    if page is None:
        found = paired(read_report(baseline), read_report(report))
    else:
        found = write_comparison(baseline, report, page, texts=texts)
        messages().print(str(page), markup=False, soft_wrap=True)
    if json:
        typer.echo(TypeAdapter(Comparison).dump_json(found, indent=2).decode())
    else:
        _print_changes(found, out(), ids=True)


def table(
    reports: Annotated[list[Path], typer.Argument(metavar="REPORT...", help="Reports, a column each.")],
    into: Annotated[
        Path | None, typer.Option(help="Put it into this document, between <!-- results --> markers.")
    ] = None,
) -> None:
    """Make the table of results that a README shows."""
    from evals.report import read_report
    from evals.results import put_results, results_table

    read = [read_report(path) for path in reports]
    if into is None:
        typer.echo(results_table(read))
    else:
        put_results(into, read)


def claims(
    dataset: Annotated[Path, typer.Argument(metavar="FILE", help="Claims with evidence, as published.")],
    format: Annotated[ClaimFormat, typer.Option(help="How the file is written.")],
    json: options.Json = False,
) -> None:
    """Measure the verifier alone, on claims that people have labelled."""
    from pydantic import TypeAdapter

    from evals.claims import ClaimReport, measure_claims
    from evals.loaders.claims import load_claims
    from rag.verifying.verify import DeterministicVerifier

    report = measure_claims(DeterministicVerifier(), load_claims(dataset, format))
    if json:
        typer.echo(TypeAdapter(ClaimReport).dump_json(report, indent=2).decode())
        return
    table = Table("claims", "supported", "found", "others", "refused", "balanced", box=None, pad_edge=False)
    for scores in (report.overall, *report.by_group):
        sides = (scores.supported, scores.rest)
        cells = [cell for side in sides for cell in (str(side.n), f"{side.right:.3f}")]
        table.add_row(scores.group, *cells, f"{scores.balanced:.3f}")
    out().print(table)
    messages().print(f"{report.verifier}: {report.claims_per_s:.0f} claims a second")


def _print_changes(comparison: Comparison, console: Console, *, ids: bool = False) -> None:
    for remark in comparison.remarks:
        write(console, Text(remark, style="yellow"))
    heads = ("metric", "before", "after", "difference", "95 % interval", "n", "")
    table = Table(*heads, box=None, pad_edge=False)
    for change in comparison.changes:
        if change.family is not None and change.verdict == "same":
            continue
        name = f"{change.metric} of {change.family}" if change.family else change.metric
        interval = "–" if change.ci95 is None else f"{change.ci95[0]:+.3f} … {change.ci95[1]:+.3f}"
        verdict = Text(change.verdict, style=COLOURS[change.verdict])
        numbers = (f"{change.before:.3f}", f"{change.after:.3f}", f"{change.difference:+.3f}", interval)
        table.add_row(name, *numbers, str(change.n), verdict)
    console.print(table)
    for change in comparison.changes if ids else ():
        for sign, named in (("worse", change.worse), ("better", change.better)):
            if named and change.family is None:
                write(console, Text(f"{change.metric} {sign}: {', '.join(named)}", style="dim"))
