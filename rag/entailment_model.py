"""The entailment network and its weights file.

Only what training changed is stored: the encoder's layers in half precision, the heads, and the weights of
the last weighing. The token embeddings stay those of the packaged model, which is checked by hash.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

HIDDEN = 384
_UNLIKELY = -1e4


@dataclass(frozen=True, slots=True)
class Encoded:
    """One input: token ids and segment types, and which tokens are the sentence's."""

    ids: list[int]
    types: list[int]
    sentence: range


@dataclass(frozen=True, slots=True)
class Logits:
    """One input as scored: the verdict's logits, and the doubt in each token of the sentence."""

    supported: float
    contradicted: float
    doubts: list[float]


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs of one length, padded; `sentence`, (n, t), is 1 on the tokens of the sentence."""

    ids: Tensor
    mask: Tensor
    types: Tensor
    sentence: Tensor


def collate(inputs: Sequence[Encoded]) -> Batch:
    """Inputs as tensors of the length of the longest."""
    length = max(len(one.ids) for one in inputs)

    def padded(rows: list[list[int]]) -> Tensor:
        return torch.tensor([row + [0] * (length - len(row)) for row in rows])

    sentence = torch.zeros(len(inputs), length)
    for row, one in zip(sentence, inputs, strict=True):
        row[one.sentence.start : one.sentence.stop] = 1
    return Batch(
        padded([one.ids for one in inputs]),
        padded([[1] * len(one.ids) for one in inputs]),
        padded([one.types for one in inputs]),
        sentence,
    )


class EntailmentModel(nn.Module):
    """MiniLM with a head for doubt in each token and one over [CLS] and the mean token of the sentence.

    A sentence is as doubtful as its most doubtful words: their log-sum-exp is taken from its support.
    """

    def __init__(self, folder: Path, attention: str = "sdpa") -> None:
        super().__init__()
        config = BertConfig.from_pretrained(str(folder), attn_implementation=attention)
        self.encoder = BertModel(config, add_pooling_layer=False)
        packaged = load_file(folder / "model.safetensors")
        wanted = self.encoder.state_dict().keys()
        self.encoder.load_state_dict({name: packaged[name] for name in wanted})
        self.doubt = nn.Linear(HIDDEN, 1)
        self.verdict = nn.Linear(2 * HIDDEN, 2)
        self.doubt_weight = nn.Parameter(torch.tensor(0.5))

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits of supported and contradicted, (n, 2), and of doubt in every token, (n, t)."""
        hidden = self.encoder(
            input_ids=batch.ids, attention_mask=batch.mask, token_type_ids=batch.types
        ).last_hidden_state
        weights = batch.sentence.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
        # The encoder may compute in half precision; the heads do not.
        pooled = torch.cat([hidden[:, 0], mean], -1).float()
        with torch.autocast("cpu", enabled=False):
            doubts = self.doubt(hidden.float()).squeeze(-1)
            verdict = self.verdict(pooled)
        worst = doubts.masked_fill(batch.sentence == 0, _UNLIKELY).logsumexp(1)
        # Nothing said is nothing in doubt.
        worst = worst.masked_fill(batch.sentence.sum(1) == 0, 0.0)
        return torch.stack([verdict[:, 0] - self.doubt_weight * worst, verdict[:, 1]], -1), doubts

    @torch.inference_mode()
    def score(self, inputs: Sequence[Encoded]) -> list[Logits]:
        """One `Logits` for each input, in their order."""
        verdicts, doubts = self(collate(inputs))
        return [
            Logits(float(verdict[0]), float(verdict[1]), row[one.sentence.start : one.sentence.stop].tolist())
            for one, verdict, row in zip(inputs, verdicts, doubts, strict=True)
        ]


def save_entailment_model(model: EntailmentModel, path: Path, card: dict[str, str]) -> None:
    """Write what training changed; `card` is kept in the file's metadata."""
    kept = {
        name: tensor.half().contiguous()
        for name, tensor in model.state_dict().items()
        if not name.startswith("encoder.embeddings.")
    }
    save_file(kept, path, metadata={"card": json.dumps(card, sort_keys=True)})


def load_entailment_model(folder: Path, path: Path, attention: str = "sdpa") -> EntailmentModel:
    """The network with the packaged embeddings of `folder` and the weights of `path`, ready to judge."""
    model = EntailmentModel(folder, attention)
    weights = {name: tensor.float() for name, tensor in load_file(path).items()}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    stray = [name for name in missing if not name.startswith("encoder.embeddings.")] + unexpected
    if stray:
        raise ValueError(f"{path.name} does not fit the network: {stray[:3]}")
    return model.eval()


def read_card(path: Path) -> dict[str, str]:
    """What the weights file says of itself."""
    with safe_open(path, framework="pt") as file:
        card: dict[str, str] = json.loads(file.metadata()["card"])
    return card
