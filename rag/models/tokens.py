"""Texts to token ids; those of a text that was counted are kept until it is encoded."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Those of the windows that wait for the encoder (rag/index/indexing.py), and of a group behind them.
KEPT_TEXTS = 1_024
# Tokens of a batch, so that memory stays flat. Four times as many took 1.5 times as long for real cables in
# bf16, 1.3 times in fp32: more of them is padding, and a processor's cache does not hold them.
BATCH_TOKENS = 2_048


class CountingTokenizer:
    """A tokenizer that never cuts and never pads, for several threads.

    A chunk is counted before it is encoded: its ids, if they are at most `max_tokens`, are handed out then
    and not made again.
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens
        self._marks = tokenizer.num_special_tokens_to_add(is_pair=False)
        self._kept: dict[str, list[int]] = {}
        self._lock = threading.Lock()

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each, without the model's own marks ([CLS], [SEP])."""
        rows = [one.ids for one in self._tokenizer.encode_batch_fast(list(texts))]
        with self._lock:
            self._kept |= {
                text: row for text, row in zip(texts, rows, strict=True) if len(row) <= self._max_tokens
            }
            for text in list(self._kept)[: max(len(self._kept) - KEPT_TEXTS, 0)]:
                del self._kept[text]
        return [len(row) - self._marks for row in rows]

    def rows(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each, marks included."""
        with self._lock:
            found = [self._kept.pop(text, None) for text in texts]
        missing = [text for text, row in zip(texts, found, strict=True) if row is None]
        made = iter(self._tokenizer.encode_batch_fast(missing) if missing else ())
        return [next(made).ids if row is None else row for row in found]

    def cut_rows(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each, those of a longer one cut so that with its marks it has `max_tokens`."""
        most = self._max_tokens
        return [row if len(row) <= most else [*row[: most - 1], row[-1]] for row in self.rows(texts)]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where each token stands in `text`, in characters."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).offsets)


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions in order of length, the longest first, so that little of a batch is padding."""
    batch: list[int] = []
    longest = 0
    for i in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        longest = max(longest, lengths[i])
        if batch and longest * (len(batch) + 1) > BATCH_TOKENS:
            yield batch
            batch, longest = [], lengths[i]
        batch.append(i)
    if batch:
        yield batch
