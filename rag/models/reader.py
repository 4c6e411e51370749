"""Reading comprehension: does a passage answer a question, and with which sentences?

The reader is the project's own small model: the packaged MiniLM with its six layers fine-tuned, a head
for the tokens (start and end of the answer, as in BERT for SQuAD 2, where no answer points at [CLS];
Devlin et al. 2019; and whether the sentence answers) and one for whether there is an answer.
`training/train_student.py` makes it; the card beside the weights gives its data and figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from rag.errors import ModelUnavailable
from rag.models.logits import UNLIKELY, sigmoid
from rag.text.citations import split_sentences
from rag.text.context import context_line
from rag.types import CableHeader, Paragraph, Passage, Span

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from rag.models.reader_model import ReaderModel, Scored

WEIGHTS = "reader.safetensors"
# Question, context and passage together; a longer passage is read in windows that overlap.
WINDOW_TOKENS = 320
OVERLAP_TOKENS = 96
QUESTION_TOKENS = 96
CONTEXT_TOKENS = 48
LONGEST_ANSWER_TOKENS = 40
KEPT_HEADS = 256
# What the token head says of a token: the answer starts here, ends here, or its sentence answers.
START, END, EVIDENCE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence of a passage: its characters, and in 0..1 how likely it is part of the answer."""

    span: Span
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One passage as read for one question: `confidence` in 0..1 that it answers, its sentences in order."""

    passage: int
    confidence: float
    sentences: tuple[ReadSentence, ...]


class PassageReader(Protocol):
    """Reads passages for a question: one `Reading` for each, in their order."""

    name: str

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]: ...


@dataclass(frozen=True, slots=True)
class Window:
    """One input: token ids and segment types, where its passage tokens begin, and their characters."""

    ids: list[int]
    types: list[int]
    first: int
    offsets: list[tuple[int, int]]


class WindowCutter:
    """Questions and passages as inputs: [CLS] question [SEP] context [SEP] passage [SEP]."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._cls, self._sep = (tokenizer.encode("").ids[i] for i in (0, -1))
        # A question stands before all its passages, and a cable's context before its paragraphs.
        self._short = lru_cache(KEPT_HEADS)(self._ids)

    def windows(self, question: str, context: str, text: str) -> list[Window]:
        """As many windows as the passage needs, at least one."""
        head = [self._cls, *self._short(question)[:QUESTION_TOKENS], self._sep]
        head += [*self._short(context)[:CONTEXT_TOKENS], self._sep]
        read = self._tokenizer.encode(text, add_special_tokens=False)
        room = WINDOW_TOKENS - len(head) - 1
        windows = []
        for at in range(0, max(len(read.ids) - OVERLAP_TOKENS, 1), room - OVERLAP_TOKENS):
            ids = [*head, *read.ids[at : at + room], self._sep]
            types = [0] * len(head) + [1] * (len(ids) - len(head))
            windows.append(Window(ids, types, len(head), list(read.offsets[at : at + room])))
        return windows

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids


def read_context(header: CableHeader, paragraph: Paragraph) -> str:
    """What a paragraph leaves unsaid and a question asks for: who reported, when, about what.

    Example: ``"Embassy Tallinn. April 2007. HARBOR FEES RISE. comment"``.
    """
    return context_line(header, paragraph, with_day=False)


class MiniLMReader:
    """The packaged MiniLM, fine-tuned to read; all passages of a question go through it together.

    It computes in bf16 where the processor does: three times as fast there, and of 320 confidences none moved
    by more than 0.02. Safe for many threads.
    """

    name = "minilm-reader-4"

    def __init__(self, model: ReaderModel, tokenizer: Tokenizer) -> None:
        self._model = model
        self._cutter = WindowCutter(tokenizer)
        self._calibration: list[float] = model.calibration.tolist()

    def compile_ahead(self) -> None:
        """Compile all that a question can need, for a process that answers many."""
        self._model.compile_ahead()

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """Readings in the order of `passages`; confidences are calibrated on held-out documents."""
        if not passages:
            return []
        cut = [
            self._cutter.windows(question, read_context(p.hit.header, p.hit.paragraph), p.text)
            for p in passages
        ]
        scores = iter(
            self._model.score([w.ids for ws in cut for w in ws], [w.types for ws in cut for w in ws])
        )
        return [
            self._reading(passage, windows, [next(scores) for _ in windows])
            for passage, windows in zip(passages, cut, strict=True)
        ]

    def _reading(self, passage: Passage, windows: list[Window], scores: list[Scored]) -> Reading:
        spans = split_sentences(passage.text) or [Span(0, len(passage.text))]
        best = [UNLIKELY] * len(spans)
        confidence = 0.0
        for window, scored in zip(windows, scores, strict=True):
            if not window.offsets:
                # What has no token says nothing, and so answers nothing.
                continue
            logits = sentence_logits(window, scored, spans)
            best = [max(one, other) for one, other in zip(best, logits, strict=True)]
            features = (*answer_features(window, scored, max(logits)), 1.0)
            z = sum(w * x for w, x in zip(self._calibration, features, strict=True))
            confidence = max(confidence, sigmoid(z))
        sentences = tuple(ReadSentence(s, sigmoid(z)) for s, z in zip(spans, best, strict=True))
        return Reading(passage.number, confidence, sentences)


def answer_features(window: Window, scored: Scored, best_sentence: float) -> tuple[float, float, float]:
    """What confidence is reckoned from: answerability, the best span's lead over [CLS], the best sentence."""
    n = len(window.offsets)
    if n == 0:
        return scored.answers, UNLIKELY, best_sentence
    inside = scored.tokens[window.first : window.first + n]
    # For each start the best of the ends that are not too far behind it.
    ends = np.pad(inside[:, END], (0, LONGEST_ANSWER_TOKENS), constant_values=UNLIKELY)
    best_ends = sliding_window_view(ends, LONGEST_ANSWER_TOKENS + 1).max(1)
    lead = (inside[:, START] + best_ends).max() - scored.tokens[0, START] - scored.tokens[0, END]
    return scored.answers, float(lead), best_sentence


def sentence_logits(window: Window, scored: Scored, sentences: Sequence[Span]) -> list[float]:
    """For each sentence the mean evidence logit of its tokens in the window; very low where it has none."""
    evidence = scored.tokens[window.first : window.first + len(window.offsets), EVIDENCE].tolist()
    sums, counts = [0.0] * len(sentences), [0] * len(sentences)
    at = 0
    for (start, _), logit in zip(window.offsets, evidence, strict=True):
        while at + 1 < len(sentences) and start >= sentences[at + 1].start:
            at += 1
        sums[at] += logit
        counts[at] += 1
    return [total / count if count else UNLIKELY for total, count in zip(sums, counts, strict=True)]


@cache
def load_reader() -> MiniLMReader:
    """The project's reader over the packaged encoder, one for all who read in this process.

    Raises ModelUnavailable where either is missing.
    """
    from rag.models.embeddings import packaged_model, packaged_tokenizer
    from rag.models.reader_model import ReaderModel
    from rag.models.tuned import load_frozen

    folder = packaged_model()
    weights = files("rag") / "data" / WEIGHTS
    if not weights.is_file():
        raise ModelUnavailable(f"The reader's weights ({WEIGHTS}) are not installed: install cableqa again.")
    model = ReaderModel()
    with as_file(weights) as path:
        load_frozen(model, folder, path)
    return MiniLMReader(model, packaged_tokenizer())
