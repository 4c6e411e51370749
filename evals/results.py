"""The README's table of results, made from reports: nobody types a figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evals.report import ANSWER_LENGTH, LATENCIES, Metric, Report
from rag.errors import UsageError

BEGIN, END = "<!-- results -->", "<!-- /results -->"
ROWS = (
    ("retrieval.hit@1", "the right paragraph is found first"),
    ("retrieval.hit@5", "… among the first five"),
    ("citation.validity", "cited paragraphs exist and were found"),
    ("quote.fidelity", "quotations are verbatim"),
    ("citation.precision", "cited paragraphs that are right"),
    ("citation.recall", "right paragraphs that are cited"),
    ("answer.key_facts", "facts of the reference answer stated"),
    ("abstention.error", "refused although it could be answered (less is better)"),
    ("abstention.hallucination", "answered although it could not be (less is better)"),
    ("premise.corrected", "false premises corrected"),
    ("alce.citation_recall", "sentences that their citations bear out, by our own verifier"),
    (ANSWER_LENGTH, "words of an answer, median"),
    ("latency.p50_ms", "time to answer, median"),
    ("latency.p95_ms", "time to answer, 19 of 20"),
)


def results_table(reports: Sequence[Report]) -> str:
    """A Markdown table with a column for each report, and under it what was measured and how."""
    heads = [f"{_name(report)} ({_asked(report)})" for report in reports]
    lines = [f"| | {' | '.join(heads)} |", f"|---|{'---|' * len(reports)}"]
    for name, meaning in ROWS:
        cells = [_cell(name, report.overall.get(name)) for report in reports]
        if any(cells):
            lines.append(f"| {meaning} | {' | '.join(cell or '–' for cell in cells)} |")
    return "\n".join([*lines, "", *(_footnote(report) for report in reports)])


def put_results(document: Path, reports: Sequence[Report]) -> None:
    """Write the table between the document's markers; one that has only the first gets the second."""
    try:
        text = document.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {document}: {error.strerror}") from error
    before, begin, rest = text.partition(BEGIN)
    if not begin:
        raise UsageError(f"{document} has no line {BEGIN}, behind which the results would go")
    _, end, after = rest.partition(END)
    document.write_text(
        f"{before}{BEGIN}\n{results_table(reports)}\n{END}{after if end else rest}", encoding="utf-8"
    )


def find_results(text: str) -> str | None:
    """What stands between the markers; None where they do not both stand there."""
    _, begin, rest = text.partition(BEGIN)
    held, end, _ = rest.partition(END)
    return held.strip("\n") if begin and end else None


def _cell(name: str, metric: Metric | None) -> str:
    if metric is None or metric.mean is None:
        return ""
    mean = _figure(name, metric.mean)
    if metric.ci95 is None or name in LATENCIES or name == ANSWER_LENGTH:
        return mean
    low, high = (_figure(name, bound).removesuffix(" %") for bound in metric.ci95)
    return f"**{mean}** ({low}–{high})"


def _figure(name: str, value: float) -> str:
    if name in LATENCIES:
        return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.0f} ms"
    if name == ANSWER_LENGTH:
        return f"{value:.0f}"
    # What must hold without exception is not rounded up to it.
    return f"{value:.1%}".replace("%", " %") if 0.995 <= value < 1 else f"{value:.0%}".replace("%", " %")


def _name(report: Report) -> str:
    return report.set.name.removesuffix(".jsonl")


def _asked(report: Report) -> str:
    own = sum(line.family is None for line in report.samples)
    return f"{own} questions"


def _footnote(report: Report) -> str:
    made = report.provenance
    audit = report.verifier_audit
    accepts = "not audited"
    if audit is not None:
        accepts = f"accepts {audit.false_accept.rate:.1%} of planted falsehoods".replace("%", " %")
    failed = f"; {len(report.failed)} could not be asked" if report.failed else ""
    answered, checked = ", ".join(made.answerers), ", ".join(made.verifiers)
    return (
        f"{_name(report)}: answered by {answered}, checked by {checked} ({accepts}), "
        f"policy {report.settings.policy}, {report.times.started_at[:10]}{failed}. "
        "In brackets: 95 % intervals, whole cables drawn together.\n"
    )
