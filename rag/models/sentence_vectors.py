"""The packaged encoder without padding: the mean of a text's tokens, at unit length."""

from __future__ import annotations

import torch
from torch.nn import functional

from rag.models.tokens import CountingTokenizer
from rag.models.unpadded import UnpaddedEncoder
from rag.models.weights import BertWeights
from rag.models.worker import Precision, Vectors

DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}


class SentenceVectors:
    """What sentence-transformers makes of all-MiniLM-L6-v2; a question alone takes half its time, or less.

    Used by one thread.
    """

    def __init__(self, weights: BertWeights, tokenizer: CountingTokenizer) -> None:
        self._weights = weights
        self._tokenizer = tokenizer
        self._laid_out: dict[Precision, UnpaddedEncoder] = {}

    def encode(self, texts: list[str], precision: Precision) -> Vectors:
        """Unit vectors, float32, (n, dimension), in the order of the texts."""
        if precision not in self._laid_out:
            self._laid_out[precision] = UnpaddedEncoder(self._weights, DTYPES[precision])
        rows = self._tokenizer.cut_rows(texts)
        hidden = self._laid_out[precision](rows, [[0] * len(row) for row in rows])
        vectors: Vectors = functional.normalize(torch.stack([one.mean(0) for one in hidden]), dim=1).numpy()
        return vectors
