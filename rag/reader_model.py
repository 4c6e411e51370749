"""The reader's network: the packaged encoder, two heads, and the calibration of what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from rag.tuned import HIDDEN, load_tuned, packaged_encoder


@dataclass(frozen=True, slots=True)
class Scored:
    """One input as scored: the logit that the passage answers, and the logits of its tokens, (t, 3)."""

    answers: float
    tokens: Tensor


class ReaderModel(nn.Module):
    """MiniLM with a head for tokens and one for answerability, the latter over [CLS] and the mean token."""

    def __init__(self, folder: Path, attention: str = "sdpa") -> None:
        super().__init__()
        self.encoder = packaged_encoder(folder, attention)
        self.tokens = nn.Linear(HIDDEN, 3)
        self.answerable = nn.Linear(2 * HIDDEN, 1)
        # Platt scaling: weights of answerability, of the span's lead, of the best sentence, and a bias.
        self.calibration = nn.Parameter(torch.tensor([1.0, 0.0, 0.0, 0.0]), requires_grad=False)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        """Token ids, (n, t) -> token logits, (n, t, 3), and answerability logits, (n,)."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        # The encoder may compute in half precision; the heads do not.
        hidden = hidden.float()
        weights = mask.unsqueeze(-1).float()
        mean = (hidden * weights).sum(1) / weights.sum(1)
        return self.tokens(hidden), self.answerable(torch.cat([hidden[:, 0], mean], -1)).squeeze(-1)

    @torch.inference_mode()
    def score(self, ids: Sequence[list[int]], types: Sequence[list[int]]) -> list[Scored]:
        """One `Scored` for each input, of its own length."""
        mask = _padded([[1] * len(row) for row in ids])
        tokens, answerable = self(_padded(ids), mask, _padded(types))
        return [
            Scored(float(answer), logits[: len(row)])
            for row, logits, answer in zip(ids, tokens, answerable, strict=True)
        ]


def _padded(rows: Sequence[list[int]]) -> Tensor:
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


def load_reader_model(folder: Path, path: Path, attention: str = "sdpa") -> ReaderModel:
    """The network with the packaged embeddings of `folder` and the weights of `path`, ready to read."""
    model = ReaderModel(folder, attention)
    load_tuned(model, path)
    return model
