"""The packaged encoder fine-tuned: how the project's own networks are kept and loaded.

Only what training changed is stored, in half precision: the encoder's layers and what stands on them. The
token embeddings stay those of the packaged model, which is checked by hash.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from rag.errors import ModelUnavailable
from rag.models.unpadded import UnpaddedEncoder
from rag.models.weights import BertWeights

if TYPE_CHECKING:
    from transformers import BertModel

HIDDEN = 384
_ENCODER = "encoder."


class TunedModel(nn.Module):
    """A network to read with, once its weights are there; what stands on the encoder is a subclass's."""

    def __init__(self) -> None:
        super().__init__()
        self._unpadded: UnpaddedEncoder | None = None

    def freeze(self, weights: BertWeights) -> None:
        """Read with these from now on."""
        self._unpadded = UnpaddedEncoder(weights, fp32_between=False)

    def compile_ahead(self) -> None:
        """Compile what reading needs, of a frozen model: see `UnpaddedEncoder.compile_ahead`."""
        assert self._unpadded is not None, "the model is not frozen"
        self._unpadded.compile_ahead()

    def read(self, ids: Sequence[list[int]], types: Sequence[list[int]]) -> list[Tensor]:
        """Last hidden states of each input in its own length, (t, hidden), without gradients."""
        assert self._unpadded is not None, "the model is not frozen"
        return self._unpadded(ids, types)


def packaged_encoder(folder: Path) -> BertModel:
    """The network of the packaged model in `folder`, as `transformers` has it, without its pooling."""
    from transformers import BertModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    # Read in with its pooling, which is in the file: what is left over there is complained of.
    encoder: BertModel = BertModel.from_pretrained(
        str(folder), attn_implementation="eager", dtype=torch.float32
    )
    encoder.pooler = None
    return encoder


def save_tuned(tensors: Mapping[str, Tensor], path: Path, card: Mapping[str, str]) -> None:
    """Write layers and heads in half precision; `card` goes into the metadata."""
    kept = {name: tensor.detach().half().cpu().contiguous() for name, tensor in tensors.items()}
    save_file(kept, path, metadata={"card": json.dumps(card, sort_keys=True)})


def load_frozen(model: TunedModel, folder: Path, path: Path) -> None:
    """Put the weights of `path`, over the packaged ones of `folder`, into a model without an encoder.

    Raises ModelUnavailable where they are another network's, or no weights.
    """
    packaged = BertWeights.in_folder(folder)
    try:
        tuned = {name: tensor.float() for name, tensor in load_file(path).items()}
        layers = {name: tuned.pop(name) for name in [*tuned] if name.startswith(_ENCODER)}
        _load(model, tuned, path)
        own = {name.removeprefix(_ENCODER): tensor for name, tensor in layers.items()}
        _require_none(path, own.keys() ^ {name for name in packaged.tensors if name.startswith("encoder.")})
        _require_none(path, [name for name in own if own[name].shape != packaged.tensors[name].shape])
    # A tensor of another size is a RuntimeError to torch.
    except (ValueError, RuntimeError, SafetensorError) as error:
        why = " ".join(str(error).split())
        raise ModelUnavailable(
            f"The weights in {path.name} cannot be used ({why}): install cableqa again."
        ) from error
    model.freeze(replace(packaged, tensors={**packaged.tensors, **own}))


def _load(model: nn.Module, weights: dict[str, Tensor], path: Path) -> None:
    missing, unexpected = model.load_state_dict(weights, strict=False)
    _require_none(path, missing + unexpected)
    model.eval()


def _require_none(path: Path, stray: Collection[str]) -> None:
    if stray:
        raise ValueError(f"{path.name} does not fit the network: {sorted(stray)[:3]}")
