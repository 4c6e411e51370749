"""Measuring answers on a set of questions."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from api.cli import options
from api.cli.asking import Asking
from api.cli.measured import Measured, make_collection, opened_server, opened_subject
from api.cli.output import messages, out, waiting
from evals.families import INSTRUCTIONS, OVER_HTTP, Family, Material, with_families
from evals.loaders.formats import LoadedSet, SetFormat, is_sample, load_set
from rag.errors import UsageError
from rag.text.counting import count_of
from rag.types import Mode, Policy

if TYPE_CHECKING:
    from evals.audit import Audit
    from evals.report import Report
    from evals.samples import SampleSet

ALL = "all"


def run(
    dataset: Annotated[
        list[Path],
        typer.Argument(metavar="SET...", help="Questions; `sample` is the project's own set."),
    ],
    format: Annotated[SetFormat, typer.Option(help="How the set is written.")] = SetFormat.CABLEQA,
    collection: Annotated[
        Path | None,
        typer.Option(
            "--collection",
            "--data-dir",
            help="The collection that is asked; a public set and `sample` make one under --out.",
        ),
    ] = None,
    url: Annotated[str | None, typer.Option(help="Measure the server at this address instead.")] = None,
    header: Annotated[
        list[str] | None, typer.Option(help="For the server, 'NAME: VALUE'; may be repeated.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A configuration: docs/evaluation.md.")] = None,
    out_dir: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the report goes (else reports/SET).")
    ] = None,
    mode: Annotated[Mode | None, typer.Option(help="Who writes the answers.")] = None,
    policy: Annotated[Policy | None, typer.Option(help="What happens to a failing sentence.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first questions.")] = None,
    stratified: Annotated[
        int | None, typer.Option(min=1, help="Only so many, every type in its share, always the same.")
    ] = None,
    family: Annotated[
        list[str] | None,
        typer.Option(help=f"Ask a constructed family too, or `{ALL}`: {', '.join(Family)}; may be repeated."),
    ] = None,
    instructions: Annotated[
        Path | None, typer.Option(help=f"BIPIA's attacks, for {Family.PLANTED_INSTRUCTION}.")
    ] = None,
    repeats: Annotated[int | None, typer.Option(min=1, help="Ask so often, a model with new seeds.")] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, max=64, help="Questions at once.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run was cut.")] = False,
    allow_missing_gold: Annotated[
        bool, typer.Option("--allow-missing-gold", help="Leave questions unscored whose cables are missing.")
    ] = False,
    baseline: Annotated[Path | None, typer.Option(help="Compare with this report on the page.")] = None,
    judgements: Annotated[
        Path | None, typer.Option(help='Which false premises a person finds denied: {"id", "denied"} a line.')
    ] = None,
    judge: Annotated[
        str | None, typer.Option(help="A model, PROVIDER:MODEL, that judges answers as well.")
    ] = None,
    judge_labels: Annotated[
        Path | None, typer.Option(help="Labelled rows that the judge must pass first, else the project's.")
    ] = None,
    audit: Annotated[bool, typer.Option(help="Audit the verifier too.")] = True,
    texts: Annotated[bool, typer.Option(help="Texts on the page; without, sample ids only.")] = True,
    json: options.Json = False,
) -> None:
    """Ask every question of a set, score the answers, write report.json and report.html.

    Exit status 1 where a question could not be asked.
    """
    from evals.configuration import applied, described, read_configuration
    from evals.judgements import read_judgements
    from evals.measure import measure
    from evals.report import REPORT_NAME, RunSettings, read_report, report_json
    from evals.selection import first
    from evals.selection import stratified as selected

    if url is not None and (collection is not None or config is not None):
        raise UsageError("--url measures a server as it is: leave --collection and --config out.")
    loaded = load_set(dataset, format)
    configuration = read_configuration(config)
    folder = out_dir or Path("reports") / Path(loaded.questions.name).stem
    own = is_sample(dataset) or loaded.passages is not None
    settings = applied(
        configuration, options.read_settings(collection or (folder / "collection" if own else None))
    )
    asked = RunSettings(
        mode=(mode or configuration.mode or Mode.AUTO).value,
        policy=(policy or configuration.policy or Policy.REPAIR).value,
        limit=limit,
        stratified=stratified,
        allow_missing_gold=allow_missing_gold,
        repeats=repeats or configuration.repeats or 1,
        configuration={} if url else described(settings, configuration.retriever),
    )
    if url is None and asked.repeats > 1 and (settings.llm is None or asked.mode == Mode.EXTRACTIVE):
        raise UsageError("--repeats is for language models: the extractive answerer says the same each time.")
    questions = loaded.questions if limit is None else first(loaded.questions, limit)
    questions = questions if stratified is None else selected(questions, stratified)
    before = None if baseline is None else read_report(baseline)
    denied = None if judgements is None else read_judgements(judgements)
    judging = None
    if judge is not None:
        from evals.judge import load_judge

        judging = load_judge(judge, judge_labels, settings)
    opened: AbstractContextManager[Measured]
    if url is not None:
        opened = opened_server(url, header or [])
    else:
        if collection is None:
            make_collection(loaded, settings, sample=is_sample(dataset))
        opened = opened_subject(settings, configuration.retriever, asked.repeats)
    with opened as measured:
        questions = with_families(questions, *_families(family or [], loaded, instructions, measured))
        with Asking() as bar:
            report = measure(
                questions,
                measured.subject,
                folder,
                settings=asked,
                resume=resume,
                concurrency=concurrency or configuration.concurrency or 1,
                judgements=denied,
                audit=_audit(questions, measured) if audit else None,
                judge=judging,
                baseline=before,
                texts=texts,
                progress=bar.show,
            )
    if json:
        typer.echo(report_json(report))
    else:
        out().print(_table(report))
        if (curve := report.risk_coverage) is not None:
            ece = "" if curve.ece is None else f", ECE {curve.ece:.3f}"
            out().print(f"AURC {curve.aurc:.3f}{ece}, by {curve.source}", markup=False)
    messages().print(f"{folder / REPORT_NAME} and {folder / 'report.html'}", markup=False, soft_wrap=True)
    if report.failed:
        messages().print(
            f"{count_of(len(report.failed), 'question')} could not be asked; the report says why."
        )
    raise typer.Exit(report.exit_status)


def _families(
    names: list[str], loaded: LoadedSet, instructions: Path | None, measured: Measured
) -> tuple[list[Family], Material]:
    unknown = set(names) - {*Family, ALL}
    if unknown:
        raise UsageError(f"There is no family {', '.join(sorted(unknown))}; there are {', '.join(Family)}.")
    wanted = [Family(name) for name in names if name != ALL]
    if ALL in names:
        possible = list(Family) if measured.catalogue is not None else [f for f in Family if f in OVER_HTTP]
        wanted += [f for f in possible if f is not Family.PARAPHRASE or loaded.paraphrases]
    planted: tuple[str, ...] = INSTRUCTIONS
    if instructions is not None:
        from evals.loaders.attacks import load_bipia

        planted = tuple(attack.text for attack in load_bipia(instructions))
    return wanted, Material(measured.catalogue, loaded.paraphrases, planted)


def _audit(questions: SampleSet, measured: Measured) -> Audit | None:
    if measured.pipeline is None:
        return None
    from evals.audit import audit_verifier, gold_hits

    with waiting("Auditing the verifier…"):
        store = measured.pipeline.collection.store
        return audit_verifier(measured.pipeline.verifier, gold_hits(questions.samples, store))


def _table(report: Report) -> Table:
    table = Table("metric", "mean", "95 % interval", "n", "unscored", box=None, pad_edge=False)
    for name, metric in report.overall.items():
        mean = "–" if metric.mean is None else f"{metric.mean:.3f}"
        interval = "–" if metric.ci95 is None else f"{metric.ci95[0]:.3f} … {metric.ci95[1]:.3f}"
        table.add_row(name, mean, interval, str(metric.n), str(metric.unscored))
    return table
