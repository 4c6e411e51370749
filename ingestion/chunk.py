"""Paragraphs to chunks: short enough for the encoder, cut between sentences, never across paragraphs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Protocol

from rag.citations import split_sentences
from rag.embedded import embedded_context
from rag.types import Cable, CableHeader, Chunk, Paragraph

# Part of what makes a parsed file out of date: raise it with every change of what is cut where.
CHUNKER_VERSION = 2
# [CLS] and [SEP], which the encoder adds.
MARKS = 2
# At least this share of the encoder's length is left for the text, however short the encoder.
TEXT_SHARE = 0.5


class Tokenizer(Protocol):
    """What chunking needs of rag.embeddings.Encoder."""

    max_tokens: int

    def token_spans(self, text: str) -> list[tuple[int, int]]: ...


def chunk_cable(cable: Cable, tokenizer: Tokenizer) -> tuple[Chunk, ...]:
    """All chunks of a cable in the order of its text; a paragraph without words has none."""
    return tuple(
        chunk
        for paragraph in cable.paragraphs
        for chunk in chunk_paragraph(cable.header, paragraph, tokenizer)
    )


def chunk_paragraph(header: CableHeader, paragraph: Paragraph, tokenizer: Tokenizer) -> Iterator[Chunk]:
    """Chunks that together hold every word of a paragraph, each within the encoder's length.

    With its context (`rag.embedded`) a chunk has at most ``tokenizer.max_tokens`` tokens. A longer one is
    cut between words, or between tokens where a "word" is itself too long.
    """
    room = tokenizer.max_tokens - MARKS
    context = embedded_context(header, paragraph)
    if context:
        room = max(room - len(tokenizer.token_spans(context)), int(room * TEXT_SHARE))
    tokens = tokenizer.token_spans(paragraph.text)
    for ordinal, (start, end) in enumerate(_cut(paragraph.text, tokens, room)):
        yield Chunk(paragraph.cable_id, paragraph.label, ordinal, start, end, paragraph.text[start:end])


def _cut(text: str, tokens: list[tuple[int, int]], room: int) -> Iterator[tuple[int, int]]:
    starts = [start for start, _ in tokens]
    if len(tokens) <= room:
        if text.strip():
            yield _trimmed(text, 0, len(text))
        return
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
