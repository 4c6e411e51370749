"""The reader's network and its weights file.

Only what training changed is stored: the encoder's layers in half precision, the heads, and the
calibration. The token embeddings stay those of the packaged model, which is checked by hash.
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
# What the token head says of a token: the answer starts here, ends here, or its sentence answers.
START, END, EVIDENCE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Scored:
    """One input as scored: the logit that the passage answers, and the logits of its tokens, (t, 3)."""

    answers: float
    tokens: Tensor


class ReaderModel(nn.Module):
    """MiniLM with a head for tokens and one for answerability, the latter over [CLS] and the mean token."""

    def __init__(self, folder: Path, attention: str = "sdpa") -> None:
        super().__init__()
        config = BertConfig.from_pretrained(str(folder), attn_implementation=attention)
        self.encoder = BertModel(config, add_pooling_layer=False)
        packaged = load_file(folder / "model.safetensors")
        wanted = self.encoder.state_dict().keys()
        self.encoder.load_state_dict({name: packaged[name] for name in wanted})
        self.tokens = nn.Linear(HIDDEN, 3)
        self.answerable = nn.Linear(2 * HIDDEN, 1)
        # Platt scaling: weights of answerability, of the span's lead, of the best sentence, and a bias.
        self.calibration = nn.Parameter(torch.tensor([1.0, 0.0, 0.0, 0.0]), requires_grad=False)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        """Token ids, (n, t) -> token logits, (n, t, 3), and answerability logits, (n,)."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1)
        return self.tokens(hidden), self.answerable(torch.cat([hidden[:, 0], mean], -1)).squeeze(-1)

    @torch.inference_mode()
    def score(self, ids: Sequence[list[int]], types: Sequence[list[int]]) -> list[Scored]:
        """One `Scored` for each input, of its own length."""
        mask = _padded([[1] * len(row) for row in ids])
        tokens, answerable = self(_padded(ids), mask, _padded(types))
        return [
            Scored(float(answer), logits[: len(row)])
            for row, logits, answer in zip(ids, tokens.float(), answerable.float(), strict=True)
        ]


def _padded(rows: Sequence[list[int]]) -> Tensor:
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


def save_reader_model(model: ReaderModel, path: Path, card: dict[str, str]) -> None:
    """Write what training changed; `card` is kept in the file's metadata."""
    kept = {
        name: tensor.half().contiguous()
        for name, tensor in model.state_dict().items()
        if not name.startswith("encoder.embeddings.")
    }
    save_file(kept, path, metadata={"card": json.dumps(card, sort_keys=True)})


def load_reader_model(folder: Path, path: Path, attention: str = "sdpa") -> ReaderModel:
    """The network with the packaged embeddings of `folder` and the weights of `path`, ready to read."""
    model = ReaderModel(folder, attention)
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
