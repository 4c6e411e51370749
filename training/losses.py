"""What a network's logits cost, by what people have said and by what a teacher says.

Distillation as Hinton et al. (2015) have it, without a temperature: every head is a yes or no, so that the
teacher's probability is a target as a label is (spans aside, which are learned from labels alone).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from rag.models.logits import UNLIKELY
from rag.models.reader import END, EVIDENCE, START
from training.batching import Batch
from training.network import Logits
from training.packed import Task

_SPAN_WEIGHT = 0.25
_CONTRADICTED_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class _Tokens:
    """Which of the token logits are yes or no, what they weigh, and how much more a yes does."""

    column: int
    weight: float
    positive: float


# Few words of a false sentence make it false.
_TOKENS: dict[Task, _Tokens] = {
    "reader": _Tokens(EVIDENCE, 1.0, 1.0),
    "entailment": _Tokens(0, 0.5, 3.0),
}


def loss_of(task: Task, logits: Logits, batch: Batch, alpha: float) -> Tensor:
    """The loss of a batch. `alpha`, 0..1, is the weight of the teacher where there is a label too.

    Where there is none the teacher weighs 1, and without a teacher the row nothing.
    """
    labelled = ~batch.label.isnan()
    soft = torch.zeros_like(batch.label)
    if batch.soft_rows is not None:
        soft = torch.where(labelled, alpha, 1.0)
    gold = (1 - soft) * labelled
    loss = (_binary(logits.rows[:, 0], batch.label.nan_to_num()) * gold * batch.weight).mean()
    loss = loss + _token_loss(task, logits, batch, gold)
    loss = loss + (
        _span_loss(logits, batch, gold) if task == "reader" else _against_loss(logits, batch, soft)
    )
    return loss if batch.soft_rows is None else loss + _taught_loss(task, logits, batch, soft)


def _binary(logits: Tensor, wanted: Tensor, positive: float = 1.0) -> Tensor:
    weight = None if positive == 1 else torch.tensor(positive, device=logits.device)
    return functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none", pos_weight=weight)


def _token_loss(task: Task, logits: Logits, batch: Batch, gold: Tensor) -> Tensor:
    """Of evidence, or of doubt, over the tokens of which it is known."""
    tokens = _TOKENS[task]
    known = (batch.targets >= 0) & ~batch.label.isnan()[:, None]
    each = _binary(logits.tokens[..., tokens.column], batch.targets.clamp(min=0), tokens.positive)
    return tokens.weight * (each * known * gold[:, None]).sum() / (known.sum() + 1)


def _span_loss(logits: Logits, batch: Batch, gold: Tensor) -> Tensor:
    """Of the answer's ends: a token of the passage, or [CLS] where there is none (Devlin et al. 2019)."""
    allowed = batch.own.clone()
    allowed[:, 0] = True
    loss = torch.zeros((), device=gold.device)
    for column, wanted in zip((START, END), batch.answer.unbind(1), strict=True):
        spans = logits.tokens[..., column].masked_fill(~allowed, UNLIKELY)
        each = functional.cross_entropy(spans, wanted.clamp(min=0), reduction="none")
        loss = loss + _SPAN_WEIGHT * (each * (wanted >= 0) * gold).mean()
    return loss


def _against_loss(logits: Logits, batch: Batch, soft: Tensor) -> Tensor:
    known = ~batch.contradicted.isnan()
    each = _binary(logits.rows[:, 1], batch.contradicted.nan_to_num())
    return _CONTRADICTED_WEIGHT * (each * known * (1 - soft)).mean()


def _taught_loss(task: Task, logits: Logits, batch: Batch, soft: Tensor) -> Tensor:
    """By what the teacher says of the row, and of each token of its own part."""
    assert batch.soft_rows is not None and batch.soft_tokens is not None
    weights = (1.0,) if task == "reader" else (1.0, _CONTRADICTED_WEIGHT)
    loss = torch.zeros((), device=soft.device)
    for column, weight in enumerate(weights):
        each = _binary(logits.rows[:, column], batch.soft_rows[:, column].sigmoid())
        loss = loss + weight * (each * soft).mean()
    tokens = _TOKENS[task]
    wanted = batch.soft_tokens[..., tokens.column].sigmoid()
    each = _binary(logits.tokens[..., tokens.column], wanted) * batch.own * soft[:, None]
    return loss + tokens.weight * each.sum() / (batch.own.sum() + 1)
