"""What every training of the project's networks does alike."""

from __future__ import annotations

import numpy as np
from torch import nn


def without_embeddings(model: nn.Module) -> list[nn.Parameter]:
    """The parameters to train: all but the token embeddings, which stay as packaged."""
    for parameter in model.encoder.embeddings.parameters():
        parameter.requires_grad = False
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def area_under_curve(scores: np.ndarray, truth: np.ndarray) -> float:
    """Of the receiver operating characteristic; `truth` is true or 1 for what should score high."""
    ranks = scores.argsort().argsort()
    positives = int(truth.sum())
    below = ranks[truth == 1].sum() - positives * (positives - 1) / 2
    return float(below / max(positives * (len(truth) - positives), 1))
