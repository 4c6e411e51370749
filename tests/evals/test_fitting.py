"""The last weighing: fitted on some documents, measured on others."""

from __future__ import annotations

from collections.abc import Sequence

from evals.fitting import Case, balanced_parts, cross_validate, examine, fit_weigher
from rag.text.loose import loose_passage
from rag.types import DraftSentence, Quote, Verdict
from rag.verifying.entailing import EntailmentVerifier
from rag.verifying.entailment import Entailed, Pair

PARAGRAPH = (
    "Minister Brandt told the council that the ferry would not sail, because its engine had been sold."
)
TRUE = "Councillors heard from Brandt that with the motor sold the vessel stays in port in year {n}."
FALSE = "Councillors heard from Brandt that with the harbor sold the vessel stays in debt in year {n}."


class KnowsMotor:
    """A model that is right, but sure only by a little."""

    name = "motor"

    def judge(self, pairs: Sequence[Pair]) -> list[Entailed]:
        return [Entailed(0.5 if "motor" in pair.sentence else 0.2, 0.0) for pair in pairs]


def cases() -> list[Case]:
    return [
        Case(
            text.format(n="one two three".split()[n % 3]),
            loose_passage(1, PARAGRAPH),
            text is TRUE,
            "made",
            f"{n}",
        )
        for n in range(40)
        for text in (TRUE, FALSE)
    ]


def test_weights_and_threshold_are_fitted_on_other_documents() -> None:
    examined = examine(cases(), KnowsMotor())
    assert all(one.features is not None and not one.by_rules for one in examined)
    truth = [one.case.supported for one in examined]
    assert cross_validate(examined) == truth
    parts = balanced_parts(truth, [True] * len(truth))
    assert sum(parts) / len(parts) == 0.5


def test_a_fitted_weigher_decides_as_the_verifier_does() -> None:
    examined = examine(cases(), KnowsMotor())
    weigher = fit_weigher(examined)
    verifier = EntailmentVerifier(KnowsMotor(), weigher)
    for one in examined:
        result = verifier.check(DraftSentence(one.case.sentence, (Quote(1),)), {1: one.case.passage})
        assert (result.verdict is Verdict.SUPPORTED) == one.stands(weigher) == one.case.supported
