"""Measuring answers on a set of questions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from api.cli import options
from api.cli.ask import opened_pipeline
from api.cli.output import messages, out
from rag.types import Mode, Policy


def run(
    dataset: Annotated[Path, typer.Argument(metavar="SET", help="Questions as JSON Lines.")],
    out_dir: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the report goes.")],
    mode: Annotated[Mode, typer.Option(help="Who writes the answers.")] = Mode.AUTO,
    policy: Annotated[Policy, typer.Option(help="What happens to a failing sentence.")] = Policy.REPAIR,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first questions.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run was cut.")] = False,
    allow_missing_gold: Annotated[
        bool, typer.Option("--allow-missing-gold", help="Leave questions unscored whose cables are missing.")
    ] = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> None:
    """Ask every question of a set, score the answers, write report.json.

    Exit status 1 where a question could not be asked.
    """
    from evals.report import RunSettings, report_json
    from evals.run import Progress as Step
    from evals.run import run_eval
    from evals.samples import load_samples
    from evals.subjects import PipelineSubject

    questions = load_samples(dataset)
    settings = RunSettings(
        mode=mode.value, policy=policy.value, limit=limit, allow_missing_gold=allow_missing_gold
    )
    columns = (TextColumn("Asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        opened_pipeline(data_dir) as pipeline,
        Progress(*columns, console=messages(), transient=True) as bar,
    ):
        task = bar.add_task("asking", total=None)

        def tell(step: Step) -> None:
            bar.update(task, total=step.total, completed=step.done)

        subject = PipelineSubject(pipeline, pipeline.collection.store)
        report = run_eval(questions, subject, out_dir, settings=settings, resume=resume, progress=tell)
    if json:
        typer.echo(report_json(report))
    else:
        table = Table("metric", "mean", "95 % interval", "n", "unscored", box=None, pad_edge=False)
        for name, metric in report.overall.items():
            mean = "–" if metric.mean is None else f"{metric.mean:.3f}"
            interval = "–" if metric.ci95 is None else f"{metric.ci95[0]:.3f} … {metric.ci95[1]:.3f}"
            table.add_row(name, mean, interval, str(metric.n), str(metric.unscored))
        out().print(table)
    messages().print(f"The report is in {out_dir}.", markup=False)
    if report.failed:
        messages().print(f"{len(report.failed)} questions could not be asked; the report says why.")
    raise typer.Exit(report.exit_status)
