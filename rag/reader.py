"""Reading comprehension: does a passage answer a question, and with which words?

The reader is the project's own small model: the packaged MiniLM with its six layers fine-tuned and
two heads, one for the span of the answer (as in BERT for SQuAD 2, where no answer points at [CLS];
Devlin et al. 2019) and one for whether there is an answer. `training/train_reader.py` makes it; the
card beside the weights gives its data and figures.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Protocol

from rag.errors import ModelUnavailable
from rag.types import Passage, Span

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

    from rag.reader_model import ReaderModel

WEIGHTS = "reader.safetensors"
# Question and passage together; a longer passage is read in windows that overlap.
WINDOW_TOKENS = 320
OVERLAP_TOKENS = 96
LONGEST_ANSWER_TOKENS = 40


@dataclass(frozen=True, slots=True)
class Reading:
    """One passage as read for one question: `confidence` in 0..1 that it answers, and the best words."""

    passage: int
    confidence: float
    span: Span


class PassageReader(Protocol):
    """Reads passages for a question: one `Reading` for each, in their order."""

    name: str

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]: ...


@dataclass(frozen=True, slots=True)
class _Window:
    """One encoder input: where its passage tokens are, and their offsets in the passage."""

    passage: int
    ids: list[int]
    types: list[int]
    first: int
    offsets: list[tuple[int, int]]


class MiniLMReader:
    """The packaged MiniLM, fine-tuned to read; all passages of a question go through it in one batch."""

    name = "minilm-reader-1"

    def __init__(self, model: ReaderModel, tokenizer: Tokenizer) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._cls, self._sep = (tokenizer.encode("").ids[i] for i in (0, -1))
        # The tokenizer is not thread-safe, and two batches at once only fight for the same cores.
        self._lock = threading.Lock()

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """Readings in the order of `passages`; confidences are calibrated on held-out articles."""
        if not passages:
            return []
        with self._lock:
            windows = [
                w for i, passage in enumerate(passages) for w in self._windows(i, question, passage.text)
            ]
            scores = self._model.score([w.ids for w in windows], [w.types for w in windows])
        best: dict[int, Reading] = {}
        for window, (confidence, starts, ends) in zip(windows, scores, strict=True):
            known = best.get(window.passage)
            if known is None or confidence > known.confidence:
                number = passages[window.passage].number
                best[window.passage] = Reading(number, confidence, _best_span(window, starts, ends))
        return [best[i] for i in range(len(passages))]

    def _windows(self, index: int, question: str, text: str) -> list[_Window]:
        cls, sep = self._cls, self._sep
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[: WINDOW_TOKENS // 2]
        read = self._tokenizer.encode(text, add_special_tokens=False)
        room = WINDOW_TOKENS - len(asked) - 3
        step = max(room - OVERLAP_TOKENS, 1)
        windows = []
        for at in range(0, max(len(read.ids) - OVERLAP_TOKENS, 1), step):
            ids = [cls, *asked, sep, *read.ids[at : at + room], sep]
            first = len(asked) + 2
            types = [0] * first + [1] * (len(ids) - first)
            windows.append(_Window(index, ids, types, first, list(read.offsets[at : at + room])))
        return windows


def _best_span(window: _Window, starts: Tensor, ends: Tensor) -> Span:
    """The span with the greatest sum of start and end logits, in characters of the passage."""
    if not window.offsets:
        return Span(0, 0)
    n = len(window.offsets)
    first = window.first
    scores = (
        (starts[first : first + n, None] + ends[None, first : first + n]).triu().tril(LONGEST_ANSWER_TOKENS)
    )
    # triu and tril leave zeros outside the band, which may be above every real sum.
    scores = scores - 1e4 * (1 - scores.new_ones(n, n).triu().tril(LONGEST_ANSWER_TOKENS))
    start, end = divmod(int(scores.argmax()), n)
    return Span(window.offsets[start][0], window.offsets[end][1])


def load_reader() -> MiniLMReader:
    """The project's reader over the packaged encoder. Raises ModelUnavailable where either is missing."""
    from tokenizers import Tokenizer

    from rag.embeddings import packaged_model
    from rag.reader_model import load_reader_model

    folder = packaged_model()
    weights = files("rag") / "data" / WEIGHTS
    if not weights.is_file():
        raise ModelUnavailable(f"The reader's weights ({WEIGHTS}) are not installed: install cableqa again.")
    with as_file(weights) as path:
        model = load_reader_model(folder, path)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return MiniLMReader(model, tokenizer)
