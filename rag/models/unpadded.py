"""The layers of BERT as they are run: inputs of unequal length behind one another, none of them padded.

All that looks at one token alone runs over the tokens of a whole pass at once; only attention goes input by
input. (Zhai et al. 2023, "ByteTransformer".) Weights are laid out once, query, key and value as one product.

In bf16 products and attention are computed. For vectors, what is handed from layer to layer, sums and norms
stay float32: of the ten nearest neighbours of a chunk by fp32 .992 are found so, instead of .9895 with all of
it in bf16. Networks that judge hand bf16 on, which takes a tenth less time.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import torch
from torch import Tensor
from torch.nn import functional

from rag.models.processor import has_bf16, usable_cores
from rag.models.weights import BertWeights, Linear

# Bounds the memory: a layer's widest values of so many tokens are 6 MB.
PASS_TOKENS = 2_048
# The length for which weights are laid out; any other is multiplied with them too.
_USUAL_TOKENS = 1_024
# A pass is filled up to a multiple of the first, a longer one than usual to one of the second. oneDNN
# compiles its products anew for every number of tokens, and keeps them, some 3 MB: passes of any length took
# a server from 0.8 to 2 GB within 500 answers, and each its time.
_STEP, _LONG_STEP = 32, 128
LENGTHS = (*range(_STEP, _USUAL_TOKENS, _STEP), *range(_USUAL_TOKENS, PASS_TOKENS + 1, _LONG_STEP))
# As an input may be: attention of a whole pass would take longer than all else.
_AHEAD_TOKENS = 128
TURN_S = 5e-4

_Dense = Callable[[Tensor], Tensor]


def one_core_each() -> None:
    """Compute each pass on one core from now on, and as many at once as there are cores for this process.

    Two that share two cores both wait, and one on two cores waits at the end of each product.
    """
    torch.set_num_threads(1)


def take_short_turns() -> None:
    """Have whatever runs in Python let a pass go on after half a millisecond, from now on.

    A pass needs the interpreter between any two of its products, and waits for it as long as a turn lasts.
    Beside a thread that parses without a pause 64 texts took four times as long by the clock with Python's
    own 5 ms, and a fifth longer with these.
    """
    sys.setswitchinterval(TURN_S)


class UnpaddedEncoder:
    """`weights` as they are now, copied; bf16 where the processor computes in it.

    `fp32_between` layers, or what they compute in.
    """

    def __init__(
        self, weights: BertWeights, dtype: torch.dtype | None = None, *, fp32_between: bool = True
    ) -> None:
        dtype = dtype or (torch.bfloat16 if has_bf16() else torch.float32)
        self._between = torch.float32 if fp32_between else dtype
        self._words, self._places, self._types = (
            _frozen(weights.tensors[f"embeddings.{name}_embeddings.weight"], dtype)
            for name in ("word", "position", "token_type")
        )
        self._norm = _norm(weights, "embeddings.LayerNorm", self._between)
        self._layers = [
            _Layer(weights, f"encoder.layer.{number}", dtype, self._between)
            for number in range(weights.layers)
        ]
        # More at once than there are cores for only fight for them.
        at_once = max(1, usable_cores() // torch.get_num_threads())
        self._at_once = at_once
        self._slots = threading.Semaphore(at_once)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="cableqa-pass")

    def __call__(self, ids: Sequence[list[int]], types: Sequence[list[int]]) -> list[Tensor]:
        """Token ids and segment types of each input -> its last hidden states, float32, (t, hidden)."""
        parts = passes([len(row) for row in ids], self._at_once)
        if len(parts) == 1 or self._at_once == 1:
            hidden = [self._pass(ids[part], types[part]) for part in parts]
        else:
            inputs = [(ids[part], types[part]) for part in parts]
            hidden = list(self._threads.map(lambda both: self._pass(*both), inputs))
        return list(chain.from_iterable(hidden))

    @torch.inference_mode()
    def compile_ahead(self) -> None:
        """Compile for every length of a pass, a second's work.

        Otherwise the first answer of each length waits for it, and a server grows for as long as there is one
        that it has not met.

        All layers are of one shape, so that the first does for all.
        """
        width = self._words.shape[1]
        for tokens in LENGTHS:
            whole, rest = divmod(tokens, _AHEAD_TOKENS)
            inputs = [_AHEAD_TOKENS] * whole + ([rest] if rest else [])
            self._layers[0](torch.zeros(tokens, width, dtype=self._between), inputs)

    @torch.inference_mode()
    def _pass(self, ids: Sequence[list[int]], types: Sequence[list[int]]) -> Sequence[Tensor]:
        with self._slots:
            return self._read(ids, types)

    def _read(self, ids: Sequence[list[int]], types: Sequence[list[int]]) -> Sequence[Tensor]:
        lengths = [len(row) for row in ids]
        tokens = sum(lengths)
        spare = filled_up(tokens) - tokens
        x = self._words[torch.tensor([token for row in ids for token in row])].to(self._between)
        x += self._types[torch.tensor([one for row in types for one in row])]
        x += torch.cat([self._places[:length] for length in lengths])
        x = functional.pad(self._norm(x), (0, 0, 0, spare))
        # What fills up is an input of its own, which nobody reads.
        filled = [*lengths, spare] if spare else lengths
        for layer in self._layers:
            x = layer(x, filled)
        return torch.split(x[:tokens].float(), lengths)


class _Layer:
    def __init__(self, weights: BertWeights, name: str, dtype: torch.dtype, between: torch.dtype) -> None:
        attention = f"{name}.attention"
        asked = [weights.linear(f"{attention}.self.{part}") for part in ("query", "key", "value")]
        self._heads = weights.heads
        self._dtype = dtype
        self._asked = _dense(asked, dtype)
        self._joined = _dense_added(weights.linear(f"{attention}.output.dense"), dtype, between)
        self._joined_norm = _norm(weights, f"{attention}.output.LayerNorm", between)
        self._wide = _dense([weights.linear(f"{name}.intermediate.dense")], dtype, gelu=True)
        self._narrow = _dense_added(weights.linear(f"{name}.output.dense"), dtype, between)
        self._norm = _norm(weights, f"{name}.output.LayerNorm", between)

    def __call__(self, x: Tensor, lengths: list[int]) -> Tensor:
        asked = self._asked(x.to(self._dtype))
        attended = torch.cat([self._attend(own) for own in torch.split(asked, lengths)])
        x = self._joined_norm(self._joined(attended, x))
        return self._norm(self._narrow(self._wide(x.to(self._dtype)), x))

    def _attend(self, asked: Tensor) -> Tensor:
        """Query, key and value of one input, (t, 3 * hidden) -> (t, hidden)."""
        t, width = len(asked), asked.shape[1] // 3
        query, key, value = asked.view(1, t, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(query, key, value)
        return attended.transpose(1, 2).reshape(t, width)


def passes(lengths: Sequence[int], at_once: int) -> list[slice]:
    """Inputs that follow one another, of `PASS_TOKENS` together or a single longer one.

    As many as come out even for `at_once`, each with its share of what is left: where one is shorter than the
    others, a core waits at the end. None that need not is shorter than `_USUAL_TOKENS`.
    """
    left = sum(lengths)
    rounds = -(-left // (PASS_TOKENS * at_once))
    parts: list[slice] = []
    start = tokens = room = 0
    for place, length in enumerate(lengths):
        if place > start and tokens + length > room:
            parts.append(slice(start, place))
            start, left, tokens = place, left - tokens, 0
        if tokens == 0:
            share = -(-left // max(rounds * at_once - len(parts), 1))
            room = min(filled_up(max(share, _USUAL_TOKENS)), PASS_TOKENS)
        tokens += length
    if lengths:
        parts.append(slice(start, len(lengths)))
    return parts


def filled_up(tokens: int) -> int:
    """With how many tokens a pass of so many is computed."""
    step = _STEP if tokens <= _USUAL_TOKENS else _LONG_STEP
    return -(-tokens // step) * step


def _frozen(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    return tensor.detach().to(dtype, copy=True).contiguous()


def _norm(weights: BertWeights, name: str, dtype: torch.dtype) -> _Dense:
    weight, bias = (_frozen(part, dtype) for part in weights.linear(name))
    eps = weights.norm_eps
    return lambda x: functional.layer_norm(x, weight.shape, weight, bias, eps)


def _dense(parts: Sequence[Linear], dtype: torch.dtype, *, gelu: bool = False) -> _Dense:
    """Linear layers of the same input as one product, and GELU of it where that follows."""
    weight, bias = (_frozen(torch.cat(every), dtype) for every in zip(*parts, strict=True))
    if not _is_laid_out(dtype):
        if gelu:
            return lambda x: functional.gelu(functional.linear(x, weight, bias))
        return lambda x: functional.linear(x, weight, bias)
    packed = _packed(weight)
    product = torch.ops.mkldnn._linear_pointwise.default
    # GELU is taken of the sums before they are rounded and written, and not of all of them read again.
    after, form = ("gelu", "none") if gelu else ("none", "")
    return lambda x: product(x, packed, bias, after, [], form)


def _dense_added(
    part: Linear, dtype: torch.dtype, between: torch.dtype
) -> Callable[[Tensor, Tensor], Tensor]:
    """A linear layer of the first input, and the second added to it, of type `between`."""
    if between is not dtype or not _is_laid_out(dtype):
        apart = _dense([part], dtype)
        return lambda x, to: apart(x).to(between).add_(to)
    weight, bias = (_frozen(each, dtype) for each in part)
    packed = _packed(weight)
    product = torch.ops.mkldnn._linear_pointwise.binary
    return lambda x, to: product(x, to, packed, bias, "add")


def _is_laid_out(dtype: torch.dtype) -> bool:
    return dtype is torch.bfloat16 and has_bf16()


def _packed(weight: Tensor) -> Tensor:
    """In the order in which oneDNN multiplies it, once and not for every product: a quarter of its time."""
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, _USUAL_TOKENS)
    return packed
