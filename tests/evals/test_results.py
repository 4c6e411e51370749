"""The README's table comes from reports, and the committed ones agree with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evals.report import Metric, Report, read_report
from evals.results import find_results, results_table
from evals.run import run_eval
from evals.subjects import PipelineSubject
from tests.evals.book import BookPipeline, made_book

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "docs" / "reports"


@pytest.fixture
def report(tmp_path: Path) -> Report:
    book, questions = made_book()
    return run_eval(questions, PipelineSubject(BookPipeline(book), book), tmp_path)


def test_every_figure_has_its_interval_and_the_table_its_footnote(report: Report) -> None:
    table = results_table([report, report])
    assert "| | made (70 questions) | made (70 questions) |" in table
    assert "| the right paragraph is found first | **100 %** (" in table
    assert table.count("answered by book, checked by book (not audited)") == 2
    assert "–" in table.splitlines()[2]


def test_nearly_always_is_not_rounded_up_to_always(report: Report) -> None:
    almost = replace(report, overall={**report.overall, "quote.fidelity": Metric(0.998, (0.99, 1.0), 500, 0)})
    assert "**99.8 %**" in results_table([almost])


def test_unscored_is_a_dash(report: Report) -> None:
    nothing = replace(report, overall={**report.overall, "premise.corrected": Metric(None, None, 0, 3)})
    assert "false premises corrected" not in results_table([nothing])
    other = replace(report, overall={**report.overall, "premise.corrected": Metric(0.5, None, 2, 0)})
    assert "| false premises corrected | – | 50 % |" in results_table([nothing, other])


def test_the_readme_shows_what_the_committed_reports_say() -> None:
    shown = find_results((ROOT / "README.md").read_text(encoding="utf-8"))
    if shown is None or not (REPORTS / "dev.json").exists():
        pytest.skip("no results are committed yet: `make report` makes them")
    reports = [read_report(REPORTS / f"{name}.json") for name in ("dev", "sample")]
    assert shown == results_table(reports).strip("\n")


def test_committed_reports_hold_no_texts_of_others() -> None:
    if not (REPORTS / "dev.html").exists():
        pytest.skip("no results are committed yet: `make report` makes them")
    page = (REPORTS / "dev.html").read_text(encoding="utf-8")
    assert "This page holds sample ids only." in page
    assert "<blockquote" not in page
