"""Logits: the probability that one stands for, and the one that stands for never."""

from __future__ import annotations

import math

UNLIKELY = -1e4


def sigmoid(z: float) -> float:
    """The probability of a logit."""
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, z))))
