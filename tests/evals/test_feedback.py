"""What readers said becomes samples; until a person has looked, nothing is scored by their gold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evals.feedback import Remark, append_samples, sample_of
from evals.run import run_eval
from evals.samples import SampleSet, load_samples
from evals.subjects import PipelineSubject
from rag.record import AnswerRecord
from rag.types import Question
from tests.evals.book import BookPipeline, made_book


@pytest.fixture
def record() -> AnswerRecord:
    book, questions = made_book()
    return AnswerRecord.of(BookPipeline(book).answer(Question(questions.samples[0].question)))


def remark(reason: str, marker: int | None = None, comment: str | None = None) -> Remark:
    return Remark("a1", marker, reason, comment)


@pytest.mark.parametrize(
    ("remarks", "gold", "answerable", "answered"),
    [
        ([remark("helpful")], ["1"], True, True),
        ([remark("helpful", 1)], ["1"], True, False),
        ([remark("wrong")], [], True, False),
        ([remark("helpful"), remark("wrong")], [], True, False),
        ([remark("helpful"), remark("wrong_paragraph", 1)], [], True, True),
        ([remark("should_have_abstained")], [], False, False),
        ([remark("should_have_answered")], [], True, False),
        ([remark("does_not_support", 1)], [], True, False),
        ([remark("helpful", 9)], [], True, False),
    ],
)
def test_gold_is_what_readers_vouched_for(
    record: AnswerRecord, remarks: list[Remark], gold: list[str], answerable: bool, answered: bool
) -> None:
    made = sample_of(record, remarks)
    assert [key.paragraph for key in made.gold] == gold
    assert made.answerable is answerable
    assert (made.answer is not None) is answered


def test_what_was_said_is_kept_for_the_reviewer(record: AnswerRecord) -> None:
    said = [remark("wrong_paragraph", 1, "that is another harbor"), remark("incomplete")]
    review = sample_of(record, said).review
    assert review == "wrong_paragraph of [1] 05ARDEN1 ¶1: that is another harbor; incomplete"


def test_samples_are_appended_once_and_can_be_read(record: AnswerRecord, tmp_path: Path) -> None:
    path = tmp_path / "sets" / "questions.jsonl"
    made = sample_of(record, [remark("helpful")])
    assert append_samples(path, [made]) == 1
    path.write_text(path.read_text().rstrip("\n"))  # as an editor may leave it
    other = made.model_copy(update={"id": "feedback-a2"})
    assert append_samples(path, [made, other]) == 1
    assert [sample.id for sample in load_samples(path).samples] == ["feedback-a1", "feedback-a2"]


def test_an_unreviewed_sample_is_asked_and_not_scored_by_its_gold(tmp_path: Path) -> None:
    book, questions = made_book()
    wrong = replace(questions.samples[0], id="w", gold=questions.samples[7].gold, review="helpful")
    asked = SampleSet("r", "4" * 64, (questions.samples[0], wrong))
    report = run_eval(asked, PipelineSubject(BookPipeline(book), book), tmp_path)
    line = report.samples[1]
    assert line.outcome == "answered"
    assert line.unscored["citation.precision"] == "marked for review: helpful"
    assert line.values["quote.fidelity"] == 1.0
    assert report.overall["retrieval.hit@1"].unscored == 1
    assert report.exit_status == 0
    assert any("marked for review" in note for note in report.notes)
