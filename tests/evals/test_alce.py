"""ALCE's citation recall and precision, worked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from evals.alce import Alce, alce
from evals.observations import Cited, Observation, Said
from evals.subjects import PipelineSubject
from rag.types import Question
from tests.evals.book import BookPipeline, made_book


def cited(label: str) -> Cited:
    return Cited("05ARDEN1", label, "words", 0, 5, "supported", "words")


def answered(*sentences: Said, citations: Sequence[Cited]) -> Observation:
    book, questions = made_book()
    seen = PipelineSubject(BookPipeline(book), book).observe(Question(questions.samples[0].question))
    return replace(seen, sentences=sentences, citations=tuple(citations))


def test_one_citation_stands_or_falls_with_its_sentence() -> None:
    seen = answered(
        Said("One.", (0,), "supported", ""),
        Said("Two.", (1,), "partial", ""),
        Said("Three.", (), "uncited", ""),
        citations=[cited("1"), cited("2")],
    )

    def never(sentence: str, given: Sequence[Cited]) -> bool:
        raise AssertionError("nothing has to be asked")

    assert alce(seen, never) == Alce(recall=1 / 3, precision=1 / 2)


@pytest.mark.parametrize(
    ("alone", "without", "needed"),
    [
        ({"1"}, {"1"}, 1 / 2),  # ¶1 says it all: ¶2 is beside the point
        (set(), set(), 1.0),  # only together
        ({"1", "2"}, {"1", "2"}, 1.0),  # either would do: neither is beside the point
        (set(), {"1"}, 1 / 2),  # ¶2 gone, ¶1 still bears it out
    ],
)
def test_a_citation_is_needed_where_it_bears_out_or_the_rest_does_not(
    alone: set[str], without: set[str], needed: float
) -> None:
    seen = answered(Said("Both.", (0, 1), "supported", ""), citations=[cited("1"), cited("2")])
    asked: list[str] = []

    def bears_out(sentence: str, given: Sequence[Cited]) -> bool:
        (one,) = given
        asked.append(one.paragraph)
        # For each citation the first call is it alone, the second the others without it.
        return one.paragraph in (alone if len(asked) % 2 or alone else without)

    found = alce(seen, bears_out)
    assert found.recall == 1.0
    assert found.precision == pytest.approx(needed)


def test_a_paragraph_cited_twice_is_one_citation() -> None:
    seen = answered(Said("Twice.", (0, 1), "supported", ""), citations=[cited("1"), cited("1")])
    assert alce(seen, lambda sentence, given: False) == Alce(1.0, 1.0)


def test_no_sentences_are_unscored() -> None:
    assert alce(answered(citations=[]), lambda sentence, given: True) == Alce(None, None)


def test_the_pipeline_s_verifier_is_asked_with_whole_paragraphs() -> None:
    book, questions = made_book()
    subject = PipelineSubject(BookPipeline(book), book)
    seen = subject.observe(Question(questions.samples[0].question))
    text = seen.plain_text
    other = replace(seen.citations[0], paragraph="2")
    assert subject.bears_out(text, seen.citations)
    assert not subject.bears_out(text, [other])
    assert not subject.bears_out(text, [replace(seen.citations[0], cable="05NOWHERE1")])
