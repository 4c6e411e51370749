"""Excerpts: the sentences of a long text that bear on a claim, as many as a small model can read at once."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

from rag.text.citations import split_sentences
from rag.text.words import classes_of, words_of
from rag.types import Span

# A word met again counts this much of what it counted before.
_AGAIN = 0.4
# The sentence before a chosen one says whom its pronouns mean.
_BEFORE = 0.25
# What goes on longer without a full stop is taken in pieces.
_LONGEST = 96


def choose_sentences(claim: str, text: str, tokens: Sequence[tuple[int, int]], room: int) -> list[Span]:
    """Sentences of `text` in its order, of at most `room` tokens together, that share most with `claim`.

    `tokens` are where the tokens of `text` stand in it. Greedy: each time the sentence is taken that brings
    most of the claim's words not yet met, rare words first, for its length.
    """
    starts = [start for start, _ in tokens]
    sentences = [piece for sentence in _sentences_of(text) for piece in _pieces(sentence, tokens, starts)]
    lengths = [bisect_left(starts, s.end) - bisect_left(starts, s.start) for s in sentences]
    if sum(lengths) <= room:
        return [s for s, length in zip(sentences, lengths, strict=True) if length]
    wanted = {word.stem: classes_of(word.stem) for word in words_of(claim) if word.content}
    shares = [_shared(wanted, text[s.start : s.end]) for s in sentences]
    weights = {
        stem: math.log((len(sentences) + 1) / (0.5 + sum(stem in share for share in shares)))
        for stem in wanted
    }
    worth = dict(weights)
    chosen: set[int] = set()
    left = room
    while True:
        best, best_gain = -1, 0.0
        for i, share in enumerate(shares):
            if i in chosen or not 0 < lengths[i] <= left:
                continue
            gain = sum(worth[stem] for stem in share)
            if i + 1 in chosen:
                gain += _BEFORE * sum(weights[stem] for stem in shares[i + 1])
            gain /= math.sqrt(lengths[i] + 8)
            if gain > best_gain:
                best, best_gain = i, gain
        if best < 0:
            break
        chosen.add(best)
        left -= lengths[best]
        for stem in shares[best]:
            worth[stem] *= _AGAIN
    if not chosen:
        # Nothing is shared, or what is shared is longer than the room: the beginning is read.
        return _beginning(sentences, lengths, tokens, room)
    return [sentences[i] for i in sorted(chosen)]


def _sentences_of(text: str) -> list[Span]:
    """Sentences, which also end where a line does."""
    found = []
    at = 0
    for line in text.splitlines(keepends=True):
        found += [Span(at + s.start, at + s.end) for s in split_sentences(line)]
        at += len(line)
    return found or [Span(0, len(text))]


def _pieces(sentence: Span, tokens: Sequence[tuple[int, int]], starts: Sequence[int]) -> list[Span]:
    first, last = bisect_left(starts, sentence.start), bisect_left(starts, sentence.end)
    cuts = range(first, max(last, first + 1), _LONGEST)
    if len(cuts) == 1:
        return [sentence]
    return [Span(tokens[at][0], tokens[min(at + _LONGEST, last) - 1][1]) for at in cuts]


def _shared(wanted: dict[str, frozenset[int]], sentence: str) -> list[str]:
    stems = {word.stem for word in words_of(sentence)}
    classes = {number for stem in stems for number in classes_of(stem)}
    return [stem for stem, rows in wanted.items() if stem in stems or not rows.isdisjoint(classes)]


def _beginning(
    sentences: Sequence[Span], lengths: Sequence[int], tokens: Sequence[tuple[int, int]], room: int
) -> list[Span]:
    taken: list[Span] = []
    for sentence, length in zip(sentences, lengths, strict=True):
        if length > room:
            break
        taken.append(sentence)
        room -= length
    return taken or [Span(tokens[0][0], tokens[:room][-1][1])]
