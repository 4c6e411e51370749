"""The reader's network and its weights file.

Only what training changed is stored: the encoder's layers in half precision, the two heads, and the
calibration. The token embeddings stay those of the packaged model, which is checked by hash.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

HIDDEN = 384


class ReaderModel(nn.Module):
    """MiniLM with a span head (start, end) and an answerability head over [CLS] and the mean token."""

    def __init__(self, folder: Path, attention: str = "sdpa") -> None:
        super().__init__()
        config = BertConfig.from_pretrained(str(folder), attn_implementation=attention)
        self.encoder = BertModel(config, add_pooling_layer=False)
        packaged = load_file(folder / "model.safetensors")
        wanted = self.encoder.state_dict().keys()
        self.encoder.load_state_dict({name: packaged[name] for name in wanted})
        self.span = nn.Linear(HIDDEN, 2)
        self.answerable = nn.Linear(2 * HIDDEN, 1)
        # Platt scaling of the two scores: weights of answerability and of the span's lead, and a bias.
        self.calibration = nn.Parameter(torch.tensor([1.0, 0.0, 0.0]), requires_grad=False)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        """Token ids, (n, t) -> span logits, (n, t, 2), and answerability logits, (n,)."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1)
        return self.span(hidden), self.answerable(torch.cat([hidden[:, 0], mean], -1)).squeeze(-1)

    @torch.inference_mode()
    def score(
        self, ids: Sequence[list[int]], types: Sequence[list[int]]
    ) -> list[tuple[float, Tensor, Tensor]]:
        """For each input: confidence in 0..1, start logits, (t,), end logits, (t,)."""
        mask = _padded([[1] * len(row) for row in ids])
        spans, answerable = self(_padded(ids), mask, _padded(types))
        scored = []
        for row, (logits, answer) in enumerate(zip(spans.float(), answerable.float(), strict=True)):
            starts, ends = logits[: len(ids[row])].unbind(-1)
            lead = starts[1:].max() + ends[1:].max() - starts[0] - ends[0]
            a, b, c = self.calibration.unbind()
            scored.append((float(torch.sigmoid(a * answer + b * lead + c)), starts, ends))
        return scored


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


def load_reader_model(folder: Path, path: Path) -> ReaderModel:
    """The network with the packaged embeddings of `folder` and the weights of `path`, ready to read."""
    model = ReaderModel(folder)
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
