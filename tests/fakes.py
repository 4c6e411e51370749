"""Small implementations of the real interfaces, for tests that must not wait for a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import Future
from hashlib import blake2b

import numpy as np
from langchain_core.embeddings import Embeddings

from rag.models.reader import Reading, ReadSentence
from rag.text.citations import split_sentences
from rag.types import Passage, Span

COMMON = frozenset(
    "the a an of in on to and or was were is are how many who what did does from for by at".split()
)


def words(text: str) -> list[str]:
    """The words that carry meaning, lower case."""
    return [word for word in re.findall(r"\w+", text.lower()) if word not in COMMON]


class WordEncoder(Embeddings):
    """An encoder that hashes words: texts that share words are near each other."""

    fingerprint = "words-64"
    precision = "fp32"
    dimension = 64
    max_tokens = 256

    def at(self, precision: str) -> WordEncoder:
        return self

    def submit(self, texts: Sequence[str]) -> Future[np.ndarray]:
        future: Future[np.ndarray] = Future()
        future.set_result(self.encode(texts))
        return future

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words(text):
                vectors[row, blake2b(word.encode(), digest_size=1).digest()[0] % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in row] for row in self.encode(texts)]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [len(self.token_spans(text)) for text in texts]

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"\S+", text)]

    def close(self) -> None:
        return None


class WordReader:
    """A reader that is as sure as the share of the question's words that a passage, or a sentence, has."""

    name = "words"

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        asked = set(words(question))
        return [self._read(asked, passage) for passage in passages]

    def _read(self, asked: set[str], passage: Passage) -> Reading:
        def share(text: str) -> float:
            return len(asked & set(re.findall(r"\w+", text.lower()))) / max(len(asked), 1)

        spans = split_sentences(passage.text) or [Span(0, len(passage.text))]
        sentences = tuple(ReadSentence(span, share(passage.text[span.start : span.end])) for span in spans)
        return Reading(passage.number, share(passage.text), sentences)
