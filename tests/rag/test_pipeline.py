"""The whole way of a question over the sample: real encoder, indexes, reader and checker."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from rag.errors import UsageError
from rag.llm import LLMAnswerer
from rag.pipeline import Limits, Pipeline
from rag.record import AnswerRecord
from rag.retrieve import CableRetriever, HybridSearch
from rag.types import (
    AnswerReady,
    Filters,
    FoundBy,
    Mode,
    Outcome,
    Policy,
    Question,
    Retrieved,
    SentenceReady,
)

BUS = "How many schools had the Ask Twice bus visited between September and April 2007 in Estonia?"


def with_model(pipeline: Pipeline, *replies: str) -> Pipeline:
    """The same pipeline with a chat model that says what it is told, one reply a call."""
    model = GenericFakeChatModel(messages=iter([AIMessage(reply) for reply in replies]))
    return Pipeline(
        collection=pipeline.collection,
        search=HybridSearch(pipeline.collection),
        extractive=pipeline._extractive,
        llm=LLMAnswerer(model, "fake:told"),
        verifier=pipeline.verifier,
        limits=Limits(4000, timedelta(days=1)),
    )


def test_an_answer_quotes_the_paragraph_that_holds_it(sample_pipeline: Pipeline) -> None:
    answer = sample_pipeline.answer(Question(BUS))
    assert answer.outcome is Outcome.ANSWERED
    assert "71" in answer.text
    assert any(c.paragraph.cable_id == "07TALLINN412" for c in answer.citations)
    assert answer.answerer == "extractive"


def test_events_come_in_order_and_the_last_is_the_stored_record(sample_pipeline: Pipeline) -> None:
    events = list(sample_pipeline.stream(Question(BUS)))
    assert isinstance(events[0], Retrieved)
    assert all(isinstance(event, SentenceReady) for event in events[1:-1])
    last = events[-1]
    assert isinstance(last, AnswerReady)
    assert [e.sentence for e in events if isinstance(e, SentenceReady)] == list(last.answer.sentences)
    stored = sample_pipeline.collection.store.find_answer(last.answer.answer_id)
    assert stored == AnswerRecord.of(last.answer).model_dump_json()


def test_a_question_about_nothing_in_the_collection_is_refused(sample_pipeline: Pipeline) -> None:
    answer = sample_pipeline.answer(Question("Who won the 2008 presidential election in Kazakhstan?"))
    assert (answer.outcome, answer.sentences, answer.citations) == (Outcome.NOT_IN_CORPUS, (), ())
    assert answer.notes


def test_a_named_paragraph_is_looked_up(sample_pipeline: Pipeline) -> None:
    result = sample_pipeline.search("what does para 4 of Tallinn 412 say?", Filters(), 5)
    first = result.hits[0]
    assert (first.paragraph.citation, first.found_by) == ("07TALLINN412 ¶4", FoundBy.LOOKUP)


def test_an_unknown_message_number_is_said_with_its_neighbours(sample_pipeline: Pipeline) -> None:
    answer = sample_pipeline.answer(Question("What does 07TALLINN413 say about schools?"))
    assert any("07TALLINN413" in note and "07TALLINN412" in note for note in answer.notes)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(origins=("Embassy Lusaka",)),
        Filters(date_from=date(2008, 1, 1), date_to=date(2008, 12, 31)),
        Filters(tags=("SENV",)),
        Filters(cable_ids=("09MUSCAT61",)),
    ],
)
def test_filters_hold_for_every_hit(sample_pipeline: Pipeline, filters: Filters) -> None:
    allowed = sample_pipeline.collection.store.matching_cables(filters)
    assert allowed
    hits = sample_pipeline.search(BUS, filters, 10).hits
    assert hits
    assert {hit.paragraph.cable_id for hit in hits} <= allowed


def test_a_filter_that_nothing_passes_finds_nothing_and_is_no_error(sample_pipeline: Pipeline) -> None:
    answer = sample_pipeline.answer(Question(BUS, filters=Filters(cable_ids=("01NOWHERE1",))))
    assert (answer.outcome, answer.evidence) == (Outcome.NOT_IN_CORPUS, ())


@pytest.mark.parametrize(
    "question",
    [
        Question(""),
        Question("   \n "),
        Question("a\ud800b"),
        Question("x" * 20_000),
        Question(BUS, top_k=0),
        Question(BUS, top_k=1000),
        Question(BUS, filters=Filters(date_from=date(2009, 1, 1), date_to=date(2008, 1, 1))),
        Question(BUS, mode=Mode.LLM),
    ],
    ids=[
        "empty",
        "blank",
        "surrogate",
        "20,000 characters",
        "top_k 0",
        "top_k 1000",
        "dates crossed",
        "no model",
    ],
)
def test_bad_questions_are_usage_errors(sample_pipeline: Pipeline, question: Question) -> None:
    with pytest.raises(UsageError):
        sample_pipeline.answer(question)


@pytest.mark.parametrize(
    "text",
    [
        "AND OR NOT (",
        'text:"a" ^2 ~',
        "* ? [a TO b]",
        "\x00\x07\u202e bus",
        "' OR 1=1 --",
        "🚌" * 50,
        "+-:{}\\/",
    ],
)
def test_query_syntax_is_only_text(sample_pipeline: Pipeline, text: str) -> None:
    assert sample_pipeline.answer(Question(text)).outcome in set(Outcome)


TRUE = "From September 4 through April 27 the bus visited 71 schools in 13 of Estonia's 15 counties [1]."
FALSE = "The bus visited 90 schools [1]."


def numbered(pipeline: Pipeline, reply: str) -> str:
    """The reply with [1] as the number under which the bus's paragraph is found."""
    hits = pipeline.search(BUS, Filters(), 8).hits
    number = next(n for n, hit in enumerate(hits, start=1) if hit.paragraph.citation == "07TALLINN412 ¶2")
    return reply.replace("[1]", f"[{number}]")


