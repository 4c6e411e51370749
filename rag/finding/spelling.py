"""Slips of the pen: words of a question that stand nowhere, and the one word that each of them is like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches

from rag.asking.gazetteer import find_places
from rag.index.collection import Collection
from rag.text.period_words import expansions
from rag.text.words import Word, words_of
from rag.types import Filters, Query, Scope

# Of shorter words too many are alike.
_SHORTEST = 6
# Two words so much alike may be one: "Morroco" and "Morocco" (0.86), not "Caracola" and "Caracas" (0.80).
_LIKE = 0.85
_MOST_EDITS = 2
# So many terms like a word are looked at; the one that is meant is among the first or is not to be told.
_LOOKED_AT = 8


@dataclass(frozen=True, slots=True)
class Slip:
    """A word of a question as it was written, and the word of the collection that it is like."""

    written: str
    like: str


class Spelling:
    """Finds slips against the words of one collection, as far as they may be seen."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def slips(self, text: str) -> tuple[Slip, ...]:
        """The slips of a text, in its order.

        None is a word that is like two of the collection's, that names a place, or that the encoder's
        vocabulary has whole: it is spelled as it should be, and the collection has it not.
        """
        places = find_places(text)
        unknown = [
            word
            for word in words_of(text)
            if word.content
            and not word.number
            and len(word.base) >= _SHORTEST
            and not any(place.start < word.end and word.start < place.end for place in places)
            and self._collection.encoder.token_counts([word.base]) != [1]
        ]
        store = self._collection.store
        visible = None if not unknown or store.is_whole else store.matching_cables(Filters())
        like = ((word, self._like(word, visible)) for word in unknown)
        return tuple(Slip(text[word.start : word.end], taken) for word, taken in like if taken)

    def _like(self, word: Word, visible: frozenset[str] | None) -> str | None:
        lexical = self._collection.lexical
        terms = lexical.terms(word.base)
        if len(terms) != 1 or lexical.search(word.base, 1, visible):
            return None
        # A word nearer by an edit is the one that is meant: "Kazakstan" is no "Kazakhstani".
        for edits in range(1, _MOST_EDITS + 1):
            near = dict(self._near(terms[0], edits, word, visible))
            if near:
                best = get_close_matches(word.base, near, n=1, cutoff=0)[0]
                return _as_written(best, word) if len(set(near.values())) == 1 else None
        return None

    def _near(
        self, term: str, edits: int, word: Word, visible: frozenset[str] | None
    ) -> Iterator[tuple[str, str]]:
        """Words of the collection that are like `word`, each with its term, no more edits from `term`."""
        lexical, seen = self._collection.lexical, list[str]()
        while len(seen) < _LOOKED_AT and (found := lexical.like(term, edits, visible, seen)):
            key = (found.cable_id, found.label)
            bases = {other.base for other in words_of(self._collection.store.paragraphs([key])[key].text)}
            said = {base: terms[0] for base in sorted(bases) if len(terms := lexical.terms(base)) == 1}
            # The index found a term in it, and does not say which.
            nearest = get_close_matches(term, set(said.values()) - set(seen), n=1, cutoff=0)
            if not nearest:
                return
            seen += nearest
            alike = {
                base: one
                for base, one in said.items()
                if base[0] == word.base[0] and abs(len(one) - len(term)) <= edits
            }
            yield from ((base, alike[base]) for base in get_close_matches(word.base, alike, cutoff=_LIKE))


def _as_written(base: str, word: Word) -> str:
    return base.capitalize() if word.capital else base


def mended(query: Query, slips: tuple[Slip, ...]) -> Query:
    """The query with every slip as the word that it is like."""
    text, lone = query.text, query.standalone
    for slip in slips:
        text, lone = (one.replace(slip.written, slip.like) for one in (text, lone))
    return replace(query, text=text, standalone=lone, expansions=expansions(lone), parts=())


def note_of(slip: Slip, query: Query) -> str:
    """What a reader is told of it. A scan counts the word as it was written."""
    nowhere = f"“{slip.written}” stands nowhere in this collection"
    if query.scope is Scope.EXHAUSTIVE:
        return f"{nowhere}; “{slip.like}” does."
    return f"{nowhere}: it was taken as “{slip.like}”."
