"""Packed rows on the device that computes, given out in batches of like length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.packed import PackedRows, Split

# So many rows are put in order of their length at once: a batch is of like length, an epoch is not.
_BLOCK = 4_096
# Lengths are rounded up: fewer shapes, and aligned ones, to compute with.
_LENGTH_STEP = 16
# A class that is rare in its source weighs at most twice as much, a frequent one half as much.
_LEAST_WEIGHT, _MOST_WEIGHT = 0.5, 2.0

RowNumbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SoftLabels:
    """What a teacher says of rows: its logits, (n, 1 or 2), and those of their tokens, (t, 3 or 1); float16.

    They are in the order of the packed rows of `digest`, and 0 for rows that it was not asked about.
    """

    digest: str
    rows: Tensor
    tokens: Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """n rows, padded to t tokens. `mask` and `own`, bool, (n, t): no padding; of the own part.

    `at`, (n, t): where each token stands among all tokens. Of `PackedRows`, float32: `label`, `contradicted`
    and `weight` (of the row's class), (n,), `targets`, (n, t); `answer`, (n, 2), long. Of a teacher where
    there is one: `soft_rows`, (n, r), and `soft_tokens`, (n, t, k).
    """

    numbers: Tensor
    at: Tensor
    ids: Tensor
    mask: Tensor
    second: Tensor
    own: Tensor
    label: Tensor
    contradicted: Tensor
    weight: Tensor
    targets: Tensor
    answer: Tensor
    soft_rows: Tensor | None
    soft_tokens: Tensor | None


class Feed:
    """Packed rows on a device, with what a teacher says of them.

    Raises ValueError where that is of other rows.
    """

    def __init__(self, packed: PackedRows, device: torch.device, soft: SoftLabels | None = None) -> None:
        if soft is not None and soft.digest != packed.digest:
            raise ValueError(f"The labels are of the rows {soft.digest}, and these are {packed.digest}.")

        def there(array: NDArray[np.generic], dtype: torch.dtype) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).to(device, dtype)

        self.packed = packed
        self.device = device
        self._lengths = packed.length.astype(np.int64)
        self._ids = there(packed.ids.astype(np.int32), torch.int32)
        self._targets = there(packed.targets, torch.int8)
        self._first, self._length = there(packed.first, torch.long), there(self._lengths, torch.long)
        self._second, self._own_start, self._own_end = (
            there(array.astype(np.int64), torch.long)
            for array in (packed.second, packed.own_start, packed.own_end)
        )
        self._answer = there(np.stack([packed.answer_start, packed.answer_end], 1), torch.long)
        self._label, self._contradicted = (
            there(array, torch.float32) for array in (packed.label, packed.contradicted)
        )
        self._weight = there(class_weights(packed), torch.float32)
        self._soft_rows = None if soft is None else soft.rows.to(device)
        self._soft_tokens = None if soft is None else soft.tokens.to(device)

    def batch(self, rows: RowNumbers) -> Batch:
        """These rows, by their numbers."""
        chosen = torch.from_numpy(rows).to(self.device)
        longest = int(self._lengths[rows].max())
        place = torch.arange(-(-longest // _LENGTH_STEP) * _LENGTH_STEP, device=self.device)[None]
        mask = place < self._length[chosen][:, None]
        at = torch.where(mask, self._first[chosen][:, None] + place, 0)
        own = (place >= self._own_start[chosen][:, None]) & (place < self._own_end[chosen][:, None])
        return Batch(
            numbers=chosen,
            at=at,
            ids=torch.where(mask, self._ids[at], 0).long(),
            mask=mask,
            second=self._second[chosen],
            own=own,
            label=self._label[chosen],
            contradicted=self._contradicted[chosen],
            weight=self._weight[chosen],
            targets=torch.where(own, self._targets[at].float(), -1.0),
            answer=self._answer[chosen],
            soft_rows=None if self._soft_rows is None else self._soft_rows[chosen].float(),
            soft_tokens=None if self._soft_tokens is None else self._soft_tokens[at].float(),
        )

    def in_order(self, rows: RowNumbers, tokens: int) -> Iterator[RowNumbers]:
        """All these rows once, the shortest first, in batches of so many tokens, padded to the longest."""
        return self._cut(rows[np.argsort(self._lengths[rows], kind="stable")], tokens)

    def epochs(self, rows: RowNumbers, tokens: int, chance: np.random.Generator) -> Iterator[RowNumbers]:
        """Without end: rows as often as their repeats say, in batches of like length in random order."""
        repeats = self.packed.repeats[rows].astype(np.float64)
        while True:
            times = np.floor(repeats + chance.random(len(rows))).astype(int)
            order = chance.permutation(np.repeat(rows, times))
            blocks = (order[at : at + _BLOCK] for at in range(0, len(order), _BLOCK))
            batches = [batch for block in blocks for batch in self.in_order(block, tokens)]
            for number in chance.permutation(len(batches)):
                yield batches[number]

    def _cut(self, rows: RowNumbers, tokens: int) -> Iterator[RowNumbers]:
        at = 0
        while at < len(rows):
            end = at + 1
            while end < len(rows) and (end - at + 1) * self._lengths[rows[end]] <= tokens:
                end += 1
            yield rows[at:end]
            at = end


def class_weights(packed: PackedRows) -> NDArray[np.float32]:
    """Weights of rows by which both classes of a source count alike in entailment, (n,); 1 for a reader."""
    weights = np.ones(len(packed), np.float32)
    if packed.task == "reader":
        return weights
    trained = packed.split == Split.TRAIN
    repeats = packed.repeats.astype(np.float64)
    for source in np.unique(packed.source[trained]):
        of_source = trained & (packed.source == source)
        classes = [of_source & (packed.label == label) for label in (0, 1)]
        counts = [repeats[one].sum() for one in classes]
        for one, count in zip(classes, counts, strict=True):
            if count > 0:
                weights[one] = np.clip(sum(counts) / (2 * count), _LEAST_WEIGHT, _MOST_WEIGHT)
    return weights
