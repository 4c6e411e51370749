"""The entailment network: the packaged encoder, two heads, and how much doubt takes from support."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from rag.models.logits import UNLIKELY
from rag.models.tuned import HIDDEN, TunedModel, load_tuned


@dataclass(frozen=True, slots=True)
class Encoded:
    """One input: token ids and segment types, and which tokens are the sentence's."""

    ids: list[int]
    types: list[int]
    sentence: range


@dataclass(frozen=True, slots=True)
class Logits:
    """One input as scored: the verdict's logits, and the doubt in each token of the sentence."""

    supported: float
    contradicted: float
    doubts: list[float]


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs of one length, padded; `sentence`, (n, t), is 1 on the tokens of the sentence."""

    ids: Tensor
    mask: Tensor
    types: Tensor
    sentence: Tensor


def collate(inputs: Sequence[Encoded]) -> Batch:
    """Inputs as tensors of the length of the longest."""
    length = max(len(one.ids) for one in inputs)

    def padded(rows: list[list[int]]) -> Tensor:
        return torch.tensor([row + [0] * (length - len(row)) for row in rows])

    sentence = torch.zeros(len(inputs), length)
    for row, one in zip(sentence, inputs, strict=True):
        row[one.sentence.start : one.sentence.stop] = 1
    return Batch(
        padded([one.ids for one in inputs]),
        padded([[1] * len(one.ids) for one in inputs]),
        padded([one.types for one in inputs]),
        sentence,
    )


class EntailmentModel(TunedModel):
    """MiniLM with a head for doubt in each token and one over [CLS] and the mean token of the sentence.

    A sentence is as doubtful as its most doubtful words: their log-sum-exp is taken from its support.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(folder)
        self.doubt = nn.Linear(HIDDEN, 1)
        self.verdict = nn.Linear(2 * HIDDEN, 2)
        self.doubt_weight = nn.Parameter(torch.tensor(0.5))

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits of supported and contradicted, (n, 2), and of doubt in every token, (n, t)."""
        hidden = self.padded(batch.ids, batch.mask, batch.types)
        weights = batch.sentence.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
        # The encoder may compute in half precision; the heads do not.
        pooled = torch.cat([hidden[:, 0], mean], -1).float()
        with torch.autocast("cpu", enabled=False):
            doubts = self.doubt(hidden.float()).squeeze(-1)
            verdict = self.verdict(pooled)
        worst = doubts.masked_fill(batch.sentence == 0, UNLIKELY).logsumexp(1)
        # Nothing said is nothing in doubt.
        worst = worst.masked_fill(batch.sentence.sum(1) == 0, 0.0)
        return torch.stack([verdict[:, 0] - self.doubt_weight * worst, verdict[:, 1]], -1), doubts

    @torch.inference_mode()
    def score(self, inputs: Sequence[Encoded]) -> list[Logits]:
        """One `Logits` for each input, in their order."""
        if not inputs:
            return []
        read = self.read([one.ids for one in inputs], [one.types for one in inputs])
        said = [
            hidden[one.sentence.start : one.sentence.stop] for hidden, one in zip(read, inputs, strict=True)
        ]
        # Nothing said is nothing in doubt.
        means = [own.mean(0) if len(own) else own.new_zeros(HIDDEN) for own in said]
        pooled = torch.stack([torch.cat([hidden[0], mean]) for hidden, mean in zip(read, means, strict=True)])
        doubts = self.doubt(torch.cat(said)).squeeze(-1).split([len(own) for own in said])
        worst = torch.stack([own.logsumexp(0) if len(own) else own.new_tensor(0.0) for own in doubts])
        verdicts = self.verdict(pooled)
        supported = (verdicts[:, 0] - self.doubt_weight * worst).tolist()
        contradicted = verdicts[:, 1].tolist()
        return [
            Logits(for_it, against_it, own.tolist())
            for for_it, against_it, own in zip(supported, contradicted, doubts, strict=True)
        ]


def load_entailment_model(folder: Path, path: Path) -> EntailmentModel:
    """The network with the packaged embeddings of `folder` and the weights of `path`, to train it further."""
    model = EntailmentModel(folder)
    load_tuned(model, path)
    return model
