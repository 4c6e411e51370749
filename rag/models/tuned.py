"""The packaged encoder fine-tuned: how the project's own networks begin, are kept and are loaded.

Only what training changed is stored, in half precision: the encoder's layers and what stands on them. The
token embeddings stay those of the packaged model, which is checked by hash.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import BertModel
from transformers.utils import logging

from rag.models.unpadded import UnpaddedEncoder

HIDDEN = 384
_UNCHANGED = "encoder.embeddings."


class TunedModel(nn.Module):
    """The packaged encoder, to be trained or to be used; what stands on it is a subclass's."""

    def __init__(self, folder: Path, attention: str) -> None:
        super().__init__()
        self.encoder: BertModel | None = packaged_encoder(folder, attention)
        self._unpadded: UnpaddedEncoder | None = None

    def freeze(self) -> None:
        """Lay the weights out for use: there is no training after."""
        assert self.encoder is not None
        self._unpadded, self.encoder = UnpaddedEncoder(self.encoder, fp32_between=False), None

    def compile_ahead(self) -> None:
        """Compile what reading needs, of a frozen model: see `UnpaddedEncoder.compile_ahead`."""
        assert self._unpadded is not None, "the model is not frozen"
        self._unpadded.compile_ahead()

    def padded(self, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        """Last hidden states of inputs of one length, (n, t, hidden), for training."""
        assert self.encoder is not None, "the model is frozen"
        hidden: Tensor = self.encoder(
            input_ids=ids, attention_mask=mask, token_type_ids=types
        ).last_hidden_state
        return hidden

    def read(self, ids: Sequence[list[int]], types: Sequence[list[int]]) -> list[Tensor]:
        """Last hidden states of each input in its own length, (t, hidden), without gradients."""
        if self._unpadded is not None:
            return self._unpadded(ids, types)
        assert self.encoder is not None
        return UnpaddedEncoder(self.encoder, fp32_between=False)(ids, types)


def packaged_encoder(folder: Path, attention: str) -> BertModel:
    """The network of the packaged model in `folder`, with its weights and without its pooling."""
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    # Read in with its pooling, which is in the file: what is left over there is complained of.
    encoder: BertModel = BertModel.from_pretrained(
        str(folder), attn_implementation=attention, dtype=torch.float32
    )
    encoder.pooler = None
    encoder.train()
    return encoder


def save_tuned(model: nn.Module, path: Path, card: dict[str, str]) -> None:
    """Write what training changed of a model whose `encoder` is packaged; `card` goes into the metadata."""
    kept = {
        name: tensor.half().contiguous()
        for name, tensor in model.state_dict().items()
        if not name.startswith(_UNCHANGED)
    }
    save_file(kept, path, metadata={"card": json.dumps(card, sort_keys=True)})


def load_tuned(model: nn.Module, path: Path) -> None:
    """Put the weights of `path` into a new model. Raises ValueError where they are another network's."""
    weights = {name: tensor.float() for name, tensor in load_file(path).items()}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    stray = [name for name in missing if not name.startswith(_UNCHANGED)] + unexpected
    if stray:
        raise ValueError(f"{path.name} does not fit the network: {stray[:3]}")
    model.eval()
