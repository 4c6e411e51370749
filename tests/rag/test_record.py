"""The record refuses to break its promises, whatever the sentences and citations are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rag.answering.compose import Composer
from rag.record import AnswerRecord, FiltersIn, QuestionIn
from rag.types import (
    Answer,
    CitationCheck,
    Coverage,
    Filters,
    Outcome,
    Policy,
    SentenceCheck,
    Verdict,
)
from tests import made

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """An answer put together by the composer from any texts, also such that hold markers themselves."""
    passages = made.passages(*draw(st.lists(TEXTS, min_size=1, max_size=4)))
    composer = Composer(passages)
    for text in draw(st.lists(st.one_of(TEXTS, st.just("It rained [1] and [22]."), st.just("")), max_size=4)):
        checks = []
        for number in draw(st.lists(st.sampled_from(sorted(passages)), max_size=3)):
            start = draw(st.integers(0, len(passages[number].text)))
            end = draw(st.integers(start, len(passages[number].text)))
            checks.append(CitationCheck(number, start, end, draw(st.sampled_from(Verdict)), "why"))
        composer.add(text, SentenceCheck(draw(st.sampled_from(Verdict)), "why", tuple(checks)))
    return Answer(
        answer_id="a",
        question="q",
        standalone_question="q",
        outcome=Outcome.ANSWERED,
        text=composer.text,
        sentences=tuple(composer.sentences),
        citations=tuple(composer.citations),
        evidence=tuple(passage.hit for passage in passages.values()),
        removed=(),
        filters_applied=Filters(),
        coverage=Coverage.SAMPLE,
        answerer="extractive",
        verifier="v",
        snapshot="s",
        timings_ms={},
        policy=Policy.REPAIR,
        created_at=datetime(2009, 7, 21, tzinfo=UTC),
    )


@given(answers())
@settings(max_examples=100, deadline=None)
def test_every_composed_answer_has_a_record_that_survives_json(answer: Answer) -> None:
    record = AnswerRecord.of(answer)
    assert AnswerRecord.model_validate_json(record.model_dump_json()) == record
    for sentence in record.sentences:
        assert record.text[sentence.start : sentence.end] == sentence.text
        for span in sentence.markers:
            assert record.text[span.start : span.end] == f"[{record.citations[span.citation].marker}]"


def _record() -> dict[str, object]:
    passages = made.passages("Police registered 151 women.")
    composer = Composer(passages)
    check = CitationCheck(1, 0, 6, Verdict.SUPPORTED, "verbatim")
    composer.add("Police.", SentenceCheck(Verdict.SUPPORTED, "verbatim", (check,)))
    answer = Answer(
        answer_id="a",
        question="q",
        standalone_question="q",
        outcome=Outcome.ANSWERED,
        text=composer.text,
        sentences=tuple(composer.sentences),
        citations=tuple(composer.citations),
        evidence=(passages[1].hit,),
        removed=(),
        filters_applied=Filters(),
        coverage=Coverage.SAMPLE,
        answerer="extractive",
        verifier="v",
        snapshot="s",
        timings_ms={},
        policy=Policy.REPAIR,
        created_at=datetime(2009, 7, 21, tzinfo=UTC),
    )
    return AnswerRecord.of(answer).model_dump(mode="json")


def _citation(**changes: object) -> dict[str, object]:
    record = _record()
    citations = record["citations"]
    assert isinstance(citations, list)
    citations[0] |= changes
    return record


@pytest.mark.parametrize(
    "broken",
    [
        _citation(quote="Policy"),
        _citation(char_end=7),
        _citation(paragraph="99"),
        _citation(marker=2),
        _record() | {"evidence": []},
        _record() | {"citations": []},
        _record() | {"text": "Police. [1] Really [2]."},
        _record() | {"text": "Something else. [1]"},
        _record() | {"outcome": "guessed"},
        _record() | {"extra": 1},
    ],
    ids=[
        "quote",
        "offset",
        "paragraph",
        "marker",
        "evidence",
        "citations",
        "stray",
        "text",
        "outcome",
        "extra",
    ],
)
def test_a_broken_promise_is_refused(broken: dict[str, object]) -> None:
    AnswerRecord.model_validate(_record())
    with pytest.raises(ValidationError):
        AnswerRecord.model_validate(broken)


def test_a_question_keeps_every_field() -> None:
    asked = QuestionIn.model_validate(
        {
            "question": "q",
            "history": [{"question": "before", "answer": "then"}],
            "filters": {"origins": ["Embassy Astana"], "date_from": "2009-01-01"},
            "mode": "extractive",
            "policy": "drop",
            "top_k": 3,
        }
    )
    question = asked.to_question()
    assert question.history[0].answer == "then"
    assert FiltersIn.of(question.filters) == asked.filters
    assert (question.mode, question.policy, question.top_k) == ("extractive", "drop", 3)
