"""Texts to token ids; those of a text that was counted are kept until it is encoded."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Those of the windows that wait for the encoder (rag/indexing.py), and of a group behind them.
KEPT_TEXTS = 1_024


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

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where each token stands in `text`, in characters."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).offsets)
