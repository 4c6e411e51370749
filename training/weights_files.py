"""Networks out of folders and weights files, and back into the file that `rag.models.tuned` loads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from rag.models.reader_model import UNCALIBRATED
from rag.models.tuned import save_tuned
from rag.models.weights import BertWeights
from training.network import Layer, MiniLM, MPNet, Network, Shape
from training.packed import Task

# What BERT and MPNet call the parts of a layer; query, key and value are apart in both.
_OF_BERT = {
    "attended": "attention.output.dense", "first_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense", "down": "output.dense", "last_norm": "output.LayerNorm",
}  # fmt: skip
_OF_MPNET = {**_OF_BERT, "attended": "attention.attn.o", "first_norm": "attention.LayerNorm"}
_QUERY_KEY_VALUE = tuple(f"attention.self.{name}" for name in ("query", "key", "value"))
_QUERY_KEY_VALUE_OF_MPNET = tuple(f"attention.attn.{name}" for name in "qkv")


def student(task: Task, folder: Path, start: Path | None) -> Network:
    """MiniLM with the packaged weights of `folder`, its layers those of the weights file `start` where given.

    The heads are those of `start` where it is of the same task, else new.
    """
    weights = BertWeights.in_folder(folder)
    tuned = load_file(start) if start else {}
    tensors = {**weights.tensors, **{k.removeprefix("encoder."): v for k, v in tuned.items()}}
    encoder = MiniLM(_shape(tensors, weights.layers, weights.heads, weights.norm_eps))
    _put_embeddings(encoder, tensors)
    _put(encoder.types, tensors["embeddings.token_type_embeddings.weight"])
    _put_layers(encoder, tensors, _QUERY_KEY_VALUE, _OF_BERT)
    network = Network(encoder, task)
    own = {name: tuned[name].float() for name in network.heads.state_dict() if name in tuned}
    if own:
        network.heads.load_state_dict(own)
    return network


def teacher(task: Task, folder: Path) -> Network:
    """MPNet with the weights of a sentence-transformers folder (all-mpnet-base-v2), and new heads.

    Raises ValueError where the folder's model is another.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config["model_type"] != "mpnet":
        raise ValueError(f"{folder} holds a {config['model_type']}, and the teacher is an mpnet.")
    tensors = {k.removeprefix("mpnet."): v for k, v in load_file(folder / "model.safetensors").items()}
    encoder = MPNet(
        _shape(tensors, config["num_hidden_layers"], config["num_attention_heads"], config["layer_norm_eps"])
    )
    _put_embeddings(encoder, tensors)
    _put(encoder.distances, tensors["encoder.relative_attention_bias.weight"])
    _put_layers(encoder, tensors, _QUERY_KEY_VALUE_OF_MPNET, _OF_MPNET)
    return Network(encoder, task)


def _shape(tensors: Mapping[str, Tensor], layers: int, heads: int, eps: float) -> Shape:
    inner, hidden = tensors["encoder.layer.0.intermediate.dense.weight"].shape
    words, places = (len(tensors[f"embeddings.{name}_embeddings.weight"]) for name in ("word", "position"))
    return Shape(layers, heads, hidden, inner, words, places, eps)


def _put_embeddings(encoder: MiniLM, tensors: Mapping[str, Tensor]) -> None:
    _put(encoder.words, tensors["embeddings.word_embeddings.weight"])
    _put(encoder.places, tensors["embeddings.position_embeddings.weight"])
    _put_both(encoder.norm, tensors, "embeddings.LayerNorm")


def _put_layers(
    encoder: MiniLM, tensors: Mapping[str, Tensor], apart: tuple[str, ...], names: Mapping[str, str]
) -> None:
    for number, layer in enumerate(encoder.layers):
        assert isinstance(layer, Layer)
        at = f"encoder.layer.{number}."
        for kind in ("weight", "bias"):
            joined = torch.cat([tensors[f"{at}{name}.{kind}"] for name in apart])
            _put(layer.joined.get_parameter(kind), joined)
        for part, name in names.items():
            _put_both(layer.get_submodule(part), tensors, at + name)


def _put_both(part: nn.Module, tensors: Mapping[str, Tensor], name: str) -> None:
    for kind in ("weight", "bias"):
        _put(part.get_parameter(kind), tensors[f"{name}.{kind}"])


@torch.no_grad()
def _put(parameter: nn.Parameter, value: Tensor) -> None:
    parameter.copy_(value)


def export(network: Network, path: Path, card: dict[str, str]) -> None:
    """Write a student as `rag.models.tuned` loads it: layers and heads, not the packaged embeddings.

    A reader has no calibration yet: `calibrate_reader.py` finds it.
    """
    tensors = dict(network.heads.state_dict())
    if network.task == "reader":
        tensors["calibration"] = torch.tensor(UNCALIBRATED)
    for number, layer in enumerate(network.encoder.layers):
        assert isinstance(layer, Layer)
        at = f"encoder.encoder.layer.{number}."
        for kind in ("weight", "bias"):
            apart = layer.joined.get_parameter(kind).chunk(3)
            tensors |= {f"{at}{n}.{kind}": part for n, part in zip(_QUERY_KEY_VALUE, apart, strict=True)}
            for part, name in _OF_BERT.items():
                tensors[f"{at}{name}.{kind}"] = layer.get_submodule(part).get_parameter(kind)
    save_tuned(tensors, path, card)


def mean_of(paths: list[Path]) -> dict[str, Tensor]:
    """The mean of several weights files of one task, float32 (Wortsman et al. 2022, "Model soups").

    Raises ValueError where one has other tensors than the first.
    """
    first, *others = (load_file(path) for path in paths)
    for path, other in zip(paths[1:], others, strict=True):
        if {k: v.shape for k, v in other.items()} != {k: v.shape for k, v in first.items()}:
            raise ValueError(f"{path.name} is of another network than {paths[0].name}.")
    return {
        name: torch.stack([weights[name].float() for weights in (first, *others)]).mean(0) for name in first
    }


def card_of(path: Path) -> dict[str, str]:
    """The card in a weights file's metadata."""
    with safe_open(path, framework="pt") as file:
        card: dict[str, str] = json.loads((file.metadata() or {}).get("card", "{}"))
    return card


def file_digest(path: Path) -> str:
    """Twelve hexadecimal digits of a file's SHA-256, to name it by in a card."""
    return sha256(path.read_bytes()).hexdigest()[:12]
