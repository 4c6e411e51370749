"""Slips of the pen: words of a question that stand nowhere, and known words that each may be meant for."""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import islice
from string import ascii_lowercase

from rag.asking.gazetteer import find_places, one_word_places
from rag.index.collection import Collection
from rag.text.lexicon import stopwords
from rag.types import Filters

# Of shorter words too many are alike. No part of "couldn't" or of "76PARIS99999" is a word to look at.
_WORD = re.compile(r"(?<![\w'’])[^\W\d_]{6,}(?!\w|['’](?!s\b))")
# Two names so much alike may be one: "Morroco" and "Morocco" (0.86), not "Genova" and "Geneva" (0.83).
_LIKE = 0.85
# A name of so many letters is seldom a letter away from another.
_LONG = 8
_DOUBLED = re.compile(r"(.)\1")
# So many words are looked at, each with so many that it may be meant for; a reader is told three of these.
_LOOKED_AT, _TRIED, _TOLD = 5, 8, 3


@dataclass(frozen=True, slots=True)
class Slip:
    """A word as it was written, and the words that it may be meant for, the likeliest first.

    `is_sure` where it can hardly be meant for anything but the first of them.
    """

    written: str
    like: tuple[str, ...]
    is_sure: bool


class Spelling:
    """Finds slips by the words that are known beforehand, where these stand in one collection."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def slips(self, text: str) -> tuple[Slip, ...]:
        """The slips of a text, in its order, each once.

        None is a word that names a place, or that the encoder's vocabulary has whole: it is spelled as it
        should be, and the collection has it not.
        """
        places = find_places(text)
        words = dict.fromkeys(
            match.group()
            for match in _WORD.finditer(text)
            if match.group().casefold() not in stopwords()
            and not any(place.start < match.end() and match.start() < place.end for place in places)
        )
        whole = self._whole(words)
        unknown = list(islice((word for word in words if word.casefold() not in whole), _LOOKED_AT))
        store = self._collection.store
        visible = None if not unknown or store.is_whole else store.matching_cables(Filters())
        slips = (self._slip(word, visible) for word in unknown if not self._stands(word, visible))
        return tuple(slip for slip in slips if slip.like)

    def _slip(self, word: str, visible: frozenset[str] | None) -> Slip:
        base, known = word.casefold(), _names()
        alike = [name for name in known if name[0] == base[0]]
        names = get_close_matches(base, alike, n=_TRIED, cutoff=_LIKE)
        if named := [name for name in names if self._stands(name, visible)]:
            # In small letters or in capitals only, it may be no name: "germane" is not Germany.
            is_name = word[0].isupper() and not word.isupper()
            is_one = len({known[name] for name in names}) == 1
            is_sure = is_name and is_one and _is_surely(base, named[0])
            return Slip(word, tuple(name.capitalize() for name in named[:_TOLD]), is_sure)
        # "havent" is "haven't", and no "haven".
        edited = _one_edit_from(base) - {base[:-1] if base.endswith("nt") else base}
        near = get_close_matches(base, self._whole(sorted(edited)), n=_TRIED, cutoff=0)
        standing = islice((other for other in near if self._stands(other, visible)), _TOLD)
        like = (other.capitalize() if word[0].isupper() else other for other in standing)
        return Slip(word, tuple(like), is_sure=False)

    def _whole(self, words: Iterable[str]) -> list[str]:
        """Those that the encoder's vocabulary has whole, in small letters."""
        bases = [word.casefold() for word in words]
        counts = self._collection.encoder.token_counts(bases)
        return [base for base, count in zip(bases, counts, strict=True) if count == 1]

    def _stands(self, word: str, visible: frozenset[str] | None) -> bool:
        return bool(self._collection.lexical.search(word, 1, visible))


@cache
def _names() -> dict[str, str]:
    """Places and months in small letters, each with what it names: two names of a country name one thing."""
    return {**one_word_places(), **{month.casefold(): month for month in month_name if month}}


def _is_surely(written: str, name: str) -> bool:
    """Whether it is the name but for doubled letters, or one edit from a long one: "Styria" is not Syria."""
    single, of_name = (_DOUBLED.sub(r"\1", word) for word in (written, name))
    return single == of_name or (len(name) >= _LONG and name in _one_edit_from(written))


def _one_edit_from(word: str) -> frozenset[str]:
    """All that one letter dropped, swapped with the next, changed or put in makes of a word.

    After Norvig (2007), "How to Write a Spelling Corrector".
    """
    halves = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    made = {left + right[1:] for left, right in halves if right}
    made |= {left + right[1] + right[0] + right[2:] for left, right in halves if len(right) > 1}
    for letter in ascii_lowercase:
        made |= {left + letter + rest for left, right in halves for rest in (right, right[1:])}
    return frozenset(made)


def mended(text: str, slips: Iterable[Slip]) -> str:
    """The text with the words that are surely slips as what they are meant for."""
    sure = {slip.written: slip.like[0] for slip in slips if slip.is_sure}
    return _WORD.sub(lambda match: sure.get(match.group(), match.group()), text)


def note_of(slip: Slip, *, is_searched: bool) -> str:
    """What a reader is told of it; `is_searched` where what it is surely meant for was searched for too."""
    nowhere = f"“{slip.written}” stands nowhere in this collection"
    if is_searched and slip.is_sure:
        return f"{nowhere}; “{slip.like[0]}” was searched for as well."
    return f"{nowhere}. Did you mean {' or '.join(f'“{word}”' for word in slip.like)}?"