def test_a_models_sentence_that_the_paragraph_bears_out_is_shown(sample_pipeline: Pipeline) -> None:
    told = with_model(sample_pipeline, numbered(sample_pipeline, TRUE))
    answer = told.answer(Question(BUS))
    assert (answer.answerer, answer.outcome) == ("fake:told", Outcome.ANSWERED)
    assert answer.citations[0].paragraph.citation == "07TALLINN412 ¶2"
    assert answer.usage[0].model == "fake:told"


def test_where_every_draft_fails_the_cables_are_quoted_and_the_record_says_so(
    sample_pipeline: Pipeline,
) -> None:
    false = numbered(sample_pipeline, FALSE)
    answer = with_model(sample_pipeline, false, false).answer(Question(BUS))
    assert answer.answerer == "extractive"
    assert "90" not in answer.text
    assert len(answer.removed) == 2
    assert any("failed its check" in note for note in answer.notes)


def test_a_second_draft_that_stands_is_taken(sample_pipeline: Pipeline) -> None:
    told = with_model(sample_pipeline, numbered(sample_pipeline, FALSE), numbered(sample_pipeline, TRUE))
    answer = told.answer(Question(BUS))
    assert (answer.answerer, len(answer.sentences)) == ("fake:told", 1)
    assert answer.outcome is Outcome.PARTIAL


def test_drop_takes_out_what_fails_and_keeps_the_rest(sample_pipeline: Pipeline) -> None:
    told = with_model(sample_pipeline, numbered(sample_pipeline, f"{TRUE} {FALSE}"))
    answer = told.answer(Question(BUS, policy=Policy.DROP))
    assert len(answer.sentences) == 1
    assert [removed.verdict for removed in answer.removed] == ["contradicted"]


def test_abstain_shows_nothing_unless_all_stands(sample_pipeline: Pipeline) -> None:
    told = with_model(sample_pipeline, numbered(sample_pipeline, f"{TRUE} {FALSE}"))
    events = list(told.stream(Question(BUS, policy=Policy.ABSTAIN)))
    assert not any(isinstance(event, SentenceReady) for event in events)
    last = events[-1]
    assert isinstance(last, AnswerReady)
    assert (last.answer.outcome, last.answer.sentences) == (Outcome.NOT_IN_CORPUS, ())


def test_a_models_refusal_is_an_abstention(sample_pipeline: Pipeline) -> None:
    answer = with_model(sample_pipeline, "NOT IN THE PASSAGES").answer(Question(BUS))
    assert answer.outcome is Outcome.NOT_IN_CORPUS


def test_the_same_question_gets_the_same_answer(sample_pipeline: Pipeline) -> None:
    first, second = (sample_pipeline.answer(Question(BUS)) for _ in range(2))
    same = {"answer_id": "", "timings_ms": {}, "created_at": first.created_at}
    assert replace(first, **same) == replace(second, **same)  # type: ignore[arg-type]


def test_the_langchain_retriever_gives_documents_that_name_their_paragraph(sample_pipeline: Pipeline) -> None:
    retriever = CableRetriever(search_engine=HybridSearch(sample_pipeline.collection), k=3)
    documents = retriever.invoke(BUS)
    assert len(documents) == 3
    assert documents[0].metadata["label"] == documents[0].id
