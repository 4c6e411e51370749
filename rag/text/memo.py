"""Texts that others wrote about cables: their sentences, and the cable citations in these."""

from __future__ import annotations

import re

from rag.text.citations import split_sentences, tidy
from rag.types import ParagraphRef, Span

_CABLE_ID = r"(?:(?:19|20)?\d{2}[ -]?[A-Z][A-Za-z]{2,16}[ -]?0*\d{1,7}|DFAT[\w.-]+)"
_LABEL = r"(?:¶+|paras?\.?|paragraphs?)\s*"
# "¶5.B": an item is cited by the paragraph that holds it.
_ITEM = r"(?:\.[A-Z](?:\.\d{1,2})?(?![\w]))?"
_CABLE_CITATION = re.compile(
    rf"(?P<cable>{_CABLE_ID})(?:\s*,)?\s*{_LABEL}(?P<label>[un]?\d{{1,3}}(?:#\d{{1,2}})?){_ITEM}"
)
_ONE = rf"{_CABLE_ID}(?:\s*,)?\s*{_LABEL}[un]?\d{{1,3}}(?:#\d{{1,2}})?{_ITEM}"
# A run of blanks is tried from its beginning alone: from each of its blanks it would take its square.
_CITATION_GROUP = re.compile(rf"(?:(?<!\s)\s+)?[\[(]\s*{_ONE}(?:\s*[,;]\s*(?:and\s+)?{_ONE})*\s*[\])]")


def parse_memo_sentence(text: str) -> tuple[str, tuple[ParagraphRef, ...]]:
    """A memo's sentence without the cable citations in brackets, and what all its citations name.

    Example: ``"It rained (09ASTANA1206 ¶9)."`` -> ``("It rained.", (ParagraphRef("09ASTANA1206", "9"),))``.
    Ids are as written; the store resolves their spelling.
    """
    found = (ParagraphRef(m["cable"], m["label"]) for m in _CABLE_CITATION.finditer(text))
    return tidy(_CITATION_GROUP.sub(" ", text)), tuple(dict.fromkeys(found))


def memo_sentences(text: str) -> list[str]:
    """The sentences of a memo; a citation in brackets behind a full stop belongs to the sentence before it.

    Example: ``"It rained. (09ASTANA1206 ¶9) Then it snowed."`` -> ``["It rained. (09ASTANA1206 ¶9)",
    "Then it snowed."]``. Where more follows, it does so only on the same line, and where that sentence has
    no citation yet: it may be the next one's own.
    """
    sentences: list[Span] = []
    for span in split_sentences(text):
        cited = _CITATION_GROUP.match(text, span.start, span.end)
        if cited is not None and sentences:
            before = sentences[-1]
            alone = not text[cited.end() : span.end].strip(" \t.")
            same_line = "\n" not in text[before.end : span.start]
            if alone or (same_line and not _CITATION_GROUP.search(text, before.start, before.end)):
                end = span.end if alone else cited.end()
                sentences[-1] = Span(before.start, end)
                span = Span(span.end - len(text[end : span.end].lstrip()), span.end)
        if span.start < span.end:
            sentences.append(span)
    return [text[span.start : span.end] for span in sentences]
