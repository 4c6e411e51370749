"""How a network learns for so many seconds, says what it thinks of rows, and is measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from training.batching import Feed, RowNumbers, SoftLabels
from training.losses import loss_of
from training.network import Logits, Network
from training.packed import PackedRows, Split

WEIGHT_DECAY = 0.01
# The share of the time over which the learning rate rises; from then on it falls.
RISE = 0.05
LONGEST_STEP = 1.0
_REPORTED_EVERY = 100
# A GPU is asked faster than it answers: without waiting for it the clock would be ahead of it.
_AWAITED_EVERY = 20
# Of a pass without gradients.
_READ_TOKENS = 60_000
# In half precision, and certain enough.
_MOST_LOGIT = 60.0


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to learn, how fast at most, and from how many tokens at once (with their padding)."""

    seconds: float
    learning_rate: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned from, and the mean losses of the first and of the last tenth of the steps."""

    steps: int
    epochs: float
    first_loss: float
    last_loss: float


def this_device() -> torch.device:
    """The GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def learn(
    network: Network, feed: Feed, rows: RowNumbers, budget: Budget, alpha: float, seed: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Learned:  # fmt: skip
    """Learn from these rows until the time is over by `clock`, in seconds; at least one step is taken.

    AdamW, the norm of gradients cut at 1. The learning rate rises and falls in a line by the time that has
    passed, so that a slow machine ends as a fast one does, with less learned: no two runs are the same.
    """
    torch.manual_seed(seed)
    learned = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in learned if p.ndim > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in learned if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=budget.learning_rate, fused=True)
    network.train()
    losses: list[Tensor] = []
    read, began = 0, clock()
    for batch in feed.epochs(rows, budget.tokens, np.random.default_rng(seed)):
        passed = (clock() - began) / budget.seconds
        if passed >= 1 and losses:
            break
        rate = budget.learning_rate * min(1.0, passed / RISE + 1e-3) * max(0.0, 1 - passed)
        for group in optimizer.param_groups:
            group["lr"] = rate
        given = feed.batch(batch)
        logits = network(given.ids, given.mask, given.second, given.own)
        loss = loss_of(feed.packed.task, logits, given, alpha)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learned, LONGEST_STEP)
        optimizer.step()
        losses.append(loss.detach())
        read += len(batch)
        if len(losses) % _AWAITED_EVERY == 0:
            losses[-1].item()
        if len(losses) % _REPORTED_EVERY == 0:
            mean = float(torch.stack(losses[-_REPORTED_EVERY:]).mean())
            print(f"step {len(losses)}, {passed:.0%} of the time, loss {mean:.3f}", flush=True)
    epoch = float(feed.packed.repeats[rows].astype(np.float64).sum())
    every = torch.stack(losses).cpu()
    tenth = -(-len(every) // 10)
    return Learned(len(every), read / epoch, float(every[:tenth].mean()), float(every[-tenth:].mean()))


@torch.no_grad()
def soft_labels(network: Network, feed: Feed, rows: RowNumbers) -> SoftLabels:
    """What a network says of these rows and of their tokens."""
    network.eval()
    said: SoftLabels | None = None
    for batch in feed.in_order(rows, _READ_TOKENS):
        given = feed.batch(batch)
        logits: Logits = network(given.ids, given.mask, given.second, given.own)
        if said is None:
            said = SoftLabels(
                feed.packed.digest,
                _nothing(len(feed.packed), logits.rows),
                _nothing(len(feed.packed.ids), logits.tokens),
            )
        said.rows[given.numbers] = _half(logits.rows)
        said.tokens[given.at[given.mask]] = _half(logits.tokens[given.mask])
    if said is None:
        raise ValueError("There are no rows to label.")
    return said


def _nothing(length: int, like: Tensor) -> Tensor:
    return torch.zeros(length, like.shape[-1], dtype=torch.half, device=like.device)


def _half(logits: Tensor) -> Tensor:
    return logits.clamp(-_MOST_LOGIT, _MOST_LOGIT).half()


def save_labels(labels: SoftLabels, path: Path) -> None:
    tensors = {"rows": labels.rows.cpu(), "tokens": labels.tokens.cpu()}
    save_file(tensors, path, metadata={"digest": labels.digest})


def load_labels(path: Path) -> SoftLabels:
    with safe_open(path, framework="pt") as file:
        return SoftLabels(
            (file.metadata() or {}).get("digest", ""), file.get_tensor("rows"), file.get_tensor("tokens")
        )


def figures_of(network: Network, feed: Feed) -> dict[str, str]:
    """How well a network tells what it did not learn from, by source: areas under the ROC curve.

    For the reader by question, of which the surest passage counts, and by passage.
    """
    packed = feed.packed
    rows = np.flatnonzero(packed.split != Split.TRAIN)
    if not len(rows):
        return {}
    scores = soft_labels(network, feed, rows).rows[:, 0].float().cpu().numpy()
    figures = {}
    for number, source in enumerate(packed.sources):
        mine = rows[packed.source[rows] == number]
        truth = packed.label[mine] > 0
        parts = {}
        if packed.task == "reader":
            parts["question"] = _area(
                _best(scores[mine], packed.group[mine]), _best(truth, packed.group[mine])
            )
        parts["passage" if packed.task == "reader" else "pair"] = _area(scores[mine], truth)
        known = [f"{name} AUC {area:.3f}" for name, area in parts.items() if area is not None]
        if known:
            figures[source] = ", ".join([*known, f"n {len(mine)}"])
    return figures


def _best(values: NDArray[np.generic], groups: NDArray[np.int32]) -> NDArray[np.float64]:
    """The greatest value of each group."""
    of = np.unique(groups, return_inverse=True)[1]
    best = np.full(of.max(initial=-1) + 1, -np.inf)
    np.maximum.at(best, of, values.astype(np.float64))
    return best


def _area(scores: NDArray[np.generic], truth: NDArray[np.generic]) -> float | None:
    """None where all are of one kind."""
    return float(roc_auc_score(truth, scores)) if len(np.unique(truth)) == 2 else None


def counts_of(packed: PackedRows) -> str:
    """How many rows of each split there are, for a line of output."""
    return ", ".join(f"{s.name.lower().replace('_', '-')} {int((packed.split == s).sum()):,}" for s in Split)
