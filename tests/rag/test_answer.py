"""The extractive answerer over a reader that is told what to find."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.answer import Confidence, ExtractiveAnswerer, Refusal, Rejected, Remark
from rag.answering.gate import Gate
from rag.answering.selection import SelectionSettings, answering_sentences
from rag.asking.compound import question_parts
from rag.asking.followups import RULES
from rag.models.logits import sigmoid
from rag.models.reader import Reading, ReadSentence
from rag.text.citations import split_sentences
from rag.types import DraftSentence, Filters, Kind, Passage, Query, Quote, Span
from tests.made import passages

QUERY = Query("How many?", "How many?", Filters())
FIRST = "The union met in May. Printers made 80,000 flyers. Nobody objected."


class ToldReader:
    """Finds in each passage the words it was told, with the confidence it was told."""

    name = "told"

    def __init__(self, *told: tuple[float, str]) -> None:
        self._told = told

    def read(self, question: str, read: Sequence[Passage]) -> list[Reading]:
        readings = []
        for passage, (confidence, words) in zip(read, self._told, strict=True):
            start = passage.text.index(words)
            end = start + len(words)
            sentences = tuple(
                ReadSentence(span, float(span.start < end and span.end > start))
                for span in split_sentences(passage.text) or [Span(0, len(passage.text))]
            )
            readings.append(Reading(passage.number, confidence, sentences))
        return readings


def drafted(reader: ToldReader, *texts: str, rejected: tuple[Rejected, ...] = ()) -> list[object]:
    answerer = ExtractiveAnswerer(reader, SelectionSettings(0.5, retrieval_weight=0, margin=0.2, passages=2))
    return list(answerer.draft(QUERY, list(passages(*texts).values()), rejected))


def test_the_sentence_that_answers_is_quoted_with_its_offsets() -> None:
    start = FIRST.index("Printers made")
    assert drafted(ToldReader((0.5, "80,000")), FIRST) == [
        Confidence(0.5),
        DraftSentence("Printers made 80,000 flyers.", (Quote(1, start, start + 28),)),
    ]


def test_below_the_threshold_it_refuses_and_says_how_sure_it_was() -> None:
    *_, last = drafted(ToldReader((0.3, "80,000")), FIRST)
    assert isinstance(last, Refusal)
    assert "0.30" in last.reason


def test_without_passages_it_refuses() -> None:
    assert [type(item) for item in drafted(ToldReader())] == [Refusal]


def test_a_second_passage_speaks_only_when_nearly_as_sure() -> None:
    both = drafted(ToldReader((0.7, "80,000"), (0.8, "90")), FIRST, "In June 90 more came.")
    assert [s.quotes[0].passage for s in both if isinstance(s, DraftSentence)] == [2, 1]
    one = drafted(ToldReader((0.55, "80,000"), (0.8, "90")), FIRST, "In June 90 more came.")
    assert [s.quotes[0].passage for s in one if isinstance(s, DraftSentence)] == [2]


def test_an_answer_across_two_sentences_quotes_both() -> None:
    found = drafted(ToldReader((0.9, "80,000 flyers. Nobody")), FIRST)
    assert [s.text for s in found if isinstance(s, DraftSentence)] == [
        "Printers made 80,000 flyers.",
        "Nobody objected.",
    ]


def test_a_sentence_that_was_refused_is_not_said_again() -> None:
    found = drafted(
        ToldReader((0.9, "80,000")), FIRST, rejected=(Rejected("Printers made 80,000 flyers.", "no"),)
    )
    assert not any(isinstance(item, DraftSentence) for item in found)


@given(st.text(min_size=1, max_size=200), st.data())
def test_what_it_says_stands_verbatim_in_the_passage(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    words = text[start : data.draw(st.integers(start + 1, len(text)))]
    for item in drafted(ToldReader((0.9, words)), text):
        if isinstance(item, DraftSentence):
            (quote,) = item.quotes
            assert quote.start is not None
            assert item.text == " ".join(text[quote.start : quote.end].split())


def test_a_sentence_that_leans_on_the_one_before_takes_it_along() -> None:
    found = drafted(ToldReader((0.9, "80,000")), "The union met in May. They printed 80,000 flyers.")
    assert [s.text for s in found if isinstance(s, DraftSentence)] == [
        "The union met in May.",
        "They printed 80,000 flyers.",
    ]


class PartReader:
    """Sure of a passage where it holds the last word of the question."""

    name = "parts"

    def read(self, question: str, read: Sequence[Passage]) -> list[Reading]:
        word = question.rstrip("?").split()[-1]
        return [
            Reading(p.number, 0.9 if word in p.text else 0.1, (ReadSentence(Span(0, len(p.text)), 1.0),))
            for p in read
        ]


def test_each_part_of_a_question_is_answered() -> None:
    asked = "How many barges passed in April, and which minister closed the harbor?"
    settings = SelectionSettings(0.5, retrieval_weight=0, margin=0.1, passages=1)
    answerer = ExtractiveAnswerer(PartReader(), settings)
    texts = ("In April 212 barges passed.", "Minister Kask closed the harbor.")
    parts = tuple(Query(part, part, Filters()) for part in question_parts(asked))
    found = answerer.draft(Query(asked, asked, Filters(), parts=parts), list(passages(*texts).values()))
    assert {s.text for s in found if isinstance(s, DraftSentence)} == set(texts)


@pytest.mark.parametrize(("sure", "quoted"), [(0.6, ["2", "1"]), (0.3, ["1"])])
def test_with_a_summary_its_body_is_quoted_first_where_it_says_the_same(
    sure: float, quoted: list[str]
) -> None:
    given = passages("Summary: 212 barges passed.", "In April 212 barges passed.", "Nobody objected.")
    hit = given[1].hit
    summary = replace(given[1], hit=replace(hit, paragraph=replace(hit.paragraph, kind=Kind.SUMMARY)))
    told = ToldReader((0.7, "212"), (sure, "212"), (0.1, "Nobody"))
    settings = SelectionSettings(0.5, retrieval_weight=0, body_margin=0.15)
    found = ExtractiveAnswerer(told, settings).draft(QUERY, [summary, given[2], given[3]])
    cited = [str(quote.passage) for s in found if isinstance(s, DraftSentence) for quote in s.quotes]
    assert cited == quoted


def test_a_follow_up_is_answered_where_its_own_words_are() -> None:
    asked = "Who closed the harbor?"
    query = Query(asked, f"{asked} How many barges passed in April?", Filters(), standalone_by=RULES)
    answerer = ExtractiveAnswerer(PartReader(), SelectionSettings(0.5, retrieval_weight=0, passages=1))
    given = passages("In April 212 barges passed.", "Minister Kask closed the harbor.")
    found = list(answerer.draft(query, list(given.values())))
    assert [s.text for s in found if isinstance(s, DraftSentence)] == ["Minister Kask closed the harbor."]


@pytest.mark.parametrize("mark", ["END SUMMARY.", "Summary.", "COMMENT:", "END OF TEXT.", "UNQUOTE."])
def test_a_mark_of_a_part_is_not_quoted(mark: str) -> None:
    text = f"212 barges passed. {mark}"
    spans = [Span(0, 18), Span(19, len(text))]
    quoted = answering_sentences(text, [ReadSentence(span, 0.9) for span in spans], SelectionSettings())
    assert quoted == spans[:1]


def test_a_paragraph_that_is_only_a_mark_gives_way_to_the_next_or_is_refused() -> None:
    assert [
        s.text
        for s in drafted(ToldReader((0.9, "212")), "END SUMMARY.", "212 barges passed.")
        if isinstance(s, DraftSentence)
    ] == ["212 barges passed."]
    assert any(isinstance(s, Refusal) for s in drafted(ToldReader(), "END SUMMARY.", "COMMENT:"))


def test_a_part_that_nothing_answers_is_said_to_be_open() -> None:
    asked = "How many barges passed in April, and which minister closed the harbor?"
    parts = tuple(Query(part, part, Filters()) for part in question_parts(asked))
    answerer = ExtractiveAnswerer(PartReader(), SelectionSettings(0.5, retrieval_weight=0, passages=1))
    found = list(
        answerer.draft(
            Query(asked, asked, Filters(), parts=parts),
            list(passages("In April 212 barges passed.").values()),
        )
    )
    assert [s.text for s in found if isinstance(s, DraftSentence)] == ["In April 212 barges passed."]
    assert [s.text for s in found if isinstance(s, Remark)] == [
        "No paragraph was found that surely answers this part: “which minister closed the harbor?”"
    ]


def test_a_passage_that_was_found_first_needs_less_confidence() -> None:
    gate = Gate(reader=1.0, retrieval=2.0, bias=0.0)
    answerer = ExtractiveAnswerer(ToldReader((0.2, "80,000")), SelectionSettings(threshold=0.5), gate)
    (confidence, *drafted_sentences) = answerer.draft(QUERY, list(passages(FIRST).values()))
    assert isinstance(confidence, Confidence)
    # The odds of 0.2, and a score of 1.
    assert abs(confidence.value - sigmoid(math.log(0.2 / 0.8) + 2.0)) < 1e-9
    assert drafted_sentences
