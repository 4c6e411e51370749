"""The vocabulary of telegrams: abbreviations expanded both ways, "EMBOFF" for "embassy officer" and back.

Facts and their source: ``rag/data/abbreviations.json``.
"""

from __future__ import annotations

import re
from functools import cache

from rag.text.lexicon import abbreviations

_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
# Short forms that are words of their own unless written in capitals, as "may" and "co" are.
_LONG_ENOUGH = 5
# So common in questions that their long forms only add noise.
_TOO_COMMON = frozenset({"us", "usa", "un", "uk", "am"})


@cache
def _short_forms() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Long form -> its abbreviations; single short words are left out, they stand for themselves."""
    found: dict[tuple[str, ...], list[str]] = {}
    for short, expanded in abbreviations().items():
        if short not in _TOO_COMMON:
            for long in expanded:
                found.setdefault(long, []).append(short)
    return {long: tuple(shorts) for long, shorts in found.items()}


def expansions(text: str) -> tuple[str, ...]:
    """What else the words of a text are called, in their order: "the FONMIN" -> ("foreign minister",).

    Example: "the foreign minister of the GOI" -> ("government of india", "fonmin").
    """
    words = [match.group() for match in _WORD.finditer(text)]
    lowered = [word.lower() for word in words]
    found: list[str] = []
    for word, low in zip(words, lowered, strict=True):
        if low in _TOO_COMMON or not (word.isupper() or len(low) >= _LONG_ENOUGH):
            continue
        found += [" ".join(long) for long in abbreviations().get(low, ())]
    short_forms = _short_forms()
    longest = max(map(len, short_forms))
    for size in range(2, longest + 1):
        for first in range(len(lowered) - size + 1):
            found += short_forms.get(tuple(lowered[first : first + size]), ())
    return tuple(dict.fromkeys(found))
