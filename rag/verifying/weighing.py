"""Weighing: what the rules found and what the entailment model says, to one probability.

A logistic regression, fitted by `training/weigh_entailment.py` on documents that the model was not trained
on; its weights lie beside the model. Another model than the project's own is taken at its word.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from rag.models.logits import sigmoid
from rag.types import Verdict
from rag.verifying.checks.finding import Ground
from rag.verifying.checks.judgement import Judgement
from rag.verifying.entailment import Entailed, Pair

WEIGHTS = "entailment.json"
FEATURES = (
    "supported",
    "contradicted",
    "worst_doubt",
    "mean_doubt",
    "rules_support",
    "negation",
    "speaker",
    "evidence_length",
)
# Beyond these a logit says no more.
_SURE = 8.0
_DOUBTS = 3
# A clause of which the paragraph has no word is taken for its meaning only where the model is this sure.
SURE_OF_OTHER_WORDS = 0.6


def features_of(pair: Pair, judgement: Judgement, entailed: Entailed) -> tuple[float, ...]:
    """The values of `FEATURES` for one pair, in their order.

    How many of the sentence's words are in the paragraph, and how many it has, is none of them: in what the
    weighing is fitted on that tells how sentences were made true or false there, and elsewhere they are
    made otherwise.
    """
    doubts = [_limited(doubt) for doubt in entailed.doubts[:_DOUBTS]] or [0.0]
    return (
        _limited(entailed.supported),
        _limited(entailed.contradicted),
        max(doubts),
        sum(doubts) / len(doubts),
        float(judgement.verdict is Verdict.SUPPORTED),
        float(judgement.ground is Ground.NEGATION),
        float(judgement.ground is Ground.SPEAKER),
        math.log1p(len(pair.evidence.split())),
    )


def _limited(logit: float) -> float:
    return max(-_SURE, min(_SURE, logit))


@dataclass(frozen=True, slots=True)
class Weigher:
    """`weights` of `FEATURES` and a `bias`, and two thresholds of the probability.

    What the rules found supported stays so from `keep` on; what they turned away is lifted from `lift` on.
    """

    weights: tuple[float, ...]
    bias: float
    keep: float
    lift: float

    def probability(self, features: Sequence[float]) -> float:
        """That the pair is supported, 0 to 1."""
        return sigmoid(self.bias + sum(w * x for w, x in zip(self.weights, features, strict=True)))

    def supports(self, probability: float, *, by_rules: bool, invented: bool = False) -> bool:
        """Whether a pair stands that the rules found supported, or not.

        `invented`: the sentence has a clause of which the paragraph has no word.
        """
        if by_rules:
            return probability >= self.keep
        return probability >= (max(self.lift, SURE_OF_OTHER_WORDS) if invented else self.lift)


# A model of which nothing is known but its own probability.
AT_ITS_WORD = Weigher(tuple(float(name == "supported") for name in FEATURES), 0.0, 0.5, 0.5)


def load_weigher() -> Weigher:
    """The fitted weights of the project's own model."""
    fitted = json.loads((files("rag") / "data" / WEIGHTS).read_text(encoding="utf-8"))
    weights = fitted["weights"]
    return Weigher(tuple(weights[name] for name in FEATURES), fitted["bias"], fitted["keep"], fitted["lift"])
