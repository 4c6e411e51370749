"""Entailment: whether a passage bears a sentence out in whatever words, as a small model sees it.

The project's own model is the packaged MiniLM with its six layers fine-tuned, a head for the verdict and
one that says which words of the sentence are in doubt.
`training/train_student.py` makes it; the card beside the weights gives its data and figures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Protocol

from rag.errors import ModelUnavailable
from rag.text.context import context_line
from rag.types import CableHeader, Paragraph
from rag.verifying.excerpt import choose_sentences

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from rag.verifying.entailment_model import Encoded, EntailmentModel, Logits

WEIGHTS = "entailment.safetensors"
# Sentence, context and evidence together; of longer evidence the sentences are read that share most with it.
WINDOW_TOKENS = 288
SENTENCE_TOKENS = 112
CONTEXT_TOKENS = 40
# Telegrams break words at the end of a line: "INTERES- TED".
_BROKEN = re.compile(r"(?<=[^\W\d_])-\s+(?=[^\W\d_])(?!(?i:and|or|to)\b)")


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and what is to bear it out; `context` is what the cable's header makes known."""

    sentence: str
    context: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Entailed:
    """One pair as judged: logits that it is supported and that it is contradicted, and the doubtful words.

    `doubts` are the logits of the sentence's most doubtful tokens, the highest first, and `words` the most
    doubtful word itself, empty where the model does not say.
    """

    supported: float
    contradicted: float
    doubts: tuple[float, ...] = ()
    words: str = ""


class Entailment(Protocol):
    """Judges pairs: one `Entailed` for each, in their order."""

    name: str

    def judge(self, pairs: Sequence[Pair]) -> list[Entailed]: ...


@dataclass(frozen=True, slots=True)
class EncodedPair:
    """A pair as an input, and where the tokens of its sentence stand."""

    input: Encoded
    offsets: list[tuple[int, int]]


class PairEncoder:
    """Pairs as inputs: [CLS] sentence [SEP] context [SEP] evidence [SEP]."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._cls, self._sep = (tokenizer.encode("").ids[i] for i in (0, -1))

    def encode(self, pair: Pair) -> EncodedPair:
        from rag.verifying.entailment_model import Encoded

        said = self._tokenizer.encode(pair.sentence, add_special_tokens=False)
        n = min(len(said.ids), SENTENCE_TOKENS)
        head = [self._cls, *said.ids[:n], self._sep]
        context = self._tokenizer.encode(pair.context, add_special_tokens=False).ids[:CONTEXT_TOKENS]
        head += [*context, self._sep]
        evidence = _BROKEN.sub("", pair.evidence)
        read = self._tokenizer.encode(evidence, add_special_tokens=False)
        room = WINDOW_TOKENS - len(head) - 1
        ids = list(read.ids)
        if len(ids) > room:
            spans = choose_sentences(pair.sentence, evidence, read.offsets, room)
            ids = [
                token
                for token, (start, _) in zip(read.ids, read.offsets, strict=True)
                if any(s.start <= start < s.end for s in spans)
            ][:room]
        types = [0] * len(head) + [1] * (len(ids) + 1)
        encoded = Encoded([*head, *ids, self._sep], types, range(1, 1 + n))
        return EncodedPair(encoded, list(said.offsets[:n]))


def context_of(header: CableHeader, paragraph: Paragraph) -> str:
    """What a paragraph leaves unsaid and a sentence about it may name: who reported, when, about what.

    Example: ``"Embassy Tallinn. April 2007. HARBOR FEES RISE. comment"``.
    """
    return context_line(header, paragraph, with_day=True)


class MiniLMEntailment:
    """The packaged MiniLM, fine-tuned to judge; computes in bf16 where the processor does."""

    name = "minilm-entailment-2"

    def __init__(self, model: EntailmentModel, tokenizer: Tokenizer) -> None:
        self._model = model
        self._pairs = PairEncoder(tokenizer)

    def judge(self, pairs: Sequence[Pair]) -> list[Entailed]:
        """All pairs go through the network together."""
        if not pairs:
            return []
        encoded = [self._pairs.encode(pair) for pair in pairs]
        logits = self._model.score([one.input for one in encoded])
        return [
            _entailed(pair.sentence, one.offsets, logits[at])
            for at, (pair, one) in enumerate(zip(pairs, encoded, strict=True))
        ]


def _entailed(sentence: str, offsets: Sequence[tuple[int, int]], logits: Logits) -> Entailed:
    worst = max(range(len(logits.doubts)), key=logits.doubts.__getitem__, default=None)
    words = "" if worst is None else _word_at(sentence, *offsets[worst])
    ranked = tuple(sorted(logits.doubts, reverse=True)[:3])
    return Entailed(logits.supported, logits.contradicted, ranked, words)


def _word_at(text: str, start: int, end: int) -> str:
    """The whole word of which a token is a piece."""
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return text[start:end]


def load_minilm_entailment() -> MiniLMEntailment:
    """The project's model. Raises ModelUnavailable where it is missing."""
    from rag.models.embeddings import packaged_tokenizer

    return MiniLMEntailment(_frozen_network(), packaged_tokenizer())


@cache
def _frozen_network() -> EntailmentModel:
    """One for all in the process who judge. Raises ModelUnavailable."""
    from rag.models.embeddings import packaged_model
    from rag.models.tuned import load_frozen
    from rag.verifying.entailment_model import EntailmentModel

    folder = packaged_model()
    weights = files("rag") / "data" / WEIGHTS
    if not weights.is_file():
        raise ModelUnavailable(
            f"The entailment model's weights ({WEIGHTS}) are not installed: install cableqa again, or set "
            "CABLEQA_ENTAILMENT=none."
        )
    model = EntailmentModel()
    with as_file(weights) as path:
        load_frozen(model, folder, path)
    return model
