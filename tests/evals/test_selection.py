"""Which samples are asked: the first, some of every type, or all of them several times."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from evals.report import RunSettings
from evals.run import run_eval
from evals.samples import clusters
from evals.selection import repeated, stratified
from evals.subjects import PipelineSubject
from tests.evals.book import BookPipeline, made_book


def test_a_stratified_selection_keeps_the_shares_and_itself() -> None:
    _, questions = made_book()
    chosen = stratified(questions, 14)
    assert Counter(sample.type for sample in chosen.samples) == {"number": 12, "unanswerable": 2}
    assert chosen == stratified(questions, 14)
    assert [s.id for s in chosen.samples] == [s.id for s in questions.samples if s in chosen.samples]
    turned = stratified(replace(questions, samples=questions.samples[::-1]), 14)
    assert {s.id for s in turned.samples} == {s.id for s in chosen.samples}
    assert len(stratified(questions, 13).samples) == 13
    assert stratified(questions, 1000).samples == questions.samples


def test_repeats_of_a_question_are_one_cluster() -> None:
    _, questions = made_book()
    every = repeated(questions.samples, 3)
    assert len(every) == 3 * len(questions.samples)
    assert len({sample.id for sample in every}) == len(every)
    found = clusters(every)
    for sample in questions.samples:
        assert found[sample.id] == found[f"{sample.id}@2"] == found[f"{sample.id}@3"]
    assert len(set(found.values())) == len(set(clusters(questions.samples).values()))
    assert [sample.repeat for sample in every[:: len(questions.samples)]] == [1, 2, 3]


def test_a_repeated_run_tells_how_far_its_figures_move(tmp_path: Path) -> None:
    book, questions = made_book()
    subject = PipelineSubject(BookPipeline(book), book)
    once = run_eval(questions, subject, tmp_path / "once")
    often = run_eval(questions, subject, tmp_path / "often", settings=RunSettings(repeats=3))
    assert once.by_repeat == {}
    assert often.by_repeat["answer.key_facts"] == (1.0, 1.0, 1.0)
    assert often.overall["retrieval.hit@1"].n == 3 * once.overall["retrieval.hit@1"].n
    # Asking again makes no interval narrower: the repeats of a question stand and fall together.
    assert often.overall["abstention.error"].ci95 == once.overall["abstention.error"].ci95
