"""Questions that ask only what a named place says, and what they are shown."""

from __future__ import annotations

from datetime import date

import pytest

from rag.asking.understand import understand
from rag.pipeline import Pipeline
from rag.types import Kind, Outcome, ParagraphRef, Question, Verdict, Wanted
from tests.rag.archives import ListedArchive

ARCHIVE = ListedArchive(
    ("09ASTANA1206",),
    titles={"harbor fees rise": "09ASTANA1206"},
    sent={("Embassy Astana", date(2009, 7, 21)): ("09ASTANA1206",)},
)
WHOLE, NINTH = ParagraphRef("09ASTANA1206", None), ParagraphRef("09ASTANA1206", "9")


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What does 09ASTANA1206 para 9 say?", NINTH),
        ("09ASTANA1206 ¶9", NINTH),
        ("Please show me the full text of paragraph 9 of Astana 1206.", NINTH),
        ("Summarise cable 09ASTANA1206", WHOLE),
        ("What is 09ASTANA1206 about?", WHOLE),
        ("What does the cable “Harbor fees rise” report?", WHOLE),
        ("What did reftel A of 09ASTANA1206 say?", WHOLE),
        ("What did Embassy Astana report on 21 July 2009?", WHOLE),
        ("What does cable 09ASTANA9999 report?", None),
    ],
)
def test_a_wish_to_be_shown_a_named_place(question: str, named: ParagraphRef | None) -> None:
    query = understand(Question(question), ARCHIVE)
    assert (query.wanted, query.named) == (Wanted.CONTENT, () if named is None else (named,))


@pytest.mark.parametrize(
    "question",
    [
        "What does 09ASTANA1206 say about flyers?",
        "Who signed 09ASTANA1206?",
        "When was 09ASTANA1206 sent?",
        "How many brothels does paragraph 9 of 09ASTANA1206 report?",
        "What did Embassy Astana report on the strike on 21 July 2009?",
        "What did Embassy Astana report on 22 July 2009?",
        "How many cables mention 09ASTANA1206?",
        "What does the embassy say?",
    ],
)
def test_a_question_of_something_in_it_stays_a_question(question: str) -> None:
    assert understand(Question(question), ARCHIVE).wanted is Wanted.ANSWER


def test_a_named_paragraph_is_quoted_under_post_and_date(sample_pipeline: Pipeline) -> None:
    answer = sample_pipeline.answer(Question("What does para 4 of Tallinn 412 say?"))
    assert answer.outcome is Outcome.ANSWERED
    assert {c.paragraph.citation for c in answer.citations} == {"07TALLINN412 ¶4"}
    assert answer.text.startswith("Embassy Tallinn, 2007-")
    assert answer.citations[0].quote in answer.text
    assert {s.verdict for s in answer.sentences} == {Verdict.SUPPORTED}


def test_a_cable_is_shown_by_its_summary(sample_pipeline: Pipeline) -> None:
    answer = sample_pipeline.answer(Question("Summarise 07TALLINN412"))
    assert answer.outcome is Outcome.ANSWERED
    assert {c.paragraph.kind for c in answer.citations} == {Kind.SUMMARY}


@pytest.mark.parametrize(
    "question", ["What does paragraph 88 of 07TALLINN412 say?", "What does cable 07TALLINN999 report?"]
)
def test_what_is_not_there_is_not_replaced_by_what_is(sample_pipeline: Pipeline, question: str) -> None:
    answer = sample_pipeline.answer(Question(question))
    assert answer.outcome is Outcome.NOT_IN_CORPUS
    assert any("07TALLINN" in note for note in answer.notes)


def test_a_question_of_a_named_cable_is_answered_from_it_alone(sample_pipeline: Pipeline) -> None:
    asked = "How many schools had the Ask Twice bus visited according to 07TALLINN412?"
    answer = sample_pipeline.answer(Question(asked))
    assert "71" in answer.text
    assert {c.paragraph.cable_id for c in answer.citations} == {"07TALLINN412"}


def test_a_year_that_no_cable_is_of_is_not_answered_from_another(sample_pipeline: Pipeline) -> None:
    asked = "How many schools had the Ask Twice bus visited between September and April {} in Estonia?"
    assert sample_pipeline.answer(Question(asked.format(2007))).outcome is Outcome.ANSWERED
    wrong = sample_pipeline.answer(Question(asked.format(1994)))
    assert wrong.outcome is Outcome.NOT_IN_CORPUS
    assert any("year" in note for note in wrong.notes)


def test_quoted_words_are_shown_where_they_stand(sample_pipeline: Pipeline) -> None:
    shown = sample_pipeline.answer(Question("What does para 4 of Tallinn 412 say?"))
    words = " ".join(shown.citations[0].quote.split()[2:9])
    answer = sample_pipeline.answer(Question(f'Where does 07TALLINN412 say "{words}"?'))
    assert answer.outcome is Outcome.ANSWERED
    assert words in " ".join(answer.text.split())
    assert {c.paragraph.citation for c in answer.citations} == {"07TALLINN412 ¶4"}


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ('Who says "the ferry will not sail"?', Wanted.QUOTATION),
        ('Which cable has the words "the ferry will not sail"?', Wanted.QUOTATION),
        ('Why did the captain say that "the ferry will not sail"?', Wanted.ANSWER),
        ('Who said "no"?', Wanted.ANSWER),
    ],
)
def test_a_question_where_quoted_words_stand(question: str, wanted: Wanted) -> None:
    assert understand(Question(question), ARCHIVE).wanted is wanted


def test_what_a_count_is_of_is_shown_where_nothing_else_answers(sample_pipeline: Pipeline) -> None:
    answer = sample_pipeline.answer(Question("How many cables mention goats?"))
    assert answer.outcome is not Outcome.NOT_IN_CORPUS
    assert answer.text.startswith("1 cable mentions “goats”, in 1 paragraph; ")
    assert answer.citations and all("goat" in c.quote.lower() for c in answer.citations)


def test_a_count_of_nothing_stays_a_refusal(sample_pipeline: Pipeline) -> None:
    answer = sample_pipeline.answer(Question("How many cables mention zeppelins?"))
    assert answer.outcome is Outcome.NOT_IN_CORPUS and not answer.citations
