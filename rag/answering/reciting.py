"""Reciting: what is shown of a place that a question names, where it asks for nothing particular in it.

A named paragraph is quoted from its beginning; a cable by its SUMMARY, and where it has none by the beginning
of its first paragraphs, which in news is a summary hard to beat (Nenkova 2005).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.asking.contents import long_quotations
from rag.text.citations import split_sentences
from rag.text.folding import fold
from rag.text.quotations import locate
from rag.text.words import words_of
from rag.types import FoundBy, Kind, Passage, Query, Span

# No sentence is begun behind so many characters of a paragraph, or of a whole cable.
PARAGRAPH_CHARS = 1_000
CABLE_CHARS = 1_200
# Of a cable without SUMMARY, the first sentences of its first paragraphs.
OPENING_SENTENCES = 2
OPENING_PARAGRAPHS = 4
# "END SUMMARY." is the cable's own mark, and says nothing, nor does a row of dashes.
_MARK = re.compile(r"[\W_]*(?:(?:begin|end|start)(?:\s+of)?\s+[a-z]+(?:\s+[a-z]+)?[\W_]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Recital:
    """The sentences of one passage that are shown, in their order, and how many it has."""

    passage: Passage
    sentences: tuple[Span, ...]
    of: int


def recitals(query: Query, passages: Sequence[Passage]) -> list[Recital]:
    """What is shown of the passages that the query names; empty where none of them is at hand."""
    found_by = FoundBy.REFERENCE if query.references else FoundBy.LOOKUP
    # Of a cable that came without its text, what stands in its place is no text of its own.
    held = [passage for passage in passages if passage.hit.header.text_available]
    pointed = [passage for passage in held if passage.hit.found_by is found_by]
    named = {(one.cable_id, one.label) for one in query.named if one.label is not None}
    if named and not query.references:
        return [
            _recital(p, PARAGRAPH_CHARS)
            for p in pointed
            if (p.hit.paragraph.cable_id, p.hit.paragraph.label) in named
        ]
    cables: dict[str, list[Passage]] = {}
    for passage in pointed:
        cables.setdefault(passage.hit.paragraph.cable_id, []).append(passage)
    return [recital for of_cable in cables.values() for recital in _opening(of_cable)]


def _opening(passages: Sequence[Passage]) -> list[Recital]:
    summary = [p for p in passages if p.hit.paragraph.kind is Kind.SUMMARY]
    room = CABLE_CHARS
    shown = []
    for passage in summary or passages[:OPENING_PARAGRAPHS]:
        if room <= 0:
            break
        recital = _recital(passage, room, None if summary else OPENING_SENTENCES)
        shown.append(recital)
        room -= sum(span.end - span.start for span in recital.sentences)
    return shown


def _recital(passage: Passage, chars: int, limit: int | None = None) -> Recital:
    """The leading sentences, at least one, up to `chars` characters and `limit` sentences."""
    text = passage.text
    sentences = [span for span in split_sentences(text) if not _MARK.fullmatch(text[span.start : span.end])]
    shown = [span for at, span in enumerate(sentences) if at == 0 or span.end <= chars]
    return Recital(passage, tuple(shown[:limit]), len(sentences))


def quotings(query: Query, passages: Sequence[Passage]) -> list[Recital]:
    """The sentences that hold the words quoted in the question, of the passages that have all of them."""
    quoted = [quotation.text for quotation in long_quotations(query.text)]
    found = []
    for passage in passages:
        folded = fold(passage.text)
        spans = [span for text in quoted if (span := locate(text, folded)) is not None]
        if len(spans) == len(quoted):
            found.append(_around(passage, spans))
    return found


def mentionings(query: Query, passages: Sequence[Passage]) -> list[Recital]:
    """Of each passage the sentences with a word of what is looked for: those behind a count."""
    wanted = {word.stem for mention in query.mentions for word in words_of(mention.text)}
    found = []
    for passage in passages:
        spans = [Span(w.start, w.end) for w in words_of(passage.text) if w.stem in wanted]
        if spans:
            found.append(_around(passage, spans))
    return found


def _around(passage: Passage, spans: Sequence[Span]) -> Recital:
    """The sentences that hold any of the spans."""
    sentences = split_sentences(passage.text)
    holding = [s for s in sentences if any(s.start < q.end and q.start < s.end for q in spans)]
    return Recital(passage, tuple(holding), len(holding))
