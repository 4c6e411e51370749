"""The reader's network: the packaged encoder, two heads, and the calibration of what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from rag.models.tuned import HIDDEN, TunedModel

# Platt scaling of a reader that was not calibrated yet: answerability alone, as it is.
UNCALIBRATED = (1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Scored:
    """One input as scored: the logit that the passage answers, and the logits of its tokens, (t, 3)."""

    answers: float
    tokens: NDArray[np.float32]


class ReaderModel(TunedModel):
    """MiniLM with a head for tokens and one for answerability, the latter over [CLS] and the mean token."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Linear(HIDDEN, 3)
        self.answerable = nn.Linear(2 * HIDDEN, 1)
        # Platt scaling: weights of answerability, of the span's lead, of the best sentence, and a bias.
        self.calibration = nn.Parameter(torch.tensor(UNCALIBRATED), requires_grad=False)

    @torch.inference_mode()
    def score(self, ids: Sequence[list[int]], types: Sequence[list[int]]) -> list[Scored]:
        """One `Scored` for each input, of its own length."""
        read = self.read(ids, types)
        tokens = self.tokens(torch.cat(read)).split([len(hidden) for hidden in read])
        pooled = torch.stack([torch.cat([hidden[0], hidden.mean(0)]) for hidden in read])
        answers = self.answerable(pooled).squeeze(-1).tolist()
        return [Scored(answer, logits.numpy()) for answer, logits in zip(answers, tokens, strict=True)]
