"""The project's own entailment model, as it is shipped."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import pytest

from rag.bootstrap import build_verifier
from rag.types import DatePrecision, DraftSentence, Kind, Quote, Verdict
from rag.verifying.entailment import WEIGHTS, MiniLMEntailment, Pair, context_of, load_minilm_entailment
from rag.verifying.weighing import FEATURES, load_weigher
from tests.made import header, paragraph, passages

PARAGRAPH = (
    "Minister Brandt told the council that the ferry would not sail before winter, because its engine had "
    "been sold to a scrapyard in May. He blamed the previous board, which had left no money for repairs."
)


@pytest.fixture(scope="module")
def model() -> MiniLMEntailment:
    return load_minilm_entailment()


def test_the_weights_are_small() -> None:
    assert 1_000_000 < len((files("rag") / "data" / WEIGHTS).read_bytes()) < 25_000_000


def test_a_paraphrase_is_more_likely_than_what_is_about_something_else(model: MiniLMEntailment) -> None:
    true, false = model.judge(
        [
            Pair("Brandt informed councillors that the ferry could not run until winter.", "", PARAGRAPH),
            Pair("Cod prices doubled after the northern fleet was laid up.", "", PARAGRAPH),
        ]
    )
    assert true.supported > false.supported + 1


def test_a_pair_is_judged_alike_alone_and_among_others(model: MiniLMEntailment) -> None:
    pairs = [
        Pair("The engine was sold in May.", "", PARAGRAPH),
        Pair("Ferry.", "Embassy Tallinn. 21 July 2009", "Short."),
        Pair("The board was blamed by the minister.", "", f"{PARAGRAPH} " * 20),
        Pair("", "", ""),
    ]
    together = model.judge(pairs)
    for pair, among in zip(pairs, together, strict=True):
        (alone,) = model.judge([pair])
        assert alone.supported == pytest.approx(among.supported, abs=0.15)
    assert model.judge([]) == []


def test_a_doubtful_word_is_a_word_of_the_sentence(model: MiniLMEntailment) -> None:
    sentence = "The engine was sold to a shipyard in May."
    (judged,) = model.judge([Pair(sentence, "", PARAGRAPH)])
    assert judged.words in sentence
    assert list(judged.doubts) == sorted(judged.doubts, reverse=True)


def test_the_context_names_post_date_and_subject() -> None:
    dated = replace(header(), date_precision=DatePrecision.MONTH)
    comment = replace(paragraph("Doubtful."), kind=Kind.COMMENT)
    assert context_of(dated, comment) == "Embassy Astana. July 2009. A CAMPAIGN ENDS. comment"
    unknown = replace(header(), origin=None, subject=None, date_from=None)
    assert context_of(unknown, paragraph("Doubtful.")) == ""


def test_the_weigher_is_fitted_for_every_feature() -> None:
    weigher = load_weigher()
    assert len(weigher.weights) == len(FEATURES)
    assert 0 < weigher.keep <= weigher.lift < 1
    assert weigher.weights[FEATURES.index("supported")] > 0


def test_the_default_verifier_knows_true_from_false() -> None:
    verifier = build_verifier("packaged")
    shown = passages(PARAGRAPH)

    def verdict(text: str) -> Verdict:
        return verifier.check(DraftSentence(text, (Quote(1),)), shown).verdict

    assert verdict("Minister Brandt told the council that the ferry would not sail before winter.") is (
        Verdict.SUPPORTED
    )
    assert verdict("Minister Brandt told the council that the ferry would sail before winter.") is (
        Verdict.CONTRADICTED
    )
    assert verdict("The northern fleet was laid up because cod prices had fallen by half.") is not (
        Verdict.SUPPORTED
    )
