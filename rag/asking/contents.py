"""Whether a question asks for what a named place says, and for nothing particular in it.

"What does paragraph 9 of 09ASTANA1206 say?" and "Summarise 09ASTANA1206" are to be shown the place; "What
does 09ASTANA1206 say about flyers?" is to be answered from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.text.quotations import Quotation, quotations_of
from rag.text.words import words_of
from rag.types import Span

# What is left of a question besides what it names: only these words, and it asks for the place itself.
_FRAME = frozenset(
    """
    say says said saying tell tells told report reports reported reporting state states stated write writes
    wrote written read reads contain contains contained cover covers covered content contents text texts
    summary summaries summarise summarize summarised summarized summarising summarizing sum gist substance
    overview outline describe main key point points show shows give gives get quote quotes cite print
    display open present full whole entire complete exact wording words verbatim please briefly brief short
    subject topic like know want see look cable cables cabled cablegram cablegrams telegram telegrams airgram
    airgrams message messages document documents dispatch dispatches despatch despatches paragraph paragraphs
    para paras section embassy mission consulate legation post number reference references reftel reftels
    titled entitled headed title
    """.split()
)
_LOOKED_FOR_WORDS = 3
_ASKS_SOMETHING = re.compile(r"\b(?:who|whom|whose|when|where|why|how|which)\b", re.IGNORECASE)


def asks_only_for_it(text: str, naming: Iterable[Span]) -> bool:
    """Whether nothing particular is asked of what the question names in the characters `naming`."""
    left = _without(text, naming)
    return _ASKS_SOMETHING.search(left) is None and _is_frame(left)


def asks_for_quoted_words(text: str, naming: Iterable[Span]) -> bool:
    """Whether all that is asked is where words between quotation marks stand, or who says them."""
    quoted = [Span(q.start, q.end) for q in long_quotations(text)]
    return bool(quoted) and _is_frame(_without(text, [*naming, *quoted]))


def long_quotations(text: str) -> list[Quotation]:
    """The quotations of a question that are long enough to be looked for."""
    return [q for q in quotations_of(text) if len(q.text.split()) >= _LOOKED_FOR_WORDS]


def _without(text: str, spans: Iterable[Span]) -> str:
    rest = list(text)
    for span in spans:
        rest[span.start : span.end] = " " * (span.end - span.start)
    return "".join(rest)


def _is_frame(text: str) -> bool:
    return all(word.base in _FRAME for word in words_of(text) if word.content)
