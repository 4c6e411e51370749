"""A whole measurement: every question asked, report and page written, compared with a baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from evals.audit import Audit
from evals.gate import compare
from evals.journal import JOURNAL_NAME, read_entries
from evals.judge import Judge, judge_run
from evals.page import write_page
from evals.report import Report, RunSettings, write_report
from evals.run import Progress, run_eval
from evals.samples import SampleSet
from evals.subjects import Subject


def measure(
    questions: SampleSet,
    subject: Subject,
    out_dir: Path,
    *,
    settings: RunSettings | None = None,
    resume: bool = False,
    concurrency: int = 1,
    judgements: Mapping[str, bool] | None = None,
    audit: Audit | None = None,
    judge: Judge | None = None,
    baseline: Report | None = None,
    texts: bool = True,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Write ``samples.jsonl``, ``report.json`` and ``report.html`` into `out_dir`, return the report.

    With a `judge` the answers are judged after the run, once it has passed its own validation. With a
    `baseline` the page has the paired comparison; without `texts` it holds sample ids only.
    Raises as `evals.run.run_eval` does.
    """
    report = run_eval(
        questions,
        subject,
        out_dir,
        settings=settings,
        resume=resume,
        concurrency=concurrency,
        judgements=judgements,
        audit=audit,
        progress=progress,
    )
    if judge is not None:
        judged = judge_run(judge, read_entries(out_dir / JOURNAL_NAME), report.samples)
        report = replace(report, judged=judged)
        write_report(report, out_dir)
    comparison = None if baseline is None else compare(baseline, report)
    write_page(report, out_dir, texts=texts, comparison=comparison)
    return report
