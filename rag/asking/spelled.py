"""Message numbers as a question spells them: which cables they name, and which are not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rag.text.mrn import read_mrn

# A spelled-out message number takes at most this many words: "telegram no. 1206 from Embassy Kuala Lumpur".
_MRN_WORDS = 7
_WORD = re.compile(r"[\w'’#./-]*\w")
_DIGIT = re.compile(r"\d")
_FULL_ID = re.compile(r"\b(?:19|20)?\d{2}[ -]?[A-Z]{3,17}[ -]?\d{2,7}\b")
_NOUN = re.compile(
    r"\b(?:cable|telegram|cablegram|message|reftel|mrn)\s*$|^(?:cable|telegram|message|mrn)\b", re.IGNORECASE
)
# No post is named with a possessive: "a message for Banda's 25 years" names no cable.
_POSSESSIVE = re.compile(r"['’]s\b")

ResolveId = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Spelled:
    """A run of the question that is a message number: ``text[start:end]``; no id where it is unknown."""

    start: int
    end: int
    text: str
    cable_id: str | None


def spelled_in(text: str, resolve: ResolveId) -> list[Spelled]:
    """The message numbers in a text, longest spelling first, in the order of the text."""
    words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    taken: list[Spelled] = []
    unknown: list[Spelled] = []
    for size in range(min(_MRN_WORDS, len(words)), 0, -1):
        for first in range(len(words) - size + 1):
            start, end = words[first][0], words[first + size - 1][1]
            run = text[start:end]
            if _DIGIT.search(run) is None:
                continue
            if any(start < one.end and end > one.start for one in taken) or read_mrn(run) is None:
                continue
            if _POSSESSIVE.search(run):
                continue
            cable_id = resolve(run)
            if cable_id is not None:
                taken.append(Spelled(start, end, run, cable_id))
            elif _FULL_ID.fullmatch(run) or _NOUN.search(run) or _NOUN.search(text[:start].rstrip()):
                unknown.append(Spelled(start, end, run, None))
    # The shortest spelling says what is unknown best: "09ASTANA9999", not "of 09ASTANA9999".
    for one in sorted(unknown, key=lambda one: one.end - one.start):
        if not any(one.start < other.end and one.end > other.start for other in taken):
            taken.append(one)
    return sorted(taken, key=lambda one: one.start)


def without_numbers(text: str, spelled: list[Spelled]) -> str:
    for one in spelled:
        text = text[: one.start] + "_" * (one.end - one.start) + text[one.end :]
    return text
