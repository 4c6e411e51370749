"""The runner, driven over a small pipeline: scores, failures, resumption, sameness."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evals.report import RunSettings, read_report, report_json
from evals.run import Progress, run_eval
from evals.samples import FOLLOWUP, ParagraphKey, SampleSet
from evals.subjects import PipelineSubject
from rag.errors import CollectionDamaged, UsageError
from rag.types import Answer, Question
from tests.evals.book import Book, BookPipeline, made_book, made_sample


def subject_of(book: Book, pipeline: BookPipeline | None = None) -> PipelineSubject:
    return PipelineSubject(pipeline or BookPipeline(book), book)


def timeless(text: str) -> dict[str, object]:
    """A report without what differs each time."""
    report = json.loads(text)
    del report["times"]
    for group in (report["overall"], *report["by_type"].values()):
        for name in [name for name in group if name.startswith("latency.")]:
            del group[name]
    return dict(report)


def test_a_run_writes_the_contract_s_report(tmp_path: Path) -> None:
    book, questions = made_book()
    report = run_eval(questions, subject_of(book), tmp_path)
    written = json.loads((tmp_path / "report.json").read_text())
    assert written["overall"]["retrieval.hit@1"]["mean"] == 1.0
    assert set(written["overall"]["retrieval.hit@1"]) == {"mean", "ci95", "n", "unscored"}
    assert set(written["by_type"]) == {"number", "unanswerable"}
    assert written["settings"]["top_k"] == 10
    assert report.overall["retrieval.hit@10"].n == 60
    assert report.overall["citation.validity"].mean == 1.0
    assert report.overall["quote.fidelity"].mean == 1.0
    assert report.overall["answer.key_facts"].mean == 1.0
    assert report.overall["abstention.hallucination"].mean == 0.0
    assert report.overall["abstention.hallucination"].n == 10
    length = report.overall["answer.length_words.median"]
    assert (length.mean, length.n, length.unscored) == (10, 60, 0)
    assert report.overall["latency.p95_ms"].n == 70
    assert report.exit_status == 0
    assert read_report(tmp_path) == report


def test_what_is_not_cited_is_unscored_not_wrong(tmp_path: Path) -> None:
    book, questions = made_book()
    gold = next(iter(book.by_key))
    shy = made_sample("shy", "Zebra?", [gold], ["x"])
    report = run_eval(replace(questions, samples=(*questions.samples, shy)), subject_of(book), tmp_path)
    precision = report.overall["citation.precision"]
    assert (precision.mean, precision.n, precision.unscored) == (1.0, 60, 1)
    assert report.overall["citation.recall"].n == 61
    assert report.overall["abstention.error"].mean == pytest.approx(1 / 61)
    line = next(line for line in report.samples if line.id == "shy")
    assert line.unscored["citation.precision"] == "nothing is cited"
    assert line.values["citation.recall"] == 0.0


def test_followups_are_in_no_overall_retrieval_figure(tmp_path: Path) -> None:
    book, questions = made_book()
    gold = next(iter(book.by_key))
    follow = made_sample("f", "And lamps at Arden?", [gold], ["boats"], kind=FOLLOWUP)
    report = run_eval(replace(questions, samples=(*questions.samples, follow)), subject_of(book), tmp_path)
    assert report.overall["retrieval.hit@1"].n == 60
    assert report.by_type[FOLLOWUP]["retrieval.hit@1"].n == 1
    assert report.overall["answer.key_facts"].n == 61


class Failing(BookPipeline):
    """Out of order for questions about lamps."""

    def answer(self, question: Question) -> Answer:
        if "lamps" in question.text:
            raise CollectionDamaged("the index cannot be read")
        return super().answer(question)


def test_a_failure_is_unscored_with_its_reason(tmp_path: Path) -> None:
    book, questions = made_book()
    report = run_eval(questions, subject_of(book, Failing(book)), tmp_path)
    assert len(report.failed) == 10
    assert set(report.failed.values()) == {"collection_damaged: the index cannot be read"}
    assert report.overall["retrieval.hit@1"].unscored == 10
    assert report.overall["retrieval.hit@1"].n == 50
    assert report.overall["retrieval.hit@1"].mean == 1.0
    assert report.exit_status == 1


def test_a_resumed_run_asks_failures_again(tmp_path: Path) -> None:
    book, questions = made_book()
    run_eval(questions, subject_of(book, Failing(book)), tmp_path)
    report = run_eval(questions, subject_of(book), tmp_path, resume=True)
    assert report.failed == {}
    assert report.overall["retrieval.hit@1"].n == 60


class Killed(BookPipeline):
    """Breaks after so many answers, as a kill would."""

    left = 25

    def answer(self, question: Question) -> Answer:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return super().answer(question)


def test_a_killed_run_resumes_where_it_was(tmp_path: Path) -> None:
    book, questions = made_book()
    whole = run_eval(questions, subject_of(book), tmp_path / "whole")
    out = tmp_path / "killed"
    with pytest.raises(KeyboardInterrupt):
        run_eval(questions, subject_of(book, Killed(book)), out)
    with (out / "samples.jsonl").open("ab") as file:
        file.write(b'{"sample": {"id": "q4-')  # what a kill in the middle of a write leaves
    told: list[Progress] = []
    resumed = run_eval(questions, subject_of(book), out, resume=True, progress=told.append)
    assert told[0].done == 26
    assert told[-1].done == told[-1].total == 70
    assert timeless(report_json(resumed)) == timeless(report_json(whole))


def test_resuming_another_run_is_refused(tmp_path: Path) -> None:
    book, questions = made_book()
    run_eval(questions, subject_of(book), tmp_path)
    with pytest.raises(UsageError, match="another question set"):
        run_eval(questions, subject_of(book), tmp_path, settings=RunSettings(policy="drop"), resume=True)
    (tmp_path / "samples.jsonl").write_text("something else\n")
    with pytest.raises(UsageError, match="not the file of an eval run"):
        run_eval(questions, subject_of(book), tmp_path, resume=True)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_the_same_run_twice_gives_the_same_report(tmp_path: Path, concurrency: int) -> None:
    book, questions = made_book()
    for name in ("one", "two"):
        run_eval(
            questions, subject_of(book), tmp_path / name, concurrency=1 if name == "one" else concurrency
        )
    one, two = ((tmp_path / name / "report.json").read_text() for name in ("one", "two"))
    assert timeless(one) == timeless(two)


def test_gold_that_is_not_in_the_collection_is_refused_and_listed(tmp_path: Path) -> None:
    book, questions = made_book()
    lost = made_sample("lost", "Where?", [ParagraphKey("05NOWHERE1", "7")], ["x"])
    more = SampleSet("more", "1" * 64, (*questions.samples, lost))
    with pytest.raises(UsageError, match="lost: 05NOWHERE1 ¶7"):
        run_eval(more, subject_of(book), tmp_path)
    report = run_eval(more, subject_of(book), tmp_path, settings=RunSettings(allow_missing_gold=True))
    assert report.failed == {"lost": "a gold paragraph is not in the collection"}
    assert report.exit_status == 1


def test_a_limit_takes_the_first_samples(tmp_path: Path) -> None:
    book, questions = made_book()
    report = run_eval(questions, subject_of(book), tmp_path, settings=RunSettings(limit=5))
    assert [line.id for line in report.samples] == [sample.id for sample in questions.samples[:5]]


def test_a_report_holds_no_text(tmp_path: Path) -> None:
    book, questions = made_book()
    run_eval(questions, subject_of(book), tmp_path)
    written = (tmp_path / "report.json").read_text()
    assert "harbor inspection" not in written
    assert questions.samples[0].question not in written


def test_what_is_no_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the report"):
        read_report(tmp_path / "report.json")
    (tmp_path / "report.json").write_text('{"format": 1}')
    with pytest.raises(UsageError, match="not an eval report"):
        read_report(tmp_path)
