"""Paragraphs to chunks: short enough for the encoder, cut between sentences, never across paragraphs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Protocol

from rag.citations import split_sentences
from rag.embedded import embedded_context, embedded_text
from rag.store_vectors import parts
from rag.types import Cable, CableHeader, Chunk, Paragraph

# Part of what makes a parsed file out of date: raise it with every change of what is cut where.
CHUNKER_VERSION = 3
# [CLS] and [SEP], which the encoder adds.
MARKS = 2
# At least this share of the encoder's length is left for the text, however short the encoder.
TEXT_SHARE = 0.5
# A chunk of a cut paragraph has at least this share of its room: "END QUOTE." alone says nothing.
LEAST_SHARE = 1 / 3
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
        chunk
        for run in parts(cable.paragraphs, COUNTED_TOGETHER)
        for paragraph, room in _measured(cable.header, run, tokenizer)
        for chunk in ([_chunk(paragraph)] if room is None else _cut(paragraph, tokenizer, room))
    )


def _measured(
    header: CableHeader, paragraphs: Sequence[Paragraph], tokenizer: Tokenizer
) -> Iterator[tuple[Paragraph, int | None]]:
    """Each paragraph with words, and where it is too long the tokens that its context leaves to a chunk.

    What is counted is what would be embedded: the encoder has the tokens of it then.
    """
    worded = [paragraph for paragraph in paragraphs if paragraph.text.strip()]
    counts = tokenizer.token_counts([embedded_text(header, one, _chunk(one)) for one in worded])
    most = tokenizer.max_tokens - MARKS
    for paragraph, count in zip(worded, counts, strict=True):
        if count <= most:
            yield paragraph, None
            continue
        context = embedded_context(header, paragraph)
        taken = tokenizer.token_counts([context])[0] if context else 0
        room = max(most - taken, int(most * TEXT_SHARE)) if context else most
        yield paragraph, None if count - taken <= room else room


def _chunk(paragraph: Paragraph, ordinal: int = 0, start: int = 0, end: int | None = None) -> Chunk:
    """The part of a paragraph from `start` to `end` without the blanks around it."""
    piece = paragraph.text[start:end]
    first = start + len(piece) - len(piece.lstrip())
    text = piece.strip()
    return Chunk(paragraph.cable_id, paragraph.label, ordinal, first, first + len(text), text)


def _cut(paragraph: Paragraph, tokenizer: Tokenizer, room: int) -> Iterator[Chunk]:
    text = paragraph.text
    tokens = tokenizer.token_spans(text)
    starts = [start for start, _ in tokens]
    boundaries = [bisect_left(starts, span.start) for span in split_sentences(text)]
    first = ordinal = 0
    while first < len(tokens):
        last = min(first + room, len(tokens))
        if last < len(tokens):
            last = min(last, len(tokens) - int(room * LEAST_SHARE))
            last = _boundary(text, starts, boundaries, first, last)
        end = len(text) if last == len(tokens) else starts[last]
        yield _chunk(paragraph, ordinal, 0 if first == 0 else starts[first], end)
        first, ordinal = last, ordinal + 1


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
