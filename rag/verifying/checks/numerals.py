"""Numerals: numbers written in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.text.words import Word

UNITS = {
    name: value
    for value, name in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen".split()
    )
}
TENS = {
    name: 10 * value
    for value, name in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
} | {"fourty": 40}
SCALES = {"hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
SCALE_MARKS = SCALES | {"mil": 1e6, "mln": 1e6, "mn": 1e6, "bn": 1e9, "bil": 1e9, "m": 1e6, "k": 1e3}
ORDINALS = {
    name: value
    for value, name in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), start=1
    )
}
FRACTIONS = {"half": 0.5, "third": 1 / 3, "quarter": 0.25, "fifth": 0.2, "tenth": 0.1}
FRACTION_PLURALS = {"thirds": 1 / 3, "quarters": 0.25, "fifths": 0.2, "tenths": 0.1, "fourths": 0.25}


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in words up to word `end`; a fraction is a `share`, its value in percent."""

    value: float
    share: bool
    end: int


def begins_numeral(words: Sequence[Word], at: int) -> bool:
    """Whether a number in words begins at word `at`."""
    base = words[at].base
    scaled = at + 1 < len(words) and words[at + 1].base in SCALES
    return base in UNITS or base in TENS or (base in {"a", "an"} and scaled)


def read_numeral(text: str, words: Sequence[Word], at: int) -> Numeral:
    """Read the number that begins at word `at`: "one hundred and fifty", "two-thirds", "a million"."""
    total = current = 0.0
    end = at
    while end < len(words):
        base = words[end].base
        gap = text[words[end - 1].end : words[end].start] if end > at else " "
        if gap.strip(" -\n"):
            break
        if (
            base in UNITS
            and (end == at or current % 10 == 0)
            and not (end > at and current % 100 in range(1, 20))
        ):
            current += UNITS[base]
        elif base in TENS and (end == at or current % 100 == 0):
            current += TENS[base]
        elif base in {"a", "an"} and end == at:
            current = 1.0
        elif base == "hundred" and end > at:
            current = (current or 1.0) * 100
        elif base in SCALES and end > at:
            total, current = total + (current or 1.0) * SCALES[base], 0.0
        elif not (base == "and" and end > at and _continues(words, end)):
            break
        end += 1
    value, end = total + current, max(end, at + 1)
    if end < len(words) and words[end].base in FRACTION_PLURALS:
        return Numeral(100 * value * FRACTION_PLURALS[words[end].base], True, end + 1)
    if end < len(words) and words[end].base in FRACTIONS and words[at].base in {"one", "a"}:
        return Numeral(100 * FRACTIONS[words[end].base], True, end + 1)
    return Numeral(value, False, end)


def _continues(words: Sequence[Word], at: int) -> bool:
    return words[at - 1].base in SCALES and at + 1 < len(words) and words[at + 1].base in UNITS | TENS
