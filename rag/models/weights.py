"""The weights of a BERT as their file has them, read without the library that computes with them.

`transformers` takes three seconds to import, and a process that only answers has no other use for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors.torch import load_file
from torch import Tensor

if TYPE_CHECKING:
    from transformers import BertModel

Linear = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class BertWeights:
    """Tensors under the names that `transformers.BertModel` gives them, and what they do not say."""

    tensors: Mapping[str, Tensor]
    layers: int
    heads: int
    norm_eps: float

    @classmethod
    def in_folder(cls, folder: Path) -> BertWeights:
        """Those of a model's folder, with its `config.json`; the file is mapped, not copied."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tensors = load_file(folder / "model.safetensors")
        return cls(
            tensors, config["num_hidden_layers"], config["num_attention_heads"], config["layer_norm_eps"]
        )

    @classmethod
    def of(cls, bert: BertModel) -> BertWeights:
        """Those that `bert` has now and goes on with."""
        config = bert.config
        return cls(
            bert.state_dict(), config.num_hidden_layers, config.num_attention_heads, config.layer_norm_eps
        )

    @property
    def hidden(self) -> int:
        """The length of a token's hidden state."""
        return int(self.tensors["embeddings.word_embeddings.weight"].shape[1])

    def linear(self, name: str) -> Linear:
        """Weight and bias of a linear layer, or of a norm."""
        return self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
