"""The gate: whether to answer at all, apart from what to quote.

The reader alone takes a near-miss in a cable about something else for an answer, and the search alone cannot
tell that the cable in point is silent. A logistic regression over both says how likely a passage answers;
`training/fit_gate.py` fits it on documents that the reader was not trained on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from rag.models.logits import sigmoid
from rag.models.reader import Reading
from rag.types import Passage

WEIGHTS = "gate.json"
# Nearer to 0 or 1 a confidence says no more.
_SURE = 1e-4


@dataclass(frozen=True, slots=True)
class Gate:
    """Weights of a reading's confidence, as a logit, and of its passage's retrieval score, 0..1."""

    reader: float
    retrieval: float
    bias: float

    def probability(self, readings: Sequence[Reading], passages: Sequence[Passage]) -> float:
        """That the surest of some passages, at least one, answers; both in one order."""
        return max(
            sigmoid(self.bias + self.reader * logit(r.confidence) + self.retrieval * p.hit.score)
            for r, p in zip(readings, passages, strict=True)
        )


# The reader at its word.
READER_ALONE = Gate(1.0, 0.0, 0.0)


def logit(confidence: float) -> float:
    """The logit of a confidence, between some -9 and 9."""
    held = min(max(confidence, _SURE), 1 - _SURE)
    return math.log(held / (1 - held))


def load_gate() -> Gate:
    """The fitted weights."""
    fitted = json.loads((files("rag") / "data" / WEIGHTS).read_text(encoding="utf-8"))
    return Gate(fitted["reader"], fitted["retrieval"], fitted["bias"])
