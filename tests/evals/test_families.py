"""Constructed families change what they say and keep the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from evals.families import after_foreign_turn, without_gold_cables
from evals.run import run_eval
from evals.subjects import PipelineSubject
from tests.evals.book import BookPipeline, made_book


def test_gold_cables_are_out_of_reach() -> None:
    _, questions = made_book()
    cables = {key.cable for sample in questions.samples for key in sample.gold}
    made = without_gold_cables(questions, cables)
    assert len(made.samples) == 60
    answerable = [sample for sample in questions.samples if sample.answerable]
    for before, after in zip(answerable, made.samples, strict=True):
        assert after.within == tuple(sorted(cables - {before.gold[0].cable}))
        assert (after.answerable, after.gold, after.key_facts) == (False, (), ())
        assert after.cluster == before.gold[0].cable
    assert made.sha256 != questions.sha256
    assert made == without_gold_cables(questions, sorted(cables))


def test_a_foreign_turn_shares_no_cable(tmp_path: Path) -> None:
    book, questions = made_book()
    answered = [sample for sample in questions.samples if sample.answerable][:12]
    told = replace(questions, samples=tuple(replace(sample, answer="Some.") for sample in answered))
    made = after_foreign_turn(told)
    assert len(made.samples) == 12
    of_question = {sample.question: sample for sample in told.samples}
    for sample in made.samples:
        (turn,) = sample.history
        assert of_question[turn.question].gold[0].cable != sample.gold[0].cable
    report = run_eval(made, PipelineSubject(BookPipeline(book), book), tmp_path)
    assert report.by_type["foreign_turn"]["citation.recall"].mean == 1.0
