"""Rules and a model together: who decides what."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag.types import DraftSentence, Quote, SentenceCheck, Verdict
from rag.verifying.entailing import EntailmentVerifier
from rag.verifying.entailment import Entailed, Pair
from rag.verifying.verify import DeterministicVerifier
from rag.verifying.weighing import AT_ITS_WORD
from tests.made import passages

HARBOR = (
    "On March 10 the Harbor Union printed 80,000 flyers in Tallow Bay. Minister Brandt told the council that "
    "the ferry would not sail before winter, because its engine had been sold to a scrapyard in May."
)
COUNCIL = "The council met twice in June. It put off the vote on the harbor dues."
PASSAGES = passages(HARBOR, COUNCIL)


class Opinion:
    """An entailment model of one opinion, which remembers what it was asked."""

    name = "opinion"

    def __init__(self, supported: bool, words: str = "") -> None:
        self.judged = Entailed(5.0 if supported else -5.0, 0.0, (1.0,), words)
        self.asked: list[Pair] = []

    def judge(self, pairs: Sequence[Pair]) -> list[Entailed]:
        self.asked += pairs
        return [self.judged for _ in pairs]


def check(text: str, model: Opinion, *numbers: int) -> SentenceCheck:
    quotes = tuple(Quote(number) for number in numbers)
    return EntailmentVerifier(model, AT_ITS_WORD).check(DraftSentence(text, quotes), PASSAGES)


@pytest.mark.parametrize(
    "text",
    [
        "On March 10 the Harbor Union printed 80,000 flyers in Tallow Bay.",
        'The embassy wrote: "the Harbor Union printed 80,000 flyers in Tallow Bay."',
        "The embassy reported that the Harbor Union printed 80,000 flyers in Tallow Bay.",
    ],
)
def test_the_paragraphs_own_words_need_no_model(text: str) -> None:
    model = Opinion(supported=False)
    assert check(text, model, 1).verdict is Verdict.SUPPORTED
    assert model.asked == []


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The Harbor Union printed 90,000 flyers.", Verdict.CONTRADICTED),
        ("Minister Brandt told the council that the ferry would sail before winter.", Verdict.CONTRADICTED),
        ("The Harbor Union of Lindqvist printed flyers in Tallow Bay.", Verdict.NOT_FOUND),
        ('Brandt said that "the ferry would never sail".', Verdict.NOT_FOUND),
    ],
)
def test_no_model_overrules_a_number_a_negation_a_name_or_a_quotation(text: str, verdict: Verdict) -> None:
    result = check(text, Opinion(supported=True), 1)
    assert result.verdict is verdict
    assert result == DeterministicVerifier().check(DraftSentence(text, (Quote(1),)), PASSAGES)


def test_what_the_words_alone_turn_away_may_stand_in_other_words() -> None:
    text = "Brandt announced the vessel's motor had gone for scrap, so travellers must wait till spring."
    assert DeterministicVerifier().check(DraftSentence(text, (Quote(1),)), PASSAGES).verdict in {
        Verdict.PARTIAL,
        Verdict.NOT_FOUND,
    }
    result = check(text, Opinion(supported=True), 1)
    assert result.verdict is Verdict.SUPPORTED
    assert result.reason == "the paragraph says this in other words"
    (citation,) = result.citations
    assert "engine" in HARBOR[citation.start : citation.end]


def test_what_has_the_words_but_is_not_borne_out_says_which_word_is_in_doubt() -> None:
    text = "Minister Brandt told the council the ferry engine had been sold to Tallow Bay's scrapyard in May."
    assert DeterministicVerifier().check(DraftSentence(text, (Quote(1),)), PASSAGES).verdict is (
        Verdict.SUPPORTED
    )
    result = check(text, Opinion(supported=False, words="scrapyard"), 1)
    assert result.verdict is Verdict.NOT_FOUND
    assert "does not bear the sentence out" in result.reason
    assert '"scrapyard"' in result.reason


def test_paragraphs_cited_together_are_read_together() -> None:
    text = "Brandt told the council, which postponed voting on dues, that the ferry engine had gone."
    model = Opinion(supported=True)
    assert check(text, model, 1, 2).verdict is Verdict.SUPPORTED
    assert any(HARBOR in pair.evidence or COUNCIL in pair.evidence for pair in model.asked)
    refused = Opinion(supported=False)
    assert check(text, refused, 1, 2).verdict is not Verdict.SUPPORTED
    assert any(HARBOR in pair.evidence and COUNCIL in pair.evidence for pair in refused.asked)


def test_the_model_is_told_what_the_header_makes_known() -> None:
    model = Opinion(supported=True)
    check("Travellers wait because the motor of the ferry went for scrap.", model, 1)
    assert [pair.context for pair in model.asked] == ["Embassy Astana. 21 July 2009. A CAMPAIGN ENDS"]


def test_a_sentence_without_citation_is_not_sent_to_the_model() -> None:
    model = Opinion(supported=True)
    assert check("The ferry sank.", model).verdict is Verdict.UNCITED
    assert check("The ferry sank.", model, 9).verdict is Verdict.NOT_FOUND
    assert model.asked == []


def test_what_neither_the_words_nor_the_model_bear_out_is_not_shown_as_partly_supported() -> None:
    text = "Brandt told the council that the ferry would carry sugar, timber and settlers."
    by_rules = DeterministicVerifier().check(DraftSentence(text, (Quote(1),)), PASSAGES)
    assert by_rules.verdict is Verdict.PARTIAL
    result = check(text, Opinion(supported=False, words="timber"), 1)
    assert result.verdict is Verdict.NOT_FOUND
    assert [c.verdict for c in result.citations] == [Verdict.NOT_FOUND]
    assert "timber" in result.reason


def test_a_clause_of_ones_own_needs_a_model_that_is_sure() -> None:
    text = "Brandt told the council that the ferry would carry sugar, timber and settlers."
    unsure = Opinion(supported=True)
    unsure.judged = Entailed(0.3, 0.0, (1.0,), "timber")
    assert check(text, unsure, 1).verdict is Verdict.NOT_FOUND
    assert check(text, Opinion(supported=True), 1).verdict is Verdict.SUPPORTED


def test_a_part_of_a_sentence_is_shown_as_a_part_where_another_paragraph_has_the_rest() -> None:
    text = (
        "Brandt told the council that the ferry would not sail, and it put off the vote on the harbor dues."
    )
    result = check(text, Opinion(supported=True), 1, 2)
    assert result.verdict is Verdict.SUPPORTED
