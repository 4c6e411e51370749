"""Edits of a true sentence for training: some leave it true, most make it false in one place.

Beside the mutations of ``evals`` these exchange, add and join words of the kinds that language models get
wrong: a word of the same form from elsewhere, two names that change places, an addition, a broken join.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache

from evals.mutations import CERTAIN, HEDGE, OPPOSITE
from rag.text import lexicon
from rag.text.words import is_same, opposites_of, stem_of, words_of
from rag.types import Span

_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b")
_PHRASE = re.compile(
    r"\b(?:in|on|by|for|with|from|to|against|after|before|during|because of|at|under|through) "
    r"(?:the |his |their |its |a )?(?:[\w'-]+ ){0,3}[\w'-]{4,}(?=[,.;])"
)
_TAIL = re.compile(
    r",? (?:which|who|where|although|because|while|as|including|following|and) [^,.;]{15,}(?=\.$)"
)
_SUFFIXES = ("ing", "ed", "ly", "tion", "tions", "ment", "ments", "ity", "ers", "er", "es", "s")
# Below this likeness two sentences are different ones, and no word of either is the changed one.
_LIKE = 0.6
_CONJOINED = re.compile(r" (that|would|was|were|had|has|to|and|but) ")


def swapped_names(sentence: str, others: Sequence[str], chance: random.Random) -> str | None:
    """Two names of the sentence change places."""
    names = list(_NAME.finditer(sentence))
    pairs = [(a, b) for a in names for b in names if a.start() < b.start() and a.group() != b.group()]
    if not pairs:
        return None
    a, b = chance.choice(pairs)
    middle = sentence[a.end() : b.start()]
    return f"{sentence[: a.start()]}{b.group()}{middle}{a.group()}{sentence[b.end() :]}"


def other_word(sentence: str, others: Sequence[str], chance: random.Random) -> str | None:
    """A content word becomes one of the same form from another sentence."""
    stems = {word.stem for word in words_of(sentence)}
    spots = [w for w in words_of(sentence) if w.content and not w.number and w.end - w.start > 3]
    chance.shuffle(spots)
    for spot in spots[:4]:
        was = sentence[spot.start : spot.end]
        fitting = [
            text[w.start : w.end]
            for text in others
            for w in words_of(text)
            if w.content and not w.number and w.end - w.start > 3 and w.stem not in stems
            and _form(text[w.start : w.end]) == _form(was) and not is_same(w.stem, spot.stem)
        ]  # fmt: skip
        if fitting:
            return sentence[: spot.start] + chance.choice(fitting) + sentence[spot.end :]
    return None


def _form(word: str) -> tuple[bool, str]:
    return word[0].isupper(), next((s for s in _SUFFIXES if word.lower().endswith(s)), "")


def added_phrase(sentence: str, others: Sequence[str], chance: random.Random) -> str | None:
    """A phrase of another sentence is put before a comma or the full stop."""
    phrases = [match.group() for text in others for match in _PHRASE.finditer(text)]
    phrases = [phrase for phrase in phrases if phrase.lower() not in sentence.lower()]
    if not phrases:
        return None
    spot = chance.choice([m.start() for m in re.finditer(r"[,.;](?=\s|$)", sentence)] or [len(sentence)])
    return f"{sentence[:spot]} {chance.choice(phrases)}{sentence[spot:]}"


def joined(sentence: str, others: Sequence[str], chance: random.Random) -> str | None:
    """The beginning of the sentence goes on as another one does."""
    mine = list(_CONJOINED.finditer(sentence))
    chance.shuffle(mine)
    for cut in mine:
        rests = [
            text[match.end() :]
            for text in others
            for match in _CONJOINED.finditer(text)
            if match.group() == cut.group() and 3 <= len(text[match.end() :].split()) <= 25
        ]
        if rests and len(sentence[: cut.start()].split()) >= 3:
            return sentence[: cut.end()] + chance.choice(rests)
    return None


def opposite(sentence: str, others: Sequence[str], chance: random.Random) -> str | None:
    """A word becomes its opposite."""
    spots = []
    for word in words_of(sentence):
        raw = sentence[word.start : word.end]
        known = OPPOSITE.get(raw.lower())
        choices = [known] if known else [w for w in _bases() if stem_of(w) in opposites_of(word.stem)]
        spots += [(word.start, word.end, _inflected(choice, raw)) for choice in choices]
    return _put(sentence, chance.choice(spots)) if spots else None


def certain(sentence: str, others: Sequence[str], chance: random.Random) -> str | None:
    """A hedge becomes a certainty."""
    spots = [(m.start(), m.end(), CERTAIN[m.group().lower()]) for m in HEDGE.finditer(sentence)]
    return _put(sentence, chance.choice(spots)) if spots else None


def synonym(sentence: str, others: Sequence[str], chance: random.Random) -> str | None:
    """A word becomes another that may stand for it; the sentence stays true."""
    spots = []
    for word in words_of(sentence):
        raw = sentence[word.start : word.end]
        if not word.content or not raw.islower():
            continue
        for row in lexicon.synonym_rows():
            if any(stem_of(w) == word.stem for w in row):
                spots += [
                    (word.start, word.end, _inflected(w, raw))
                    for w in row
                    if stem_of(w) != word.stem and w.isalpha() and w not in lexicon.stopwords()
                ]
    return _put(sentence, chance.choice(spots)) if spots else None


def shortened(sentence: str, others: Sequence[str], chance: random.Random) -> str | None:
    """The sentence without its last clause; what is left stays true."""
    match = _TAIL.search(sentence)
    if match is None or len(sentence[: match.start()].split()) < 8:
        return None
    return sentence[: match.start()] + sentence[match.end() :]


FALSE = (swapped_names, other_word, other_word, added_phrase, joined, opposite, certain)
TRUE = (synonym, shortened)


@cache
def _bases() -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for rows in lexicon.antonym_rows() for row in rows for word in row))


def _inflected(base: str, like: str) -> str:
    """A base form with the ending of another word."""
    lower = like.lower()
    if lower.endswith("ing"):
        word = base.removesuffix("e") + "ing"
    elif lower.endswith("ed"):
        word = base + ("d" if base.endswith("e") else "ed")
    elif lower.endswith("s") and not lower.endswith("ss"):
        word = base + "s"
    else:
        word = base
    return word.upper() if like.isupper() else word.capitalize() if like[0].isupper() else word


def _put(sentence: str, spot: tuple[int, int, str]) -> str:
    start, end, word = spot
    return sentence[:start] + word + sentence[end:]


def changed_words(true: str, false: str) -> tuple[Span, ...] | None:
    """The words of `false` that `true` does not have, or those beside a gap; None for unlike sentences."""
    mine, theirs = words_of(false), words_of(true)
    matcher = SequenceMatcher(None, [w.base for w in theirs], [w.base for w in mine], autojunk=False)
    if matcher.ratio() < _LIKE:
        return None
    spans: list[Span] = []
    for tag, _, _, first, last in matcher.get_opcodes():
        if tag == "equal":
            continue
        if tag == "delete":
            first, last = max(first - 1, 0), min(first + 1, len(mine))
        spans += [Span(w.start, w.end) for w in mine[first:last]]
    return tuple(spans)


def likeness(left: str, right: str) -> float:
    """How like two sentences are, by their words, 0 to 1."""
    return SequenceMatcher(
        None, [w.base for w in words_of(left)], [w.base for w in words_of(right)], autojunk=False
    ).ratio()
