"""Ways to make a true sentence false, or leave it true: each kind yields at most one changed sentence.

A mutation is made so that the paragraph does not bear it out: a number, month or name that is put in
stands nowhere in the paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

NUMBER = re.compile(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w-])")
NOT = re.compile(r"\b(is|are|was|were|has|have|had|will|would|could|can|did|does|do) not\b", re.IGNORECASE)
AUXILIARY = re.compile(r"\b(is|are|was|were|has|have|had|will|would|could|can)\b(?! not)", re.IGNORECASE)
MONTHS = (
    "january", "february", "march", "april", "june", "july",
    "august", "september", "october", "november", "december",
)  # fmt: skip
MONTH = re.compile(rf"\b({'|'.join(MONTHS)})\b(?= \d)|(?<=\d )\b({'|'.join(MONTHS)})\b", re.IGNORECASE)
NAME = re.compile(rf"(?<=[a-z,] )(?!(?i:{'|'.join(MONTHS)}|\w+day)\b)[A-Z][a-z]{{3,}}\b")
OPPOSITES = {
    "increase": "decrease", "increased": "decreased", "rise": "fall", "rose": "fell", "more": "less",
    "agreed": "refused", "accepted": "rejected", "support": "oppose", "supported": "opposed",
    "before": "after", "first": "last", "higher": "lower", "all": "none", "private": "public",
    "import": "export", "imports": "exports", "north": "south", "win": "lose", "won": "lost",
}  # fmt: skip
OPPOSITE = {**OPPOSITES, **{right: left for left, right in OPPOSITES.items()}}
HEDGE = re.compile(r"\b(may|might|could|reportedly|allegedly)\b", re.IGNORECASE)
CERTAIN = {
    "may": "will",
    "might": "will",
    "could": "will",
    "reportedly": "certainly",
    "allegedly": "certainly",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A verbatim sentence, the paragraph it stands in, and names from elsewhere to exchange with."""

    sentence: str
    paragraph: str
    foreign_names: Sequence[str] = ()


Mutation = Callable[[Source], str | None]


def other_number(source: Source) -> str | None:
    """``"Police took 28 cases." -> "Police took 35 cases."``"""
    match = NUMBER.search(source.sentence)
    if match is None:
        return None
    decimals = len(match[0].partition(".")[2])
    value, step = float(match[0].replace(",", "")), 7
    while (changed := f"{value + step:,.{decimals}f}") in source.paragraph:
        step += 4
    plain = changed if "," in match[0] else changed.replace(",", "")
    return _put(source.sentence, match, plain)


def other_month(source: Source) -> str | None:
    """``"on March 10" -> "on June 10"``, with a month that the paragraph does not name."""
    match = MONTH.search(source.sentence)
    if match is None:
        return None
    named = source.paragraph.lower()
    place = MONTHS.index(match[0].lower())
    later = [MONTHS[(place + step) % len(MONTHS)] for step in range(2, len(MONTHS))]
    month = next((month for month in later if month not in named), None)
    return None if month is None else _put(source.sentence, match, _cased(month, match[0]))


def other_name(source: Source) -> str | None:
    """A capitalised word in mid-sentence becomes one that the paragraph does not hold."""
    match = NAME.search(source.sentence)
    if match is None:
        return None
    name = next((name for name in source.foreign_names if name not in source.paragraph), None)
    return None if name is None else _put(source.sentence, match, name)


def negation(source: Source) -> str | None:
    """``"was found" -> "was not found"``, or the other way round."""
    match = NOT.search(source.sentence)
    if match is not None:
        return _put(source.sentence, match, match[1])
    match = AUXILIARY.search(source.sentence)
    if match is None:
        return None
    return _put(source.sentence, match, match[0] + (" NOT" if match[0].isupper() else " not"))


def opposite_word(source: Source) -> str | None:
    """``"exports rose" -> "exports fell"``, where the paragraph does not have the opposite as well."""
    held = set(re.findall(r"\w+", source.paragraph.lower()))
    for match in re.finditer(r"\w+", source.sentence):
        opposite = OPPOSITE.get(match[0].lower())
        if opposite is not None and opposite not in held:
            return _put(source.sentence, match, _cased(opposite, match[0]))
    return None


def certainty(source: Source) -> str | None:
    """``"may resign" -> "will resign"``."""
    match = HEDGE.search(source.sentence)
    if match is None:
        return None
    return _put(source.sentence, match, _cased(CERTAIN[match[0].lower()], match[0]))


def verbatim(source: Source) -> str | None:
    """The sentence itself."""
    return source.sentence


def recased(source: Source) -> str | None:
    """The sentence in lower case with a capital: true, and not letter for letter."""
    lower = source.sentence.lower()
    return lower[:1].upper() + lower[1:]


FALSE: dict[str, Mutation] = {
    "number": other_number,
    "month": other_month,
    "name": other_name,
    "negation": negation,
    "opposite": opposite_word,
    "certainty": certainty,
}
TRUE: dict[str, Mutation] = {"verbatim": verbatim, "recased": recased}


def _put(sentence: str, match: re.Match[str], replacement: str) -> str:
    return sentence[: match.start()] + replacement + sentence[match.end() :]


def _cased(word: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word.capitalize() if like[:1].isupper() else word
