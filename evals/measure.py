"""A whole measurement of a pipeline: its verifier audited, every question asked, report and page written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from evals.audit import audit_verifier, gold_hits
from evals.gate import compare
from evals.page import write_page
from evals.report import Report, RunSettings
from evals.run import Progress, run_eval
from evals.samples import SampleSet
from evals.subjects import PipelineSubject
from rag.pipeline import Pipeline


def measure_pipeline(
    questions: SampleSet,
    pipeline: Pipeline,
    out_dir: Path,
    *,
    settings: RunSettings | None = None,
    resume: bool = False,
    concurrency: int = 1,
    judgements: Mapping[str, bool] | None = None,
    baseline: Report | None = None,
    texts: bool = True,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Write ``samples.jsonl``, ``report.json`` and ``report.html`` into `out_dir`, return the report.

    With a `baseline` the page has the paired comparison; without `texts` it holds sample ids only.
    Raises as `evals.run.run_eval` does.
    """
    store = pipeline.collection.store
    report = run_eval(
        questions,
        PipelineSubject(pipeline, store),
        out_dir,
        settings=settings,
        resume=resume,
        concurrency=concurrency,
        judgements=judgements,
        audit=audit_verifier(pipeline.verifier, gold_hits(questions.samples, store)),
        progress=progress,
    )
    comparison = None if baseline is None else compare(baseline, report)
    write_page(report, out_dir, texts=texts, comparison=comparison)
    return report
