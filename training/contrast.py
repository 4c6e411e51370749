"""Passages and questions that differ from an answered pair in the one thing that answers.

How a question is put tells in part whether it has an answer (`wording.py`), and a model takes what is easy.
So each answered pair is also shown without its answer: once the passage loses the sentences that answer,
once the question asks about another name or number than the passage tells of (contrast sets; Gardner et al.
2020, and the unanswerable questions of Rajpurkar et al. 2018, made by rule).
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from training.reading_data import Asked, Example

# A passage of fewer words is no passage to read.
LEAST_WORDS = 12
# So many of an answer's words elsewhere in the passage, and the passage may still answer.
REPEATED = 0.5
# So many others are tried in a name's place.
DRAWN = 8
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w'’-]*(?: (?:of the |of )?[A-Z][\w'’-]*)*")
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_MONTH = re.compile(
    r"\b(?:January|February|March|April|June|July|August|September|October|November|December)\b"
)
_KINDS = (_MONTH, _YEAR, _NAME)
_SMALL = frozenset(
    "a an the of to in on at by for from with and or but not no is are was were be been had has have it its "
    "this that these those he she they them his her their as which who would will could should may".split()
)


def emptied(example: Example) -> Example | None:
    """The passage without the sentences that answer; None where what is left may answer, or is too little."""
    removed = example.evidence()
    if not example.answers or not removed:
        return None
    kept, at = [], 0
    for sentence in removed:
        kept.append(example.text[at : sentence.start].strip())
        at = sentence.end
    kept.append(example.text[at:].strip())
    text = " ".join(part for part in kept if part)
    if len(_WORD.findall(text)) < LEAST_WORDS or repeats(example, text):
        return None
    return replace(example, text=text, answers=())


def repeats(example: Example, text: str) -> bool:
    """Whether half of what the answers say, the question's own words aside, stands in the text."""
    asked = _content(example.question)
    said = {w for a in example.answers for w in _content(example.text[a.start : a.end])} - asked
    return not said or len(said & _content(text)) > REPEATED * len(said)


def _content(text: str) -> set[str]:
    return {word for word in map(str.lower, _WORD.findall(text)) if word not in _SMALL}


class Swaps:
    """Names, years and months of many questions, and questions with one of theirs put for another.

    One stands for another of the same subject (an article, a volume): where there is one before which the
    same word stands, so that a place takes a place's part.
    """

    def __init__(self, asked: Iterable[Asked]) -> None:
        found: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for one in asked:
            for match in _things(_question(one)):
                for slot in _slots(one.subject, match):
                    found[slot].add(match[0])
        # Sorted, so that the same seed draws the same.
        self._known = {slot: sorted(words) for slot, words in found.items()}

    def swapped(self, subject: str, example: Example, chance: random.Random) -> Example | None:
        """The example asked about another name, year or month than the passage tells of; None without one."""
        read = _content(f"{example.context} {example.text}")
        told = [match for match in _things(example.question) if _content(match[0]) <= read]
        if not told:
            return None
        match = chance.choice(told)
        for slot in _slots(subject, match):
            known = self._known.get(slot, [])
            for other in chance.sample(known, min(DRAWN, len(known))):
                words = _content(other)
                if words and not words & (read | _content(example.question)):
                    question = example.question[: match.start()] + other + example.question[match.end() :]
                    return replace(example, question=question, answers=())
        return None


def _question(asked: Asked) -> str:
    return (*asked.answering, *asked.others)[0].question


def _things(question: str) -> Iterator[re.Match[str]]:
    """The months, years and names of a question; a month is no name."""
    for pattern in _KINDS:
        for match in pattern.finditer(question):
            if pattern is not _NAME or not _MONTH.search(match[0]):
                yield match


def _slots(subject: str, match: re.Match[str]) -> tuple[tuple[str, ...], ...]:
    """Where it is kept, and what may take its place: the like behind the same word first, then the like."""
    if match.re is not _NAME:
        return ((match.re.pattern,),)
    before = match.string[: match.start()].split()[-1].lower()
    ending = match[0][-1] if match[0][-1] in "sn" else ""
    return (subject, before, ending), (subject, ending)
