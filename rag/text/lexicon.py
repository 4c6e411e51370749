"""The packaged word lists: abbreviations, places, synonyms, antonyms, irregular forms, stop words."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


@cache
def _load(name: str) -> dict[str, object]:
    loaded = json.loads(files("rag").joinpath("data", name).read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def _list(name: str, key: str) -> list[str]:
    value = _load(name)[key]
    assert isinstance(value, list)
    return value


def _rows(name: str, key: str) -> list[list[str]]:
    value = _load(name)[key]
    assert isinstance(value, list)
    return value


@cache
def stopwords() -> frozenset[str]:
    """Words that carry no content of their own."""
    return frozenset(_list("lexicon.json", "stopwords"))


@cache
def glue() -> frozenset[str]:
    """Words by which an answer leads to what it cites ("the embassy reported"), in base form."""
    return frozenset(_list("lexicon.json", "glue"))


@cache
def irregular_forms() -> dict[str, str]:
    """Inflected form -> base form, where no suffix rule leads there."""
    value = _load("lexicon.json")["irregular"]
    assert isinstance(value, dict)
    return value


@cache
def synonym_rows() -> list[list[str]]:
    """Rows of words that may stand for one another."""
    return _rows("lexicon.json", "synonyms")


@cache
def antonym_rows() -> list[list[list[str]]]:
    """Pairs of rows of words, as base forms and what is derived of them: one row excludes the other."""
    value = _load("lexicon.json")["antonyms"]
    assert isinstance(value, list)
    return value


@cache
def places() -> list[list[str]]:
    """Rows of one country: its names then and now, its people, its capital."""
    return _rows("abbreviations.json", "places")


@cache
def abbreviations() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Abbreviation in lower case -> its possible expansions, each as words."""
    value = _load("abbreviations.json")["abbreviations"]
    assert isinstance(value, dict)
    return {key: tuple(tuple(e.split()) for e in expansions) for key, expansions in value.items()}
