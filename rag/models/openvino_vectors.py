"""The packaged encoder on OpenVINO: the same vectors, for processors where that takes less time."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rag.errors import ModelUnavailable
from rag.models.processor import usable_cores
from rag.models.tokens import CountingTokenizer, batches
from rag.models.worker import Precision, Vectors

if TYPE_CHECKING:
    from transformers import BertModel

_PRECISIONS: dict[Precision, str] = {"fp32": "f32", "bf16": "bf16"}


class OpenVinoVectors:
    """What `rag.models.sentence_vectors` makes of all-MiniLM-L6-v2, compiled by OpenVINO, in padded batches.

    Used by one thread. Raises ModelUnavailable where OpenVINO is not installed.
    """

    def __init__(self, bert: BertModel, tokenizer: CountingTokenizer) -> None:
        try:
            import openvino
        except ImportError as error:
            raise ModelUnavailable(
                "OpenVINO is not installed: run `pip install -c constraints.txt -e '.[openvino]'`, "
                "or leave CABLEQA_EMBEDDING_MODEL at its default."
            ) from error
        self._tokenizer = tokenizer
        self._dimension = int(bert.config.hidden_size)
        self._core = openvino.Core()
        trial = torch.ones(2, 8, dtype=torch.long)
        # It traces, which torch announces to end; what torch would have instead takes five times as long.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._model = openvino.convert_model(_Mean(bert).eval(), example_input=(trial, trial))
        self._compiled: dict[Precision, Any] = {}

    def encode(self, texts: list[str], precision: Precision) -> Vectors:
        """Unit vectors, float32, (n, dimension), in the order of the texts."""
        if precision not in self._compiled:
            wanted = {
                "INFERENCE_PRECISION_HINT": _PRECISIONS[precision],
                "INFERENCE_NUM_THREADS": usable_cores(),
            }
            self._compiled[precision] = self._core.compile_model(self._model, "CPU", wanted)
        rows = self._tokenizer.cut_rows(texts)
        vectors = np.empty((len(texts), self._dimension), dtype=np.float32)
        for batch in batches([len(row) for row in rows]):
            vectors[batch] = self._compiled[precision](_padded([rows[i] for i in batch]))[0]
        return vectors


class _Mean(nn.Module):
    """BERT, the mean of its tokens where `mask` is 1, at unit length."""

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self._bert = bert

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        hidden = self._bert(input_ids=ids, attention_mask=mask).last_hidden_state
        own = mask.unsqueeze(-1).to(hidden.dtype)
        return functional.normalize((hidden * own).sum(1) / own.sum(1), dim=1)


def _padded(rows: list[list[int]]) -> list[np.ndarray[Any, np.dtype[np.int64]]]:
    """Ids behind one another and which of them are a text's own, (n, longest) each."""
    ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for own, (row, kept) in zip(rows, zip(ids, mask, strict=True), strict=True):
        row[: len(own)] = own
        kept[: len(own)] = 1
    return [ids, mask]
