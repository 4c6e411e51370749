"""Two cables that disagree, from their files to the answer that sets them side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.ingest import ingest
from ingestion.reading import IngestOptions
from rag.config import Settings
from rag.index.collection import open_collection
from rag.pipeline import Pipeline
from rag.record import AnswerRecord
from rag.types import Outcome, Question, Verdict
from tests.api.small import build_pipeline
from tests.fakes import WordEncoder
from tests.telegrams import telegram

ASKED = "How many trawlers did the Zemblan coast guard seize off Tallow Bay?"


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    told = {
        1: "The Zemblan coast guard seized 31 trawlers off Tallow Bay on Monday.",
        2: "The Zemblan coast guard seized 34 trawlers off Tallow Bay on Monday, the port captain said.",
        3: "The Zemblan post office released four hundred pigeons.",
    }
    posts = {1: "REYKJAVIK", 2: "OSLO", 3: "REYKJAVIK"}
    files = [tmp_path / f"{number}.txt" for number in told]
    for file, number in zip(files, told, strict=True):
        file.write_text(telegram(number, (told[number],), post=posts[number]), encoding="utf-8")
    with open_collection(Settings(data_dir=tmp_path / "data"), WordEncoder(), write=True) as collection:
        ingest(files, collection, IngestOptions())
        yield build_pipeline(collection)


def test_both_figures_are_shown_by_post_and_date(pipeline: Pipeline) -> None:
    answer = pipeline.answer(Question(ASKED))
    assert answer.outcome is Outcome.CONFLICTING
    assert {side.figure for side in answer.conflict} == {"31", "34"}
    assert {c.paragraph.cable_id for c in answer.citations} == {"08REYKJAVIK1", "08OSLO2"}
    assert all(s.verdict is Verdict.SUPPORTED for s in answer.sentences)
    assert "31" in answer.text and "34" in answer.text
    (note,) = [note for note in answer.notes if "disagree" in note]
    assert "Embassy Reykjavik, 2008-05-06: 31" in note
    assert "Embassy Oslo, 2008-05-06: 34" in note
    stored = pipeline.collection.store.find_answer(answer.answer_id)
    assert stored is not None
    assert AnswerRecord.model_validate_json(stored).outcome is Outcome.CONFLICTING


def test_a_wrong_figure_in_the_question_is_set_right(pipeline: Pipeline) -> None:
    asked = "Did the Zemblan post office release nine hundred pigeons?"
    answer = pipeline.answer(Question(asked))
    assert answer.outcome is Outcome.ANSWERED
    assert "four hundred pigeons" in answer.text


def test_a_named_cable_is_one_side_only(pipeline: Pipeline) -> None:
    answer = pipeline.answer(Question("What does 08OSLO2 say?"))
    assert answer.outcome is Outcome.ANSWERED
    assert {c.paragraph.cable_id for c in answer.citations} == {"08OSLO2"}
