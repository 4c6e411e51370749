"""Mutations make true sentences false, and the audit counts who notices."""

from __future__ import annotations

import pytest

from evals import mutations
from evals.audit import audit_verifier, gold_hits
from evals.mutations import Source
from rag.verifying.verify import DeterministicVerifier
from tests.evals.book import made_book
from tests.made import hit

TEXT = (
    "On March 10 the harbor police seized 28 boats near Arden and fined Captain Moreau. "
    "The minister said exports rose by 25.5 percent in the second quarter of the year. "
    "The opposition may boycott the vote, and it was not told when the count will begin."
)
FIRST, SECOND, THIRD = (sentence.strip() + "." for sentence in TEXT.removesuffix(".").split(". "))


@pytest.mark.parametrize(
    ("mutation", "sentence", "expected"),
    [
        (mutations.other_number, FIRST, FIRST.replace("10", "17")),
        (mutations.other_number, SECOND, SECOND.replace("25.5", "32.5")),
        (mutations.other_number, THIRD, None),
        (mutations.other_month, FIRST, FIRST.replace("March", "June")),
        (mutations.other_month, "WE MET ON 3 JULY.", "WE MET ON 3 SEPTEMBER."),
        (mutations.other_month, "They march on.", None),
        (mutations.other_name, FIRST, FIRST.replace("Arden", "Zanzibar")),
        (mutations.negation, THIRD, THIRD.replace("was not told", "was told")),
        (mutations.negation, "HE WAS TOLD.", "HE WAS NOT TOLD."),
        (mutations.opposite_word, SECOND, SECOND.replace("exports", "imports")),
        (mutations.certainty, THIRD, THIRD.replace("may", "will")),
        (mutations.recased, "HE WAS TOLD.", "He was told."),
    ],
)
def test_a_mutation_changes_one_thing(
    mutation: mutations.Mutation, sentence: str, expected: str | None
) -> None:
    assert mutation(Source(sentence, TEXT, ("Moreau", "Zanzibar"))) == expected


def test_the_audit_counts_by_kind() -> None:
    found = audit_verifier(DeterministicVerifier(), [hit(TEXT, "1"), hit("Nothing of that here.", "2")])
    assert found is not None
    assert found.sentences == 3
    kinds = {rate.kind: rate.n for rate in found.by_kind}
    assert kinds["verbatim"] == 3
    assert kinds["elsewhere"] == 3
    assert kinds["number"] == 2
    assert found.false_accept.n == sum(kinds.values()) - kinds["verbatim"] - kinds["recased"]
    assert {kind for kind in kinds if kind.startswith("hard ")} >= {"hard number", "hard negation"}
    rates = {rate.kind: rate.rate for rate in found.by_kind}
    assert rates["number"] == rates["month"] == rates["elsewhere"] == 0.0
    assert rates["verbatim"] == 0.0


def test_no_usable_sentence_means_no_audit() -> None:
    assert audit_verifier(DeterministicVerifier(), []) is None
    assert audit_verifier(DeterministicVerifier(), [hit("Too short.", "1")]) is None


def test_gold_paragraphs_are_drawn_once_each() -> None:
    book, questions = made_book()
    assert [(h.paragraph.cable_id, h.paragraph.label) for h in gold_hits(questions.samples, book)] == [
        (key.cable, key.paragraph) for key in book.by_key
    ]
