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
from evals.gate import Comparison
from evals.journal import JOURNAL_NAME, Entry, read_entries
from evals.report import ANSWER_LENGTH, LATENCIES, Metric, Report
from evals.scoring import LOWER_IS_BETTER

PAGE_NAME = "report.html"
ROWS_LIMIT = 500  # failures with their texts on one page; about 15 kB each
BY_TYPE = (
    "retrieval.hit@1",
    "retrieval.hit@5",
    "citation.precision",
    "citation.recall",
    "answer.key_facts",
    "abstention.error",
    "abstention.hallucination",
)
GROUPS = (
    ("Finding the paragraph", "retrieval."),
    ("Citing it", "citation."),
    ("Quoting it", "quote."),
    ("Answering", "answer."),
    ("Knowing when not to", "abstention."),
    ("Sentences and premises", "sentence."),
    ("Sentences and premises", "premise."),
    ("Time", "latency."),
)
MEANING = {
    "retrieval.hit@1": "a gold or equivalent paragraph is the first piece of evidence",
    "retrieval.hit@3": "… among the first 3",
    "retrieval.hit@5": "… among the first 5",
    "retrieval.hit@10": "… among the first 10",
    "retrieval.recall@5": "share of the gold paragraphs among the first 5",
    "retrieval.recall@10": "share of the gold paragraphs among the first 10",
    "retrieval.mrr@10": "1 / rank of the first gold or equivalent paragraph",
    "citation.validity": "the cited paragraph exists and was retrieved; must be 1",
    "quote.fidelity": "the quotation is those characters of the stored paragraph; must be 1",
    "citation.precision": "cited paragraphs that are gold or equivalent",
    "citation.recall": "gold paragraphs that are cited",
    "answer.key_facts": "facts of the reference answer found in the answer",
    ANSWER_LENGTH: "words of an answer, median",
    "abstention.error": "abstained although the collection answers it",
    "abstention.hallucination": "answered although the collection does not",
    "sentence.supported": "sentences that the product's own verifier finds supported",
    "premise.corrected": "false premises denied with the gold paragraph cited",
    "latency.p50_ms": "half of the questions are answered within",
    "latency.p95_ms": "19 of 20 questions are answered within",
}


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
    """One type of question: a bar for each metric of `BY_TYPE`, None where it does not apply."""

    name: str
    samples: int
    cells: tuple[tuple[Metric, Whisker] | None, ...]


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A failure with its whole record where texts are shown, else None."""

    failure: Failure
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class View:
    """Everything that the template draws."""

    report: Report
    groups: tuple[Group, ...]
    type_metrics: tuple[str, ...]
    types: tuple[TypeRow, ...]
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
        groups=_groups(report),
        type_metrics=BY_TYPE,
        types=_types(report),
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


def _types(report: Report) -> tuple[TypeRow, ...]:
    return tuple(
        TypeRow(
            name,
            report.set.types[name],
            tuple(
                (metric, bar)
                if (metric := of_type.get(wanted)) is not None and (bar := whisker(metric)) is not None
                else None
                for wanted in BY_TYPE
            ),
        )
        for name, of_type in report.by_type.items()
    )


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
    made.filters["figure"] = figure
    return made


def figure(value: float | None, name: str) -> str:
    """A value as the page shows it: three decimals for a share, a unit for a time."""
    if value is None:
        return "—"
    if name in LATENCIES:
        return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.3g} ms"
    return f"{value:.0f}" if name == ANSWER_LENGTH else f"{value:.3f}"
