"""Paragraphs to chunks: short enough for the encoder, cut between sentences, never across paragraphs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Protocol

from rag.citations import split_sentences
from rag.embedded import embedded_context
from rag.store_vectors import parts
from rag.types import Cable, CableHeader, Chunk, Paragraph

# Part of what makes a parsed file out of date: raise it with every change of what is cut where.
CHUNKER_VERSION = 2
# [CLS] and [SEP], which the encoder adds.
MARKS = 2
# At least this share of the encoder's length is left for the text, however short the encoder.
TEXT_SHARE = 0.5
# Paragraphs that are given to the tokenizer at once: it keeps more for a token than the token.
COUNTED_TOGETHER = 64


class Tokenizer(Protocol):
    """What chunking needs of rag.embeddings.Encoder."""

    max_tokens: int

    def token_counts(self, texts: Sequence[str]) -> list[int]: ...

    def token_spans(self, text: str) -> list[tuple[int, int]]: ...


def chunk_cable(cable: Cable, tokenizer: Tokenizer) -> tuple[Chunk, ...]:
    """All chunks of a cable in the order of its text; a paragraph without words has none.

    With its context (`rag.embedded`) a chunk has at most ``tokenizer.max_tokens`` tokens. A longer
    paragraph is cut between sentences, else between words, or between tokens where a "word" is too long.
    """
    return tuple(
        Chunk(paragraph.cable_id, paragraph.label, ordinal, start, end, paragraph.text[start:end])
        for run in parts(cable.paragraphs, COUNTED_TOGETHER)
        for paragraph, fits, room in _measured(cable.header, run, tokenizer)
        for ordinal, (start, end) in enumerate(
            _whole(paragraph.text) if fits else _cut(paragraph.text, tokenizer, room)
        )
    )


def _measured(
    header: CableHeader, paragraphs: Sequence[Paragraph], tokenizer: Tokenizer
) -> Iterator[tuple[Paragraph, bool, int]]:
    """Each paragraph, whether it fits as it is, and the tokens that its context leaves to a chunk."""
    contexts = [embedded_context(header, paragraph) for paragraph in paragraphs]
    distinct = list(dict.fromkeys(contexts))
    counts = tokenizer.token_counts([*distinct, *(paragraph.text for paragraph in paragraphs)])
    taken = dict(zip(distinct, counts, strict=False))
    most = tokenizer.max_tokens - MARKS
    for paragraph, context, count in zip(paragraphs, contexts, counts[len(distinct) :], strict=True):
        room = max(most - taken[context], int(most * TEXT_SHARE)) if context else most
        yield paragraph, count <= room, room


def _whole(text: str) -> Iterator[tuple[int, int]]:
    if text.strip():
        yield _trimmed(text, 0, len(text))


def _cut(text: str, tokenizer: Tokenizer, room: int) -> Iterator[tuple[int, int]]:
    tokens = tokenizer.token_spans(text)
    starts = [start for start, _ in tokens]
    boundaries = [bisect_left(starts, span.start) for span in split_sentences(text)]
    first = 0
    while first < len(tokens):
        last = min(first + room, len(tokens))
        if last < len(tokens):
            last = _boundary(text, starts, boundaries, first, last)
        end = len(text) if last == len(tokens) else starts[last]
        yield _trimmed(text, 0 if first == 0 else starts[first], end)
        first = last


def _boundary(text: str, starts: list[int], boundaries: list[int], first: int, last: int) -> int:
    """The token at which the next chunk begins: the latest that begins a sentence, else a word."""
    sentence = bisect_left(boundaries, last + 1) - 1
    # A very short chunk for the sake of a boundary says little by itself.
    if sentence >= 0 and boundaries[sentence] - first >= (last - first) // 3:
        return boundaries[sentence]
    word = last
    while word > first and not text[starts[word] - 1].isspace():
        word -= 1
    return word if word > first else last


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
