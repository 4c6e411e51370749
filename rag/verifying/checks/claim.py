"""The claiming side of a check: a sentence taken apart into the facts that must be borne out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rag.text import lexicon
from rag.text.dates import DateMention, dates_of
from rag.text.kept import KEPT_TEXTS
from rag.text.quotations import Quotation, quotations_of
from rag.text.words import Word, classes_of, is_capitals, stem_of, words_of
from rag.verifying.checks.quantities import Measure, Quantity, quantities_of


class Sort(StrEnum):
    """What kind of fact it is; all but WORD must each be found."""

    WORD = "word"
    NAME = "name"
    NUMBER = "number"
    DATE = "date"
    QUOTATION = "quotation"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a sentence says; `at` are its words' numbers in the sentence.

    `forename` marks a name's word before another: the paragraph may leave it out.
    """

    sort: Sort
    text: str
    weight: float
    at: tuple[int, ...]
    quantity: Quantity | None = None
    date: DateMention | None = None
    quotation: Quotation | None = None
    forename: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence with its words and facts."""

    text: str
    words: tuple[Word, ...]
    facts: tuple[Fact, ...]
    capitals: bool
    reports: bool


_WEIGHTS = {Sort.WORD: 1.0, Sort.NAME: 1.5, Sort.NUMBER: 2.0, Sort.DATE: 1.5}
_GLUE_WEIGHT = 0.25
# "Robert Hormats" is the paragraph's "Hormats": what stands before the last word of a name may be missing.
_FORENAME_WEIGHT = 0.5
# "two" and "three" often count what the paragraph lists.
_SMALL = frozenset({"two", "three", "both", "half", "dozen"})
# A cable's id and paragraph sign in the sentence point to the source; they are no facts.
_POINTER = re.compile(r"\b\d{2,4}[A-Z]{3,17}\d{1,7}\b|¶+\s*[un]?\d+(?:#\d+)?")
_YES_OR_NO = re.compile(r"\s*(?i:yes|no|none)\s*[,;:.]")
_REPORTING = re.compile(
    r"(?i)\b(?:report|sa(?:id|ys)|wrote|writes|cabled?|stat(?:e|ed)|told|not(?:e|ed)|according|comment|telegram|cable"
    r"|message|describ|informed)"
)
# Such a word before a name at a sentence's beginning says when or where, and is no part of the name.
_OPENERS = frozenset(
    "later earlier today yesterday tomorrow tonight afterwards afterward meantime sometimes often once next"
    " first second third lastly early late thereafter nowadays nevertheless nonetheless besides"
    " unlike despite overall".split()
)
_TITLES = frozenset(
    "mr mrs ms dr sir lord lady president minister ambassador secretary general colonel king queen"
    " prince senator governor chairman director professor judge prime foreign deputy vice acting chief"
    " official officer counselor commissioner spokesman member premier chancellor".split()
)


@lru_cache(maxsize=KEPT_TEXTS)
def claim_of(text: str) -> Claim:
    """Take a sentence apart."""
    opening = _YES_OR_NO.match(text)
    words = words_of(text)[1 if opening else 0 :]
    capitals = is_capitals(text)
    taken: set[int] = set()
    facts: list[Fact] = []

    def cover(start: int, end: int) -> tuple[int, ...]:
        at = tuple(
            number
            for number, word in enumerate(words)
            if word.start < end and start < word.end and number not in taken
        )
        taken.update(at)
        return at

    for pointer in _POINTER.finditer(text):
        cover(pointer.start(), pointer.end())
    for quotation in quotations_of(text):
        at = cover(quotation.start, quotation.end)
        weight = max(1.0, float(sum(words[n].content for n in at)))
        facts.append(Fact(Sort.QUOTATION, quotation.text, weight, at, quotation=quotation))
    for mention in dates_of(text):
        at = cover(mention.start, mention.end)
        if at:
            facts.append(Fact(Sort.DATE, mention.text, _WEIGHTS[Sort.DATE], at, date=mention))
    for quantity in quantities_of(text):
        if _is_plain_word(quantity, text):
            continue
        at = cover(quantity.start, quantity.end)
        if at:
            facts.append(Fact(Sort.NUMBER, quantity.text, _WEIGHTS[Sort.NUMBER], at, quantity=quantity))
    names = _names(text, words, capitals)
    forenames = _forenames(text, words, names)
    for number, word in enumerate(words):
        if number in taken or not word.content:
            continue
        sort = Sort.NAME if number in names else Sort.WORD
        glue = word.stem in light_stems()
        sort = Sort.WORD if number in forenames else sort
        weight = _GLUE_WEIGHT if glue else _FORENAME_WEIGHT if number in forenames else _WEIGHTS[sort]
        facts.append(
            Fact(
                Sort.WORD if glue else sort,
                text[word.start : word.end],
                weight,
                (number,),
                forename=number in forenames,
            )
        )
    return Claim(text, words, tuple(facts), capitals, _REPORTING.search(text) is not None)


def _is_plain_word(quantity: Quantity, text: str) -> bool:
    spelled = not quantity.text[0].isdigit() and quantity.measure is not Measure.MONEY
    return spelled and (
        quantity.value <= 1 or quantity.measure is Measure.ORDINAL or quantity.text.lower() in _SMALL
    )


@lru_cache(maxsize=1)
def light_stems() -> frozenset[str]:
    """Titles and words of reporting, as stems: they weigh little in a sentence."""
    return frozenset(stem_of(word) for word in (*lexicon.glue(), *_TITLES))


def _forenames(text: str, words: tuple[Word, ...], names: frozenset[int]) -> frozenset[int]:
    return frozenset(
        at
        for at in names
        if at + 1 in names
        and not text[words[at].end : words[at + 1].start].strip(" .")
        and words[at].base.isalpha()
    )


@lru_cache(maxsize=1)
def _place_names() -> frozenset[str]:
    return frozenset(name for row in lexicon.places() for name in row)


def _acts(word: Word, verb: Word) -> bool:
    """Whether a sentence that opens with this word opens with someone who acts: "Meriwether printed".

    A plural is a kind of people, and what stands in a row of synonyms is a word.
    """
    plain = word.base.endswith(("s", "ing", "ly", "ion", "ment", "ed")) or classes_of(word.stem)
    return not plain and word.stem not in light_stems() and verb.base.endswith("ed")


def _names(text: str, words: tuple[Word, ...], capitals: bool) -> frozenset[int]:
    """The numbers of the words that are names: capitalised where a capital says something."""
    if capitals:
        return frozenset()
    found = set()
    for number, word in enumerate(words):
        if not word.capital or word.number or not word.content:
            continue
        titled = number > 0 and words[number - 1].stem in light_stems()
        opens = not titled and re.search(r"(?:^|[.!?:\"“])\s*\Z", text[: word.start]) is not None
        shouted = text[word.start : word.end].isupper() and word.end - word.start > 1
        place = word.base in _place_names() or text[word.end - 2 : word.end] in {"'s", "’s"}
        follower = words[number + 1] if number + 1 < len(words) else None
        leads = word.base in _OPENERS or word.base.endswith("ly")
        named = follower is not None and not leads and (follower.capital or _acts(word, follower))
        if opens and not (shouted or place or named):
            continue
        found.add(number)
    return frozenset(found)
