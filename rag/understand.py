"""A question as asked becomes a query: stand-alone text, the cables and paragraphs it names, its filters.

Everything here is by rule. What was read out of the question is in the `Query`, so that the record
can say it; nothing narrows a search silently.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rag.citations import MARKER
from rag.mrn import read_mrn
from rag.types import ParagraphRef, Query, Question, Turn

# A spelled-out message number takes at most this many words: "telegram no. 1206 from Embassy Kuala Lumpur".
_MRN_WORDS = 7
_WORD = re.compile(r"[\w'’#./-]*\w")
_PARAGRAPH = re.compile(r"(?:¶|\bpara(?:graph)?s?\.?\s*)\s*(\d{1,3})\b", re.IGNORECASE)
_FULL_ID = re.compile(r"\b(?:19|20)?\d{2}[ -]?[A-Z]{3,17}[ -]?\d{2,7}\b")

_LEANS_ON_HISTORY = re.compile(
    r"^(?:and|but|also|so|or|then)\b|^(?:what|how) about\b"
    r"|\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|that|those|this|these|there|then|one|ones|"
    r"the same|did so|do so)\b",
    re.IGNORECASE,
)
# Below this many words a question such as "Why?" or "On which date?" says too little to stand alone.
_SHORT_QUESTION_WORDS = 5
# Of an earlier question or answer no more is taken along: some sixty tokens.
_TURN_CHARS = 300

ResolveId = Callable[[str], str | None]


def understand(question: Question, resolve: ResolveId) -> Query:
    """Read a question; `resolve` turns any spelling of an id into the stored one, or None."""
    return Query(
        text=question.text,
        standalone=_standalone(question.text, question.history),
        filters=question.filters,
        named=_named(question.text, resolve),
    )


def unknown_ids(text: str, resolve: ResolveId) -> tuple[str, ...]:
    """Message numbers written in full ("09ASTANA9999") that are no cable of the collection."""
    found = (match.group() for match in _FULL_ID.finditer(text))
    return tuple(dict.fromkeys(spelled for spelled in found if resolve(spelled) is None))


def _standalone(text: str, history: tuple[Turn, ...]) -> str:
    """The question with what it leans on behind it: the turn before, and the one that opened the subject.

    The question stands first, since encoder and reader cut what is too long at its end. Example: "And
    wholesale prices?" becomes "And wholesale prices? How much did prices rise? They rose 6.6 percent.".
    """
    if not history or not _is_follow_up(text):
        return text
    last = history[-1]
    turns = [last.question, last.answer]
    if _is_follow_up(last.question) and len(history) > 1:
        turns.insert(0, history[0].question)
    return " ".join([text, *(_clipped(turn) for turn in turns if turn)])


def _clipped(text: str) -> str:
    """One line without citation markers, cut between words."""
    plain = " ".join(MARKER.sub(" ", text).split())
    return plain if len(plain) <= _TURN_CHARS else plain[:_TURN_CHARS].rsplit(" ", 1)[0]


def _is_follow_up(text: str) -> bool:
    return len(text.split()) < _SHORT_QUESTION_WORDS or _LEANS_ON_HISTORY.search(text) is not None


def _named(text: str, resolve: ResolveId) -> tuple[ParagraphRef, ...]:
    """The cables that the text names, longest spelling first, with the paragraph if it names one."""
    words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    taken: list[tuple[int, int, str]] = []
    for size in range(min(_MRN_WORDS, len(words)), 0, -1):
        for first in range(len(words) - size + 1):
            start, end = words[first][0], words[first + size - 1][1]
            spelled = text[start:end]
            if any(start < t_end and end > t_start for t_start, t_end, _ in taken):
                continue
            if not any(sign.isdigit() for sign in spelled) or read_mrn(spelled) is None:
                continue
            cable_id = resolve(spelled)
            if cable_id is not None:
                taken.append((start, end, cable_id))
    taken.sort()
    ids = dict.fromkeys(cable_id for _, _, cable_id in taken)
    labels = [match.group(1) for match in _PARAGRAPH.finditer(text)]
    if len(ids) == 1 and labels:
        return tuple(ParagraphRef(next(iter(ids)), label) for label in labels)
    return tuple(ParagraphRef(cable_id, None) for cable_id in ids)
