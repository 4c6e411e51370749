"""Any sentence-transformers CrossEncoder as an entailment model, by name or folder."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ModelUnavailable
from rag.verifying.entailment import CONTEXT_TOKENS, WINDOW_TOKENS, Entailed, Pair
from rag.verifying.excerpt import choose_sentences

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder
    from torch import Tensor

_SUPPORTING = ("entail", "support", "consistent", "factual")
_CONTRADICTING = ("contradict", "refute")
_NEGATED = ("not", "non", "in", "un")
_LEAST = 1e-6


class CrossEncoderEntailment:
    """A CrossEncoder that reads (evidence, sentence); its labels say which of its outputs is support.

    One output is taken as the logit of support, several as classes.
    """

    def __init__(self, model: CrossEncoder, name: str) -> None:
        self.name = name
        self._model = model
        self._supporting, self._contradicting = _label_places(model, name)
        self._lock = threading.Lock()

    def judge(self, pairs: Sequence[Pair]) -> list[Entailed]:
        """Evidence longer than the model's window is cut to the sentences that share most with the claim."""
        if not pairs:
            return []
        with self._lock:
            texts = [(self._evidence(pair), pair.sentence) for pair in pairs]
            scores = self._model.predict(texts, activation_fn=_unchanged, show_progress_bar=False)
            rows = scores.tolist()
        return [self._entailed(row if isinstance(row, list) else [row]) for row in rows]

    def _evidence(self, pair: Pair) -> str:
        tokenizer = self._model.tokenizer
        context = f"{pair.context}. " if pair.context else ""
        window = int(self._model.max_seq_length or WINDOW_TOKENS)
        room = window - CONTEXT_TOKENS - len(tokenizer(pair.sentence)["input_ids"]) - 4
        offsets = tokenizer(pair.evidence, add_special_tokens=False, return_offsets_mapping=True)[
            "offset_mapping"
        ]
        if len(offsets) <= room:
            return context + pair.evidence
        spans = choose_sentences(pair.sentence, pair.evidence, offsets, max(room, 1))
        return context + " ".join(pair.evidence[s.start : s.end] for s in spans)

    def _entailed(self, row: list[float]) -> Entailed:
        if len(row) == 1:
            return Entailed(row[0], -row[0])
        highest = max(row)
        shares = [math.exp(logit - highest) for logit in row]
        total = sum(shares)
        contradicted = 0.0 if self._contradicting is None else shares[self._contradicting] / total
        return Entailed(_logit(shares[self._supporting] / total), _logit(contradicted))


def _unchanged(logits: Tensor) -> Tensor:
    return logits


def _logit(share: float) -> float:
    share = min(max(share, _LEAST), 1 - _LEAST)
    return math.log(share / (1 - share))


def _label_places(model: CrossEncoder, name: str) -> tuple[int, int | None]:
    """Which outputs say "supported" and "contradicted". Raises ModelUnavailable where no label does."""
    named = getattr(model.config, "id2label", None) or {0: ""}
    labels = {int(at): str(label).lower() for at, label in named.items()}
    if len(labels) == 1:
        return 0, None
    supporting = [
        at
        for at, label in sorted(labels.items())
        if any(word in label and not label.startswith(_NEGATED) for word in _SUPPORTING)
    ]
    contradicting = [at for at, label in sorted(labels.items()) if any(w in label for w in _CONTRADICTING)]
    if not supporting:
        raise ModelUnavailable(
            f"The model {name!r} has the labels {', '.join(labels.values())}; none of them says that "
            "evidence supports a sentence. CABLEQA_ENTAILMENT takes a CrossEncoder for entailment (labels "
            "such as entailment, neutral, contradiction) or one with a single output.",
            model=name,
        )
    return supporting[0], contradicting[0] if contradicting else None


def load_cross_encoder(name: str) -> CrossEncoderEntailment:
    """Load a model by name on a hub, or from a folder. Raises ModelUnavailable, saying what to do."""
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = CrossEncoder(name)
    # A hub, a folder and a broken file each fail in their own way; all of them mean the same here.
    except Exception as error:
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelUnavailable(
            f"The entailment model {name!r} cannot be loaded ({first_line}). CABLEQA_ENTAILMENT takes "
            "'packaged' (the default, no download), 'none', a folder with a sentence-transformers "
            "CrossEncoder, or a name on the model hub that this machine can reach.",
            model=name,
        ) from error
    return CrossEncoderEntailment(model, Path(name).name)
