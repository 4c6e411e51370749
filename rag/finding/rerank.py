"""Rerankers: the first few hits read again together with the question, by something slower and better.

Only `CrossEncoderReranker` knows sentence-transformers, and imports it when it is made.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from rag.errors import ModelUnavailable
from rag.models.reader import PassageReader, Reading
from rag.types import FoundBy, Hit, Part, Passage

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

# With the reader's confidence at 0.3 of the score over eight hits, hit@1 on cable-qa-dev rises from 0.79 to
# 0.83; from 0.5 on it falls, since the reader is no judge of which cable is meant.
READER_WEIGHT = 0.3
CROSS_ENCODER_WEIGHT = 0.5


class Reranker(Protocol):
    """Puts hits into a better order; `depth` is how many of them it reads."""

    name: str
    depth: int

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """All of `hits`, the best first. Raises ModelUnavailable."""
        ...


class KeepOrder:
    """No reranking."""

    name = "none"
    depth = 0

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        return list(hits)


class ReaderReranker:
    """The project's own reader: how sure it is that a paragraph answers lifts that paragraph."""

    depth = 8

    def __init__(self, reader: PassageReader) -> None:
        self._reader = reader
        self.name = reader.name

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        read = [Passage(number, hit) for number, hit in enumerate(hits[: self.depth], start=1)]
        confidences = [reading.confidence for reading in self._reader.read(question, read)]
        return _mixed(hits, confidences, READER_WEIGHT, "reader")


class CrossEncoderReranker:
    """Any CrossEncoder of sentence-transformers, by name or path."""

    depth = 20

    def __init__(self, model: CrossEncoder, name: str) -> None:
        self._model = model
        self.name = name
        # Its tokenizer is not thread-safe.
        self._lock = threading.Lock()

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        if not hits:
            return []
        from torch.nn import Sigmoid

        with self._lock:
            scores = self._model.predict(
                [(question, hit.paragraph.text) for hit in hits[: self.depth]],
                activation_fn=Sigmoid(),
                show_progress_bar=False,
            )
        return _mixed(hits, [float(score) for score in scores], CROSS_ENCODER_WEIGHT, "cross-encoder")


def load_reranker(name: str | None, reader: PassageReader) -> Reranker:
    """The reranker that ``CABLEQA_RERANKER`` names: none, `reader`, or a CrossEncoder.

    Raises ModelUnavailable.
    """
    if name is None:
        return KeepOrder()
    if name == "reader":
        return ReaderReranker(reader)
    from sentence_transformers import CrossEncoder

    try:
        return CrossEncoderReranker(CrossEncoder(name), name)
    except (OSError, ValueError) as error:
        raise ModelUnavailable(
            f"The reranker {name} cannot be loaded ({error}). Set CABLEQA_RERANKER to the folder of a "
            "CrossEncoder, to `reader`, or not at all.",
            reranker=name,
        ) from error


def _mixed(hits: Sequence[Hit], confidences: Sequence[float], weight: float, name: str) -> list[Hit]:
    """Scores mixed with confidences, for as many hits as were read; paragraphs that were named stay first."""
    named = [hit for hit in hits if hit.found_by in (FoundBy.LOOKUP, FoundBy.REFERENCE)]
    if len(named) == len(hits):
        return list(hits)
    mixed = []
    for hit, confidence in zip(hits, confidences, strict=False):
        if hit.found_by in (FoundBy.LOOKUP, FoundBy.REFERENCE):
            continue
        parts = (
            *(Part(p.name, round((1 - weight) * p.value, 6)) for p in hit.parts),
            Part(name, weight * confidence),
        )
        mixed.append(
            replace(hit, score=round((1 - weight) * hit.score + weight * confidence, 6), parts=parts)
        )
    rest = [hit for hit in hits[len(confidences) :] if hit not in named]
    return [*named, *sorted(mixed, key=lambda hit: -hit.score), *rest]


class RememberingReader:
    """A reader that reads nothing twice: what was read to rank is there when it is read to answer."""

    def __init__(self, reader: PassageReader, remembered: int = 512) -> None:
        self._reader = reader
        self._remembered = remembered
        self._readings: OrderedDict[tuple[str, str], Reading] = OrderedDict()
        self._lock = threading.Lock()
        self.name = reader.name

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        keys = [(question, passage.text) for passage in passages]
        with self._lock:
            known = {key: self._readings[key] for key in keys if key in self._readings}
        new = [passage for key, passage in zip(keys, passages, strict=True) if key not in known]
        fresh = self._reader.read(question, new) if new else []
        known.update({(question, passage.text): one for passage, one in zip(new, fresh, strict=True)})
        with self._lock:
            for key in keys:
                self._readings[key] = known[key]
                self._readings.move_to_end(key)
            while len(self._readings) > self._remembered:
                self._readings.popitem(last=False)
        return [
            replace(known[key], passage=passage.number) for key, passage in zip(keys, passages, strict=True)
        ]
