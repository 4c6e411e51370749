"""The reader's network: the packaged encoder, two heads, and the calibration of what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rag.models.tuned import HIDDEN, TunedModel, load_tuned


@dataclass(frozen=True, slots=True)
class Scored:
    """One input as scored: the logit that the passage answers, and the logits of its tokens, (t, 3)."""

    answers: float
    tokens: NDArray[np.float32]


class ReaderModel(TunedModel):
    """MiniLM with a head for tokens and one for answerability, the latter over [CLS] and the mean token."""

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(folder)
        self.tokens = nn.Linear(HIDDEN, 3)
        self.answerable = nn.Linear(2 * HIDDEN, 1)
        # Platt scaling: weights of answerability, of the span's lead, of the best sentence, and a bias.
        self.calibration = nn.Parameter(torch.tensor([1.0, 0.0, 0.0, 0.0]), requires_grad=False)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        """Token ids, (n, t) -> token logits, (n, t, 3), and answerability logits, (n,)."""
        # The encoder may compute in half precision; the heads do not.
        hidden = self.padded(ids, mask, types).float()
        weights = mask.unsqueeze(-1).float()
        mean = (hidden * weights).sum(1) / weights.sum(1)
        return self.tokens(hidden), self.answerable(torch.cat([hidden[:, 0], mean], -1)).squeeze(-1)

    @torch.inference_mode()
    def score(self, ids: Sequence[list[int]], types: Sequence[list[int]]) -> list[Scored]:
        """One `Scored` for each input, of its own length."""
        read = self.read(ids, types)
        tokens = self.tokens(torch.cat(read)).split([len(hidden) for hidden in read])
        pooled = torch.stack([torch.cat([hidden[0], hidden.mean(0)]) for hidden in read])
        answers = self.answerable(pooled).squeeze(-1).tolist()
        return [Scored(answer, logits.numpy()) for answer, logits in zip(answers, tokens, strict=True)]


def load_reader_model(folder: Path, path: Path) -> ReaderModel:
    """The network with the packaged embeddings of `folder` and the weights of `path`, to train it further."""
    model = ReaderModel(folder)
    load_tuned(model, path)
    return model
