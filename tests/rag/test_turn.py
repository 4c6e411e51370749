"""Policies on checked sentences, and the invariants of the answer that is put together."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.answer import Rejected
from rag.answering.turn import FAILING, WITHHELD, Turn
from rag.record import AnswerRecord
from rag.types import (
    Absence,
    CitationCheck,
    DraftSentence,
    Filters,
    Outcome,
    Policy,
    Query,
    Question,
    Quote,
    SentenceCheck,
    SentenceReady,
    Verdict,
)
from tests.made import hit

TEXTS = (
    "The union printed 80,000 flyers [1] and handed them out.",
    "The minister denied it.",
    "Rain fell [12] in two provinces; 40 people left.",
)


def turn(policy: Policy) -> Turn:
    hits = tuple(hit(text, str(n)) for n, text in enumerate(TEXTS, start=1))
    return Turn(Question("How many?", policy=policy), Query("How many?", "How many?", Filters()), hits)


def checked(verdict: Verdict, *citations: CitationCheck) -> SentenceCheck:
    return SentenceCheck(verdict, f"it is {verdict}", citations)


def on(passage: int, verdict: Verdict) -> CitationCheck:
    text = TEXTS[passage - 1] if 1 <= passage <= len(TEXTS) else ""
    return CitationCheck(passage, 0, len(text), verdict, f"citation is {verdict}")


DRAFT = DraftSentence("The union printed 80,000 flyers.", (Quote(1),))


@pytest.mark.parametrize("verdict", sorted(FAILING))
@pytest.mark.parametrize("policy", [Policy.DROP, Policy.REPAIR, Policy.ABSTAIN])
def test_a_failing_sentence_is_removed_with_its_reason(policy: Policy, verdict: Verdict) -> None:
    one = turn(policy)
    assert isinstance(one.admit(DRAFT, checked(verdict, on(1, verdict))), Rejected)
    answer = one.answer("v", "s")
    assert answer.outcome is Outcome.NOT_IN_CORPUS
    assert answer.text == WITHHELD
    assert [(r.text, r.verdict) for r in answer.removed] == [(DRAFT.text, verdict)]


@pytest.mark.parametrize("verdict", sorted(FAILING))
def test_annotate_shows_a_failing_sentence_with_its_verdict(verdict: Verdict) -> None:
    one = turn(Policy.ANNOTATE)
    shown = one.admit(DRAFT, checked(verdict, on(1, verdict)))
    assert isinstance(shown, SentenceReady)
    assert shown.sentence.verdict is verdict
    assert one.answer("v", "s").outcome is Outcome.PARTIAL


def test_a_failing_citation_of_a_standing_sentence_is_listed_not_dropped_silently() -> None:
    one = turn(Policy.REPAIR)
    shown = one.admit(DRAFT, checked(Verdict.SUPPORTED, on(1, Verdict.SUPPORTED), on(2, Verdict.NOT_FOUND)))
    assert isinstance(shown, SentenceReady)
    assert [c.paragraph.label for c in shown.new_citations] == ["1"]
    assert len(one.removed) == 1
    assert "¶2" in one.removed[0].text


def test_an_unknown_marker_is_listed() -> None:
    one = turn(Policy.REPAIR)
    one.admit(
        DraftSentence("It rained.", (Quote(3),), ("[9]",)),
        checked(Verdict.SUPPORTED, on(3, Verdict.SUPPORTED)),
    )
    assert "[9]" in one.removed[0].text
    assert one.answer("v", "s").outcome is Outcome.PARTIAL


@pytest.mark.parametrize(
    ("filters", "absence", "text"),
    [
        (
            Filters(),
            Absence(213, 1041, 8),
            "Not in this collection: none of 1,041 paragraphs in 213 cables was found to answer the question."
            " 8 paragraphs came nearest and were read.",
        ),
        (
            Filters(origins=("Embassy Lusaka",), date_to=date(2008, 5, 1)),
            Absence(1, 1, 1),
            "Not in this collection: none of 1 paragraph in 1 cable (Embassy Lusaka; to 2008-05-01) was found"
            " to answer the question. 1 paragraph came nearest and was read.",
        ),
        (
            Filters(),
            Absence(2, 5, 0, unknown=("09ASTANA9",)),
            "Not in this collection: there is no cable 09ASTANA9; of the others, none of 5 paragraphs in "
            "2 cables was found to answer the question. 0 paragraphs came nearest and were read.",
        ),
        (
            Filters(),
            Absence(2, 5, 1, without_text=("1976MUSCAT00301",)),
            "Text not available for 1976MUSCAT00301: this collection has the header, and not what was said.",
        ),
        (
            Filters(origins=("Embassy Lusaka",)),
            Absence(2, 5, 3, language="German"),
            "None of 5 paragraphs in 2 cables (Embassy Lusaka) was found to answer the question. "
            "3 paragraphs came nearest and were read. Questions are read in English; this one seems to be in "
            "German, so that its silence says nothing of the collection. Ask it in English.",
        ),
        (
            Filters(),
            Absence(2, 5, 1, unknown=("76PARIS99999",), language="German"),
            "Not in this collection: there is no cable 76PARIS99999; of the others, none of 5 paragraphs in "
            "2 cables was found to answer the question. 1 paragraph came nearest and was read. Questions are "
            "read in English; this one seems to be in German, so that its silence says nothing of the "
            "collection. Ask it in English.",
        ),
    ],
    ids=["silence", "narrowed", "unknown cable", "text missing", "German", "German of an unknown cable"],
)
def test_without_a_draft_the_text_says_what_was_searched(
    filters: Filters, absence: Absence, text: str
) -> None:
    one = turn(Policy.REPAIR)
    one.query = Query("How many?", "How many?", filters)
    one.absence = absence
    assert one.answer("v", "s").text == text
    record = AnswerRecord.of(one.answer("v", "s"))
    assert record.absence is not None
    assert record.absence.paragraphs == absence.paragraphs


def test_what_was_replaced_no_longer_tells_against_the_answer() -> None:
    one = turn(Policy.REPAIR)
    one.admit(DRAFT, checked(Verdict.CONTRADICTED, on(1, Verdict.CONTRADICTED)))
    one.admit(DRAFT, checked(Verdict.SUPPORTED, on(1, Verdict.SUPPORTED)))
    assert one.answer("v", "s").outcome is Outcome.PARTIAL
    one.settle(1)
    answer = one.answer("v", "s")
    assert (answer.outcome, len(answer.removed)) == (Outcome.ANSWERED, 1)
    one.broke_off("the model went away")
    assert one.answer("v", "s").outcome is Outcome.PARTIAL


@pytest.mark.parametrize(
    ("text", "passage", "repeated"),
    [
        (DRAFT.text, 1, True),
        ("The union printed flyers.", 1, True),
        (DRAFT.text, 2, False),
        ("The minister printed flyers.", 1, False),
    ],
    ids=["the same", "less of it", "another source", "another word"],
)
def test_a_sentence_that_says_nothing_new_is_a_repetition(text: str, passage: int, repeated: bool) -> None:
    one = turn(Policy.REPAIR)
    one.admit(DRAFT, checked(Verdict.SUPPORTED, on(1, Verdict.SUPPORTED)))
    assert one.repeats(DraftSentence(text, (Quote(passage),))) is repeated


def test_withholding_shows_nothing_and_lists_everything() -> None:
    one = turn(Policy.ABSTAIN)
    one.admit(DRAFT, checked(Verdict.SUPPORTED, on(1, Verdict.SUPPORTED)))
    one.admit(DRAFT, checked(Verdict.UNCITED))
    one.withhold()
    answer = one.answer("v", "s")
    assert (answer.sentences, answer.citations, answer.outcome) == ((), (), Outcome.NOT_IN_CORPUS)
    assert len(answer.removed) == 2


checks = st.builds(
    lambda verdict, citations: checked(verdict, *citations),
    st.sampled_from(list(Verdict)),
    st.lists(st.builds(on, st.integers(0, 5), st.sampled_from(list(Verdict))), max_size=4),
)
drafts = st.builds(
    DraftSentence,
    st.sampled_from([*TEXTS, "See [3] and [44].", "[1]", "No digit."]),
    st.just(()),
    st.lists(st.sampled_from(["[7]", "[99]"]), max_size=2).map(tuple),
)


@given(st.sampled_from(list(Policy)), st.lists(st.tuples(drafts, checks), max_size=6))
def test_the_answer_keeps_every_promise(
    policy: Policy, items: list[tuple[DraftSentence, SentenceCheck]]
) -> None:
    one = turn(policy)
    for draft, check in items:
        one.admit(draft, check)
    answer = one.answer("v", "s")
    AnswerRecord.of(answer)
    evidence = {(h.paragraph.cable_id, h.paragraph.label) for h in answer.evidence}
    marked = set()
    for sentence in answer.sentences:
        assert answer.text[sentence.start : sentence.end] == sentence.text
        for marker in sentence.markers:
            assert answer.text[marker.start : marker.end] == f"[{marker.citation + 1}]"
            assert marker.citation in sentence.citations
            marked.add((marker.start, marker.end))
    assert {m.span() for m in re.finditer(r"\[\d+\]", answer.text)} == marked
    for number, citation in enumerate(answer.citations, start=1):
        assert citation.marker == number
        assert citation.quote == citation.paragraph.text[citation.char_start : citation.char_end]
        assert (citation.paragraph.cable_id, citation.paragraph.label) in evidence
    if policy is not Policy.ANNOTATE:
        assert not FAILING & {sentence.verdict for sentence in answer.sentences}
        assert not FAILING & {citation.verdict for citation in answer.citations}
    # Nothing vanishes: every drafted sentence is shown or listed as removed.
    shown_or_removed = len(answer.sentences) + sum(
        any(r.text == draft.text for r in answer.removed) for draft, _ in items
    )
    assert shown_or_removed >= len(items)
