"""The networks as they are trained: a transformer over tokens, and the heads of a task on it.

Layers are those of BERT (Devlin et al. 2019), each norm behind its sum. `MiniLM` is what is packaged and runs
in `rag.models.unpadded`; `MPNet` (Song et al. 2020) is the larger one that teaches it. Both read the packaged
vocabulary, and have heads of the same names. Word embeddings stay as they are in either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from rag.models.logits import UNLIKELY
from rag.models.processor import has_bf16
from training.packed import Task

DROPOUT = 0.1
CLS, SEP = 101, 102
# MPNet's vocabulary is BERT's behind four marks of its own, of which three stand for BERT's.
_SHIFT, _MPNET_CLS, _MPNET_PAD, _MPNET_SEP = 4, 0, 1, 2
_FIRST_PLACE = 2
_BUCKETS_EACH_WAY, _EXACT, _FARTHEST = 16, 8, 128


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a transformer: `words` and `places` are rows of embeddings, `eps` is the norms'."""

    layers: int
    attention_heads: int
    hidden: int
    inner: int
    words: int
    places: int
    eps: float


@dataclass(frozen=True, slots=True)
class Logits:
    """What the heads say of n inputs of t tokens.

    `rows`: answers, (n, 1), or supported and contradicted, (n, 2). `tokens`: start, end and evidence,
    (n, t, 3), or doubt, (n, t, 1).
    """

    rows: Tensor
    tokens: Tensor


class Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.attention_heads
        # Query, key and value in one product.
        self.joined = nn.Linear(shape.hidden, 3 * shape.hidden)
        self.attended = nn.Linear(shape.hidden, shape.hidden)
        self.first_norm = nn.LayerNorm(shape.hidden, shape.eps)
        self.up = nn.Linear(shape.hidden, shape.inner)
        self.down = nn.Linear(shape.inner, shape.hidden)
        self.last_norm = nn.LayerNorm(shape.hidden, shape.eps)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Hidden states, (n, t, hidden), and what is added to attention, or where it may look."""
        n, t, hidden = x.shape
        query, key, value = self.joined(x).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        # Attention's own weights have no dropout: drawing it would take most of a step's time.
        read = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        read = self.attended(read.transpose(1, 2).reshape(n, t, hidden))
        x = self.first_norm(x + self._dropped(read))
        normed: Tensor = self.last_norm(x + self._dropped(self.down(functional.gelu(self.up(x)))))
        return normed

    def _dropped(self, x: Tensor) -> Tensor:
        return functional.dropout(x, DROPOUT, self.training)


class MiniLM(nn.Module):
    """The packaged encoder. Its embeddings and their norm, which no weights file holds, stay as they are.

    `dtype` is what layers compute in; None for what is best on the device.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.dtype: torch.dtype | None = None
        self.words = nn.Parameter(torch.zeros(shape.words, shape.hidden), requires_grad=False)
        self.places = nn.Parameter(torch.zeros(shape.places, shape.hidden), requires_grad=False)
        self.types = nn.Parameter(torch.zeros(2, shape.hidden), requires_grad=False)
        self.norm = nn.LayerNorm(shape.hidden, shape.eps).requires_grad_(False)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))

    def forward(self, ids: Tensor, mask: Tensor, second: Tensor) -> Tensor:
        """Tokens, (n, t), which of them are no padding, and where segment 1 begins, (n,)
        -> last hidden states, float32, (n, t, hidden).
        """
        dtype = self.dtype or compute_dtype(ids.device)
        t = ids.shape[1]
        types = (torch.arange(t, device=ids.device) >= second[:, None]).long()
        x = self.words[self.own_ids(ids, mask)].float() + self.own_places(t) + self.types[types]
        x = functional.dropout(self.norm(x), DROPOUT, self.training).to(dtype)
        bias = self.attention_bias(mask, dtype)
        with torch.autocast(ids.device.type, dtype=torch.bfloat16, enabled=dtype is torch.bfloat16):
            for layer in self.layers:
                x = layer(x, bias)
        return x.float()

    def own_ids(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Tokens of the packaged vocabulary as those of the network's own."""
        return ids

    def own_places(self, length: int) -> Tensor:
        return self.places[:length]

    def attention_bias(self, mask: Tensor, dtype: torch.dtype) -> Tensor:
        """For `scaled_dot_product_attention`: broadcasts to (n, heads, t, t)."""
        return mask[:, None, None, :]


class MPNet(MiniLM):
    """The teacher's encoder: attention leans on how far apart two tokens are. It has no segments of its own;
    what stands for them is learned, from nothing.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.types.requires_grad_(True)
        self.norm.requires_grad_(True)
        self.distances = nn.Parameter(
            torch.zeros(2 * _BUCKETS_EACH_WAY, shape.attention_heads), requires_grad=False
        )

    def own_ids(self, ids: Tensor, mask: Tensor) -> Tensor:
        own = ids + _SHIFT
        own = own.masked_fill(ids == CLS, _MPNET_CLS).masked_fill(ids == SEP, _MPNET_SEP)
        return own.masked_fill(~mask, _MPNET_PAD)

    def own_places(self, length: int) -> Tensor:
        return self.places[_FIRST_PLACE : _FIRST_PLACE + length]

    def attention_bias(self, mask: Tensor, dtype: torch.dtype) -> Tensor:
        near = self.distances[distance_buckets(mask.shape[1], mask.device)].permute(2, 0, 1)[None]
        never = torch.tensor(UNLIKELY, dtype=dtype, device=mask.device)
        return torch.where(mask[:, None, None, :], near.to(dtype), never).contiguous()


def distance_buckets(length: int, device: torch.device) -> Tensor:
    """The bucket of each key (column) as seen from each query (row), (length, length), in 0..31.

    Sixteen for what stands before, sixteen for what stands behind: the first eight for distances of 0 to 7,
    the others in equal steps of the logarithm up to 128, and the last for all beyond (Raffel et al. 2020,
    "T5", section 2.1; MPNet takes them over).
    """
    place = torch.arange(length, device=device)
    offset = place[None, :] - place[:, None]
    distance = offset.abs()
    steps = torch.log(distance.clamp(min=1) / _EXACT) / math.log(_FARTHEST / _EXACT)
    far = _EXACT + (steps * (_BUCKETS_EACH_WAY - _EXACT)).long()
    bucket = torch.where(distance < _EXACT, distance, far.clamp(max=_BUCKETS_EACH_WAY - 1))
    return bucket + _BUCKETS_EACH_WAY * (offset > 0)


class ReaderHeads(nn.Module):
    """As in `rag.models.reader_model`: over [CLS] and the mean of all tokens, and over each token."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.tokens = nn.Linear(hidden, 3)
        self.answerable = nn.Linear(2 * hidden, 1)

    def forward(self, hidden: Tensor, mask: Tensor, own: Tensor) -> Logits:
        return Logits(self.answerable(_pooled(hidden, mask)), self.tokens(hidden))


class EntailmentHeads(nn.Module):
    """As in `rag.verifying.entailment_model`: over [CLS] and the mean of the sentence, less its doubts."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.doubt = nn.Linear(hidden, 1)
        self.verdict = nn.Linear(2 * hidden, 2)
        self.doubt_weight = nn.Parameter(torch.tensor(0.5))

    def forward(self, hidden: Tensor, mask: Tensor, own: Tensor) -> Logits:
        doubts, verdict = self.doubt(hidden), self.verdict(_pooled(hidden, own))
        worst = doubts.squeeze(-1).masked_fill(~own, UNLIKELY).logsumexp(1)
        # Nothing said is nothing in doubt.
        worst = worst.masked_fill(~own.any(1), 0.0)
        rows = torch.stack([verdict[:, 0] - self.doubt_weight * worst, verdict[:, 1]], -1)
        return Logits(rows, doubts)


def _pooled(hidden: Tensor, chosen: Tensor) -> Tensor:
    weights = chosen.unsqueeze(-1).float()
    mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
    return torch.cat([hidden[:, 0], mean], -1)


class Network(nn.Module):
    """An encoder with the heads of a task."""

    def __init__(self, encoder: MiniLM, task: Task) -> None:
        super().__init__()
        hidden = encoder.types.shape[1]
        self.task = task
        self.encoder = encoder
        self.heads = ReaderHeads(hidden) if task == "reader" else EntailmentHeads(hidden)

    def forward(self, ids: Tensor, mask: Tensor, second: Tensor, own: Tensor) -> Logits:
        """`ids`, `mask` (no padding), `own` (own part), (n, t); `second`, (n,): where segment 1 begins."""
        logits: Logits = self.heads(self.encoder(ids, mask, second), mask, own)
        return logits


def compute_dtype(device: torch.device) -> torch.dtype:
    """What layers compute in: bf16 where the device has instructions for it; weights stay float32."""
    return torch.bfloat16 if device.type == "cuda" or has_bf16() else torch.float32
