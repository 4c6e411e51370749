"""Words of a text with their places: joined over hyphen breaks, stemmed, matched by meaning class."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from rag.text import lexicon
from rag.text.kept import KEPT_TEXTS, KEPT_WORDS

_WORD = re.compile(
    r"(?P<dotted>(?:[^\W\d_]\.){2,}(?:[^\W\d_](?![^\W\d_]))?)"
    r"|(?P<number>\d{1,2}:\d{2}(?!\d)|\d(?:[\d,]*\d)?(?:\.\d+)?)"
    r"|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*(?:-\s+(?!(?i:and|or|to|of|the|in)\b)[^\W\d_]+)?)"
)
_ACCENTS = {c for c in map(chr, range(0x300, 0x370)) if unicodedata.combining(c)}


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is compared: `base` is the folded form, `stem` the class it matches in."""

    base: str
    stem: str
    start: int
    end: int
    capital: bool
    number: bool

    @property
    def content(self) -> bool:
        return self.number or (self.base not in lexicon.stopwords() and len(self.base) > 1)


@lru_cache(maxsize=KEPT_TEXTS)
def words_of(text: str) -> tuple[Word, ...]:
    """The words and digit groups of `text` in order, with offsets into it."""
    found = []
    for match in _WORD.finditer(text):
        raw = match.group()
        number = match["number"] is not None
        # "2:30" is read as 2.30, as some cables print it.
        base = raw.replace(",", "").replace(":", ".") if number else _base(raw)
        if base:
            stem = base if number else stem_of(base)
            found.append(Word(base, stem, match.start(), match.end(), raw[0].isupper(), number))
    return tuple(found)


@lru_cache(maxsize=KEPT_TEXTS)
def is_capitals(text: str) -> bool:
    """Whether the text is written in capitals only, so that a capital letter says nothing of a name."""
    letters = [c for c in text if c.isalpha()]
    return sum(c.isupper() for c in letters) > 0.7 * len(letters)


@lru_cache(maxsize=KEPT_WORDS)
def _base(raw: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", raw.casefold()) if c not in _ACCENTS)
    plain = re.sub(r"-\s+", "", plain).replace(".", "").replace("’", "'")
    if plain.endswith(("n't", "nt'")):
        return plain.replace("'", "")
    return plain.removesuffix("'s").replace("'", "")


_SUFFIXES = tuple(
    (suffix, replacement)
    for suffix, _, replacement in (
        rule.partition(">")
        for rule in """
        izations>iz isations>iz ization>iz isation>iz izing>iz ising>iz ational ating ated ates ate
        ations ation ition ments ment nesses ness ities ity ively ives ive ings ing ically ical ally
        ances ance ences ence ingly edly ions ion ized>iz ised>iz izes>iz ises>iz ize>iz ise>iz
        iers>y ier>y ies>y ied>y ers ors er or ed es als al ly s e
        """.split()
    )
)
_SHORTEST_STEM = 3
_INFLECTIONS = frozenset({"s", "e", "ed", "es"})
# By their last letter, in their order, with the shortest stem that each leaves.
_ENDINGS = {
    last: tuple(
        (
            suffix,
            replacement,
            _SHORTEST_STEM if suffix in _INFLECTIONS else max(_SHORTEST_STEM, 6 - len(suffix)),
        )
        for suffix, replacement in _SUFFIXES
        if suffix[-1] == last
    )
    for last in {suffix[-1] for suffix, _ in _SUFFIXES}
}


@lru_cache(maxsize=KEPT_WORDS)
def stem_of(base: str) -> str:
    """A light stem: irregular forms by list, then one or two suffixes, doubled letters undone.

    After Lovins (1968), "Development of a stemming algorithm": longest suffix first.
    Example: "printed", "printing" -> "print"; "collected", "collection" -> "collect".
    """
    word = lexicon.irregular_forms().get(base, base)
    if len(word) <= _SHORTEST_STEM:
        return word
    for _ in range(2):
        for suffix, replacement, shortest in _ENDINGS.get(word[-1], ()):
            rest = word[: -len(suffix)]
            if len(rest) >= shortest and word.endswith(suffix):
                if suffix == "s" and rest.endswith(("s", "u", "i")):
                    continue
                word = rest + replacement
                break
        else:
            break
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    if len(word) > _SHORTEST_STEM and word[-1] in "yi":
        word = word[:-1] + "i"
    return word


@cache
def _classes() -> dict[str, frozenset[int]]:
    rows = lexicon.synonym_rows() + lexicon.places()
    found: dict[str, set[int]] = {}
    for number, row in enumerate(rows):
        for word in row:
            found.setdefault(stem_of(word), set()).add(number)
    return {stem: frozenset(numbers) for stem, numbers in found.items()}


@cache
def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for rows in lexicon.antonym_rows():
        left, right = (frozenset().union(*map(_stems_of_forms, row)) for row in rows)
        for mine, theirs in ((left, right), (right, left)):
            for stem in mine - theirs:
                found.setdefault(stem, set()).update(theirs - mine)
    return {stem: frozenset(others) for stem, others in found.items()}


@lru_cache(maxsize=1024)
def _stems_of_forms(word: str) -> frozenset[str]:
    """The stems of a base form and of what the endings make of it, which are not always one."""
    bare = word.removesuffix("e")
    endings = [f"{word}{word[-1]}ed", f"{word}{word[-1]}ing"]
    endings += [f"{word}d", f"{word}ing"] if word.endswith("ee") else [f"{bare}ed", f"{bare}ing"]
    forms = [word, f"{word}s", *endings]
    return frozenset(stem_of(form) for form in forms)


def stems_of(text: str) -> frozenset[str]:
    """The stems of the words of a list in a string."""
    return frozenset(stem_of(word) for word in text.split())


def classes_of(stem: str) -> frozenset[int]:
    """The synonym and place rows in which the stem stands."""
    return _classes().get(stem, frozenset())


def opposites_of(stem: str) -> frozenset[str]:
    """The stems that exclude this one."""
    return _opposites().get(stem, frozenset())


def place_of(stem: str) -> frozenset[int]:
    """The country rows in which the stem stands."""
    return frozenset(number for number in classes_of(stem) if number >= len(lexicon.synonym_rows()))


def is_same(left: str, right: str) -> bool:
    """Whether two stems mean the same by form or by a synonym row."""
    if left == right:
        return True
    mine = classes_of(left)
    return bool(mine) and not mine.isdisjoint(classes_of(right))
