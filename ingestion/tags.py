"""TAGS lines: split, repaired, names kept whole."""

from __future__ import annotations

import re

from rag.text.tags import listed_tags

_TOKEN = re.compile(
    r"(?P<code>[A-Z]{2,4}|[A-Z]+)\s*\((?P<name>[^()]*)\)|(?P<word>[A-Z][A-Z'’.-]*(?:/[A-Z]+)?)|(?P<sep>,)",
    re.I,
)
_SUBJECT = 4
_PLACE = 2


def read_tags(text: str) -> tuple[str, ...]:
    """``"OVIP (VANCE, CYRUS) IS,SY ECONEFIN" -> ("OVIP (VANCE, CYRUS)", "IS", "SY", "ECON", "EFIN")``.

    Order is kept, repeats are dropped. A run without separators is cut into listed tags where that can
    be done in one way from left to right; names ("CLINTON, HILLARY") stay whole.
    """
    words = text.replace(",", " ").split()
    if all(len(word) <= _SUBJECT and word in listed_tags() for word in words):
        return tuple(dict.fromkeys(words))
    tags: list[str] = []
    pieces = list(_TOKEN.finditer(text))
    skip = -1
    for index, found in enumerate(pieces):
        if index <= skip or found["sep"]:
            continue
        if found["code"]:
            *before, last = _split(found["code"].upper())
            tags.extend([*before, f"{last} ({' '.join(found['name'].split()).upper()})"])
            continue
        word = found["word"].upper().strip(".")
        name = _full_name(pieces, index, word)
        if name:
            tags.append(name)
            skip = index + 2
        elif word:
            tags.extend(_split(word))
    return tuple(dict.fromkeys(tags))


def _full_name(pieces: list[re.Match[str]], index: int, word: str) -> str | None:
    """ "CLINTON, HILLARY": two long words with a comma between, neither of them made of tags."""
    if index + 2 >= len(pieces) or not pieces[index + 1]["sep"] or not pieces[index + 2]["word"]:
        return None
    given = pieces[index + 2]["word"].upper()
    if len(word) > _SUBJECT and len(given) > _SUBJECT and _split(word) == [word] and _split(given) == [given]:
        return f"{word}, {given}"
    return None


def _split(word: str) -> list[str]:
    known = listed_tags()
    if word in known or len(word) <= _SUBJECT or not word.isalpha():
        return [word]
    parts: list[str] = []
    rest = word
    while rest:
        part = next(
            (rest[:size] for size in (_SUBJECT, _PLACE) if rest[:size] in known and len(rest) >= size), None
        )
        if part is None:
            return [word]
        parts.append(part)
        rest = rest[len(part) :]
    return parts
