"""The whole way of a question over the sample: real encoder, indexes, reader and checker."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from rag.errors import ModelUnavailable, UsageError
from rag.finding.retrieve import CableRetriever, HybridSearch
from rag.llm.answerer import LLMAnswerer, LLMSettings
from rag.pipeline import Limits, Pipeline
from rag.record import AnswerRecord
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
from rag.types import Turn as Said
from tests.fake_models import BadRequest, Pause, Reply, told

BUS = "How many schools had the Ask Twice bus visited between September and April 2007 in Estonia?"


def with_model(pipeline: Pipeline, *replies: Reply) -> Pipeline:
    """The same pipeline with a chat model that says what it is told, one reply a call."""
    settings = LLMSettings(retry_pause_s=0.0, timeout_s=0.5)
    llm = LLMAnswerer(told(*replies), "told:one", settings)
    return Pipeline(
        collection=pipeline.collection,
        search=HybridSearch(pipeline.collection),
        extractive=pipeline._extractive,
        llm=llm,
        verifier=pipeline.verifier,
        limits=Limits(4000, timedelta(days=1)),
        rewriter=llm.rewriter(),
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


SCHOOLS = "[07TALLINN412 ¶2]"
TRUE = (
    f"From September 4 through April 27 the bus visited 71 schools in 13 of Estonia's 15 counties {SCHOOLS}."
)
FALSE = f"The bus visited 90 schools {SCHOOLS}."


def test_a_models_sentence_that_the_paragraph_bears_out_is_shown(sample_pipeline: Pipeline) -> None:
    told = with_model(sample_pipeline, TRUE)
    answer = told.answer(Question(BUS))
    assert (answer.answerer, answer.outcome) == ("told:one", Outcome.ANSWERED)
    assert answer.citations[0].paragraph.citation == "07TALLINN412 ¶2"
    assert answer.usage[0].model == "told:one"


def test_where_every_draft_fails_the_cables_are_quoted_and_the_record_says_so(
    sample_pipeline: Pipeline,
) -> None:
    answer = with_model(sample_pipeline, FALSE, FALSE).answer(Question(BUS))
    assert answer.answerer == "extractive"
    assert "90" not in answer.text
    assert len(answer.removed) == 2
    assert any("failed its check" in note for note in answer.notes)


def test_a_second_draft_that_stands_is_taken(sample_pipeline: Pipeline) -> None:
    told = with_model(sample_pipeline, FALSE, TRUE)
    answer = told.answer(Question(BUS))
    assert (answer.answerer, len(answer.sentences)) == ("told:one", 1)
    assert (answer.outcome, len(answer.removed)) == (Outcome.ANSWERED, 1)


def test_drop_takes_out_what_fails_and_keeps_the_rest(sample_pipeline: Pipeline) -> None:
    told = with_model(sample_pipeline, f"{TRUE} {FALSE}")
    answer = told.answer(Question(BUS, policy=Policy.DROP))
    assert len(answer.sentences) == 1
    assert [removed.verdict for removed in answer.removed] == ["contradicted"]


def test_abstain_shows_nothing_unless_all_stands(sample_pipeline: Pipeline) -> None:
    told = with_model(sample_pipeline, f"{TRUE} {FALSE}")
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


def test_a_sentence_that_failed_is_asked_for_again_and_what_stood_is_not_said_twice(
    sample_pipeline: Pipeline,
) -> None:
    other = "The embassy's bus visited 13 of 15 counties " + SCHOOLS
    answer = with_model(sample_pipeline, f"{TRUE} {FALSE}", f"{TRUE} {other}.").answer(Question(BUS))
    assert [s.text.count("71 schools") for s in answer.sentences].count(1) == 1
    assert len(answer.removed) == 1


# What a model can do wrong: a typed end, the ledger kept, and nothing shown that was not checked.

FRENCH = f"Le bus a parcouru soixante et onze écoles dans treize comtés du pays {SCHOOLS}."
EARLIER = "The bus visited 71 schools in 13 counties [1]."


def shown(pipeline: Pipeline, question: Question) -> tuple[list[SentenceReady], AnswerReady | None]:
    """The sentences that were streamed, and the answer if there is one."""
    sentences: list[SentenceReady] = []
    last: AnswerReady | None = None
    try:
        for event in pipeline.stream(question):
            if isinstance(event, SentenceReady):
                sentences.append(event)
            elif isinstance(event, AnswerReady):
                last = event
    except ModelUnavailable:
        return sentences, None
    return sentences, last


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize(
    "reply",
    [
        [Pause(2.0)],
        [ConnectionResetError("reset")],
        [TRUE[:-1].replace(SCHOOLS, "")[:40], ConnectionResetError("reset")],
    ],
    ids=["time-out", "reset", "died in the first sentence"],
)
def test_a_model_that_fails_is_an_error_whose_turn_is_in_the_ledger(
    sample_pipeline: Pipeline, reply: Reply, policy: Policy
) -> None:
    with pytest.raises(ModelUnavailable) as raised:
        with_model(sample_pipeline, reply).answer(Question(BUS, policy=policy))
    stored = sample_pipeline.collection.store.find_answer(str(raised.value.detail["answer_id"]))
    assert stored is not None
    record = AnswerRecord.model_validate_json(stored)
    assert (record.outcome, record.text, record.sentences) == (Outcome.FAILED, "", ())
    assert record.failure == raised.value.message
    assert record.evidence
    assert all(usage.failure and usage.prompt_sha256 for usage in record.usage)


def test_a_model_that_dies_behind_a_sentence_leaves_an_answer_in_part(sample_pipeline: Pipeline) -> None:
    cut = with_model(sample_pipeline, [TRUE, " The bus wa", ConnectionResetError("reset")])
    sentences, last = shown(cut, Question(BUS))
    assert last is not None
    assert [s.sentence for s in sentences] == list(last.answer.sentences)
    assert (len(sentences), last.answer.outcome) == (1, Outcome.PARTIAL)
    assert any("not complete" in note for note in last.answer.notes)
    assert last.answer.usage[-1].failure is not None
    withheld = cut.answer(Question(BUS, policy=Policy.ABSTAIN))
    assert (withheld.outcome, withheld.sentences) == (Outcome.NOT_IN_CORPUS, ())


@pytest.mark.parametrize("reply", [FRENCH, EARLIER], ids=["another language", "an earlier turn's paragraph"])
def test_what_cannot_be_checked_is_not_shown(sample_pipeline: Pipeline, reply: str) -> None:
    told_so = with_model(sample_pipeline, reply)
    repaired = told_so.answer(Question(BUS))
    assert (repaired.answerer, repaired.outcome) == ("extractive", Outcome.ANSWERED)
    assert len(repaired.removed) >= 2
    dropped = told_so.answer(Question(BUS, policy=Policy.DROP))
    assert (dropped.outcome, dropped.sentences) == (Outcome.NOT_IN_CORPUS, ())
    assert dropped.removed[-1].verdict in {"not_found", "uncited", "partial", "contradicted"}
    assert "Not in this collection" not in dropped.text


def test_a_model_that_returns_nothing_is_not_the_collections_silence(sample_pipeline: Pipeline) -> None:
    told_so = with_model(sample_pipeline, " ")
    repaired = told_so.answer(Question(BUS))
    assert (repaired.answerer, repaired.outcome) == ("extractive", Outcome.ANSWERED)
    assert any("wrote nothing" in note for note in repaired.notes)
    dropped = told_so.answer(Question(BUS, policy=Policy.DROP))
    assert "Not in this collection" not in dropped.text


def test_an_abstention_says_what_was_searched(sample_pipeline: Pipeline) -> None:
    lusaka = Filters(origins=("Embassy Lusaka",))
    answer = sample_pipeline.answer(Question("Who won the 2008 election in Kazakhstan?", filters=lusaka))
    assert answer.outcome is Outcome.NOT_IN_CORPUS
    assert answer.absence is not None
    counts = sample_pipeline.collection.store.counts()
    assert (answer.absence.cables, answer.absence.hits) == (8, len(answer.evidence))
    assert 0 < answer.absence.paragraphs < counts.paragraphs
    assert "8 cables (Embassy Lusaka)" in answer.text


TALK = (Said("What did the Ask Twice bus do in Estonia?", "It visited schools in the spring of 2007 [1]."),)


def test_a_model_makes_a_follow_up_stand_alone_and_the_record_says_so(sample_pipeline: Pipeline) -> None:
    alone = "How many schools had the Ask Twice bus visited?"
    pipeline = with_model(sample_pipeline, alone, "It had visited 71 schools [07TALLINN412 ¶2].")
    record = AnswerRecord.of(pipeline.answer(Question("How many of them?", history=TALK)))
    assert record.understood is not None
    assert (record.standalone_question, record.understood.standalone_by) == (alone, "told:one")
    assert [call.form for call in record.usage] == ["rewriting", "markers"]
    # What was said before is no evidence: everything cited is a paragraph of the collection. The other cable
    # gives a later count of visits, which is set beside the model's.
    assert record.citations[0].cable_id == "07TALLINN412"
    assert {citation.cable_id for citation in record.citations} <= {"07TALLINN412", "08TALLINN55"}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("  ", "no question of one line"),
        ("word " * 200, "no question of one line"),
        ("Bananas!", "shares no word"),
        ("How many of them?", "added nothing"),
        ("How many of the schools in Atlantis?", "Atlantis"),
        ("How many of the 417 schools?", "417"),
        ([Pause(3.0), "How many of the schools?"], "TimeoutError"),
        ([BadRequest(400)], "status 400"),
    ],
)
def test_where_a_model_cannot_rewrite_a_follow_up_the_rules_do(
    sample_pipeline: Pipeline, reply: Reply, reason: str
) -> None:
    pipeline = with_model(sample_pipeline, reply, "NOT IN THE PASSAGES")
    answer = pipeline.answer(Question("How many of them?", history=TALK))
    assert answer.standalone_question.startswith("How many of them? What did the Ask Twice bus do")
    assert answer.query is not None and answer.query.standalone_by == "rules"
    (note,) = (note for note in answer.notes if "stand alone by rule" in note)
    assert reason in note


@pytest.mark.parametrize(("text", "mode"), [(BUS, Mode.AUTO), ("How many of them?", Mode.EXTRACTIVE)])
def test_no_model_is_asked_to_rewrite_without_need(sample_pipeline: Pipeline, text: str, mode: Mode) -> None:
    answer = with_model(sample_pipeline, "NOT IN THE PASSAGES").answer(Question(text, TALK, mode=mode))
    assert all(call.form != "rewriting" for call in answer.usage)
