"""The entailment network: the packaged encoder, two heads, and how much doubt takes from support."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from rag.models.tuned import HIDDEN, TunedModel


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


class EntailmentModel(TunedModel):
    """MiniLM with a head for doubt in each token and one over [CLS] and the mean token of the sentence.

    A sentence is as doubtful as its most doubtful words: their log-sum-exp is taken from its support.
    """

    def __init__(self) -> None:
        super().__init__()
        self.doubt = nn.Linear(HIDDEN, 1)
        self.verdict = nn.Linear(2 * HIDDEN, 2)
        self.doubt_weight = nn.Parameter(torch.tensor(0.5))

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
