"""Paragraphs to chunks: short enough for the encoder, cut between sentences, never across paragraphs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Protocol

from rag.index.embedded import embedded_text
from rag.store.vectors import parts
from rag.text.citations import split_sentences
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
# Texts with more characters than these for each token that fits are hardly ever short enough: they are cut
# without having been counted before.
TOKEN_CHARS = 6


class Tokenizer(Protocol):
    """What chunking needs of rag.models.embeddings.Encoder."""

    max_tokens: int

    def token_counts(self, texts: Sequence[str]) -> list[int]: ...

    def token_spans(self, text: str) -> list[tuple[int, int]]: ...


def chunk_cable(cable: Cable, tokenizer: Tokenizer) -> tuple[Chunk, ...]:
    """All chunks of a cable in the order of its text; a paragraph without words has none.

    With its context (`rag.index.embedded`) a chunk has at most ``tokenizer.max_tokens`` tokens. A longer
    paragraph is cut between sentences, else between words, or between tokens where a "word" is too long.
    """
    return tuple(
        chunk
        for run in parts(cable.paragraphs, COUNTED_TOGETHER)
        for chunk in _chunks(cable.header, run, tokenizer)
    )


def _chunks(header: CableHeader, paragraphs: Sequence[Paragraph], tokenizer: Tokenizer) -> Iterator[Chunk]:
    """What is counted is what would be embedded: the encoder has the tokens of it then."""
    whole = [(paragraph, _chunk(paragraph)) for paragraph in paragraphs if paragraph.text.strip()]
    texts = [embedded_text(header, paragraph, chunk) for paragraph, chunk in whole]
    longest = tokenizer.max_tokens * TOKEN_CHARS
    counts = iter(tokenizer.token_counts([text for text in texts if len(text) <= longest]))
    for (paragraph, chunk), text in zip(whole, texts, strict=True):
        if len(text) <= longest and next(counts) <= tokenizer.max_tokens - MARKS:
            yield chunk
        else:
            yield from _cut(paragraph, chunk, text, tokenizer)


def _chunk(paragraph: Paragraph, ordinal: int = 0, start: int = 0, end: int | None = None) -> Chunk:
    """The part of a paragraph from `start` to `end` without the blanks around it."""
    piece = paragraph.text[start:end]
    first = start + len(piece) - len(piece.lstrip())
    text = piece.strip()
    return Chunk(paragraph.cable_id, paragraph.label, ordinal, first, first + len(text), text)


def _cut(paragraph: Paragraph, whole: Chunk, embedded: str, tokenizer: Tokenizer) -> Iterator[Chunk]:
    """The chunks of a paragraph that would be embedded so if it fitted; where it does, the `whole`."""
    text = paragraph.text
    context = len(embedded) - len(whole.text)
    all_starts = [start for start, _ in tokenizer.token_spans(embedded)]
    taken = bisect_left(all_starts, context)
    starts = [start - context + whole.start for start in all_starts[taken:]]
    most = tokenizer.max_tokens - MARKS
    room = max(most - taken, int(most * TEXT_SHARE)) if context else most
    if len(starts) <= room:
        yield whole
        return
    boundaries = [bisect_left(starts, span.start) for span in split_sentences(text)]
    first = ordinal = 0
    while first < len(starts):
        last = min(first + room, len(starts))
        if last < len(starts):
            last = min(last, len(starts) - int(room * LEAST_SHARE))
            last = _boundary(text, starts, boundaries, first, last)
        end = len(text) if last == len(starts) else starts[last]
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
