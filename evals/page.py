"""The report as one self-contained HTML page: no network, light and dark, printable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from evals.charts import Chart, Whisker, calibration_chart, latency_chart, risk_chart, whisker
from evals.failures import Failure, count_faults, failures
from evals.figures import BY_FAMILY, BY_TYPE, GROUPS, MEANING, figure, moment, signed
from evals.gate import Comparison
from evals.journal import JOURNAL_NAME, Entry, read_entries
from evals.report import ANSWER_LENGTH, LATENCIES, Metric, Report
from evals.scoring import LOWER_IS_BETTER

PAGE_NAME = "report.html"
ROWS_LIMIT = 500  # failures with their texts on one page; about 15 kB each


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the headline table; `bar` is None for figures that are no share."""

    name: str
    meaning: str
    metric: Metric
    bar: Whisker | None
    lower_is_better: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of the headline table under one heading."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class TypeRow:
    """One type of question: a bar for each metric, None where it does not apply."""

    name: str
    samples: int
    cells: tuple[tuple[Metric, Whisker] | None, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """A table of bars: a column for each of `metrics`."""

    metrics: tuple[str, ...]
    rows: tuple[TypeRow, ...]


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A failure with its whole record where texts are shown, else None."""

    failure: Failure
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class View:
    """Everything that the template draws."""

    report: Report
    own: int
    groups: tuple[Group, ...]
    types: Bars
    families: Bars
    risk: Chart | None
    calibration: Chart | None
    latency: Chart | None
    failures: tuple[FailureRow, ...]
    failures_total: int
    fault_counts: dict[str, int]
    comparison: Comparison | None
    texts: bool


def write_page(
    report: Report, folder: Path, *, texts: bool = True, comparison: Comparison | None = None
) -> Path:
    """Write ``report.html`` beside the run's ``samples.jsonl``, which `texts` and latencies are read from.

    Without `texts` the page holds aggregates, sample ids and scores only.
    """
    journal = folder / JOURNAL_NAME
    entries = read_entries(journal) if journal.exists() else ()
    path = folder / PAGE_NAME
    page = render_page(report, entries, texts=texts, comparison=comparison)
    path.write_text(page, encoding="utf-8")
    return path


def render_page(
    report: Report, entries: Iterable[Entry], *, texts: bool = True, comparison: Comparison | None = None
) -> str:
    """The page of a report; `entries` give the samples' records and times."""
    found = failures(report.samples)
    shown = found[:ROWS_LIMIT]
    wanted = {failure.line.id for failure in shown} if texts else set()
    records: dict[str, Entry] = {}
    elapsed: dict[str, float] = {}
    for entry in entries:
        if entry.observation is not None:
            elapsed[entry.sample.id] = entry.observation.elapsed_ms
        if entry.sample.id in wanted:
            records[entry.sample.id] = entry
    marks = {name[8:11]: report.overall[name].mean for name in LATENCIES if name in report.overall}
    curve = report.risk_coverage
    view = View(
        report=report,
        own=sum(line.family is None for line in report.samples),
        groups=_groups(report),
        types=_bars(report, BY_TYPE, families=False),
        families=_bars(report, BY_FAMILY, families=True),
        risk=None if curve is None else risk_chart(curve),
        calibration=None if curve is None else calibration_chart(curve),
        latency=latency_chart(list(elapsed.values()), {k: v for k, v in marks.items() if v is not None}),
        failures=tuple(FailureRow(failure, records.get(failure.line.id)) for failure in shown),
        failures_total=len(found),
        fault_counts=count_faults(found),
        comparison=comparison,
        texts=texts,
    )
    return environment().get_template("report.html.j2").render(view=view)


def _groups(report: Report) -> tuple[Group, ...]:
    rows: dict[str, list[Row]] = {}
    for title, prefix in GROUPS:
        for name, metric in report.overall.items():
            if name.startswith(prefix):
                share = name != ANSWER_LENGTH and name not in LATENCIES
                bar = whisker(metric) if share else None
                row = Row(name, MEANING[name], metric, bar, name in LOWER_IS_BETTER)
                rows.setdefault(title, []).append(row)
    return tuple(Group(title, tuple(held)) for title, held in rows.items())


def _bars(report: Report, columns: tuple[str, ...], *, families: bool) -> Bars:
    """The types of the set itself, or those of its constructed families."""
    made = {line.type for line in report.samples if line.family is not None}
    rows = []
    for name, of_type in report.by_type.items():
        if (name in made) is families:
            cells = tuple(_bar(of_type.get(column)) for column in columns)
            rows.append(TypeRow(name, report.set.types[name], cells))
    used = [position for position in range(len(columns)) if any(row.cells[position] for row in rows)]
    return Bars(
        tuple(columns[position] for position in used),
        tuple(TypeRow(r.name, r.samples, tuple(r.cells[position] for position in used)) for r in rows),
    )


def _bar(metric: Metric | None) -> tuple[Metric, Whisker] | None:
    bar = None if metric is None else whisker(metric)
    return None if metric is None or bar is None else (metric, bar)


@cache
def environment() -> Environment:
    """The templates with the style, the script and the filters that all pages share."""
    made = Environment(
        loader=PackageLoader("evals"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    folder = files("evals") / "templates"
    made.globals["style"] = Markup((folder / "report.css").read_text(encoding="utf-8"))
    made.globals["script"] = Markup((folder / "report.js").read_text(encoding="utf-8"))
    made.globals["lower_is_better"] = LOWER_IS_BETTER
    made.filters["figure"] = figure
    made.filters["moment"] = moment
    made.filters["signed"] = signed
    return made
