"""Numbers: read from digits and words, with scale, kind, rounding word and what is counted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rag.text.kept import KEPT_TEXTS
from rag.text.words import Word, words_of
from rag.verifying.checks import numerals


class Measure(StrEnum):
    """What sort of number it is."""

    COUNT = "count"
    PERCENT = "percent"
    MONEY = "money"
    ORDINAL = "ordinal"


class Rounding(StrEnum):
    """What the text says of the number's exactness."""

    NONE = "none"
    ABOUT = "about"
    OVER = "over"
    UNDER = "under"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text; `units` are stems of what is counted ("criminal case"), empty where unsaid."""

    value: float
    measure: Measure
    rounding: Rounding
    units: tuple[str, ...]
    start: int
    end: int
    text: str
    readings: tuple[float, ...] = ()


_ABOUT = frozenset(
    "about approximately approx roughly around some circa ca estimated perhaps almost nearly".split()
)
_PERCENT = frozenset("percent pct percentage".split())
_CURRENCY = frozenset(
    "dollar dollars dols dol dls usd pound pounds sterling mark marks dm franc francs yen lira lire"
    " peso pesos ruble rubles rupee rupees guilder guilders krone kronor euro euros cents tenge dinar"
    " dinars rials riyals".split()
)
_COUNT_SIGN = re.compile(
    r"(?:US|A|NZ|C|HK)?\$\s*\Z|[£€¥]\s*\Z|\b(?:DM|USD|FF|BF|SFR|DOLS|RS)\.?\s*\Z", re.IGNORECASE
)
_TAIL = re.compile(r"\s*(?:%|(?i:per-?\s*cent\b|pct\b|p\.c\.))")
_YEAR_BEFORE = re.compile(r"(?<!\d)(?P<century>1[5-9]|20)\d\d[-–/]\Z")
_THOUSANDS_BY_POINT = re.compile(r"\d{1,3}(?:\.\d{3})+\Z")
# The noun that is counted stands within so many words behind its number.
_UNIT_REACH = 4
_NO_UNIT = frozenset(["more", "less", "other", "additional", "total", "new"])
_BREAKS = frozenset(
    "in to for from and or by on at per who which that were was is are had have has with".split()
)


@lru_cache(maxsize=KEPT_TEXTS)
def quantities_of(text: str) -> tuple[Quantity, ...]:
    """The numbers of `text` in order; years and days of a month are among them, as plain counts."""
    words = words_of(text)
    found: list[Quantity] = []
    at = 0
    while at < len(words):
        quantity, at = _read(text, words, at)
        if quantity is not None:
            found.append(quantity)
    return tuple(found)


def _read(text: str, words: tuple[Word, ...], at: int) -> tuple[Quantity | None, int]:
    word = words[at]
    if word.number:
        return _read_digits(text, words, at)
    if numerals.begins_numeral(words, at):
        numeral = numerals.read_numeral(text, words, at)
        measure = Measure.PERCENT if numeral.share else Measure.COUNT
        return _make(text, words, at, numeral.end, numeral.value, measure), numeral.end
    if word.base in numerals.ORDINALS and not (
        at + 1 < len(words) and words[at + 1].base in numerals.FRACTIONS
    ):
        return _make(text, words, at, at + 1, float(numerals.ORDINALS[word.base]), Measure.ORDINAL), at + 1
    if word.base == "half":
        return _make(text, words, at, at + 1, 50.0, Measure.PERCENT), at + 1
    if word.base in {"dozen", "score"} and at and words[at - 1].base == "a":
        return _make(text, words, at, at + 1, 12.0 if word.base == "dozen" else 20.0, Measure.COUNT), at + 1
    return None, at + 1


def _read_digits(text: str, words: tuple[Word, ...], at: int) -> tuple[Quantity, int]:
    word = words[at]
    raw = text[word.start : word.end]
    value = float(word.base)
    if (century := _century(text, word.start)) and re.fullmatch(r"\d\d", raw):
        return _make(
            text, words, at, at + 1, century + value, Measure.COUNT, (century + value, value)
        ), at + 1
    end = at + 1
    measure = Measure.COUNT
    adjoining = end < len(words) and not text[word.end : words[end].start].strip(" -")
    if (
        adjoining
        and words[end].base in numerals.SCALE_MARKS
        and not (words[end].base in "mk" and raw.isdigit())
    ):
        value *= numerals.SCALE_MARKS[words[end].base]
        end += 1
    elif adjoining and words[end].base == _ordinal_ending(word.base):
        measure = Measure.ORDINAL
        end += 1
    readings = (
        (value, float(raw.replace(".", "").replace(",", ""))) if _THOUSANDS_BY_POINT.match(raw) else (value,)
    )
    return _make(text, words, at, end, value, measure, readings), end


def _century(text: str, start: int) -> int:
    """2000 for the 19 of "2018-19"; 0 where no year stands before."""
    year = _YEAR_BEFORE.search(text, max(0, start - 6), start)
    return int(year["century"]) * 100 if year else 0


def _ordinal_ending(digits: str) -> str:
    """ "th" for 9 and 11, "st" for 21; telegrams print "9 TH"."""
    if digits[-2:] in {"11", "12", "13"}:
        return "th"
    return {"1": "st", "2": "nd", "3": "rd"}.get(digits[-1], "th")


def _make(
    text: str,
    words: tuple[Word, ...],
    at: int,
    end: int,
    value: float,
    measure: Measure,
    readings: tuple[float, ...] = (),
) -> Quantity:
    start, stop = words[at].start, words[end - 1].end
    sign = _COUNT_SIGN.search(text[max(0, start - 6) : start])
    tail = _TAIL.match(text, stop)
    nouns = end
    if tail:
        measure, stop = Measure.PERCENT, tail.end()
        while nouns < len(words) and words[nouns].start < stop:
            nouns += 1
    elif measure is Measure.COUNT and nouns < len(words) and words[nouns].base in _CURRENCY:
        measure, stop = Measure.MONEY, words[nouns].end
        nouns += 1
    if sign:
        measure = Measure.MONEY
        start -= len(sign.group())
    rounding = _rounding(tuple(word.base for word in words[max(0, at - 4) : at]))
    units = _units(text, words, nouns, stop)
    return Quantity(value, measure, rounding, units, start, stop, text[start:stop], readings or (value,))


def _units(text: str, words: tuple[Word, ...], at: int, stop: int) -> tuple[str, ...]:
    units: list[str] = []
    for word in words[at : at + _UNIT_REACH]:
        numeral = word.number or word.base in numerals.UNITS or word.base in numerals.TENS
        if numeral or re.search(r"[.;:,()]", text[stop : word.start]):
            break
        if word.base in _BREAKS:
            break
        if word.base not in _NO_UNIT and word.content:
            units.append(word.stem)
        stop = word.end
    return tuple(units)


def _rounding(before: tuple[str, ...]) -> Rounding:
    last = before[-1] if before else ""
    phrase = " ".join(before[-3:])
    if last in {"over", "exceeding"} or re.search(
        r"(?:more|greater|higher) than$|in excess of$|at least$|upwards of$", phrase
    ):
        return Rounding.OVER
    if last == "under" or re.search(r"(?:less|fewer|lower) than$|at most$|up to$|maximum of$", phrase):
        return Rounding.UNDER
    return Rounding.ABOUT if last in _ABOUT else Rounding.NONE


def agrees(claimed: Quantity, given: Quantity) -> bool:
    """Whether the paragraph's number `given` bears out the sentence's number `claimed`."""
    if {claimed.measure, given.measure} == {Measure.PERCENT, Measure.MONEY}:
        return False
    if (claimed.measure is Measure.ORDINAL) != (given.measure is Measure.ORDINAL):
        return False
    if {claimed.rounding, given.rounding} == {Rounding.OVER, Rounding.UNDER}:
        return False
    return any(_close(left, right, claimed.rounding) for left in claimed.readings for right in given.readings)


def _digits(value: float) -> int:
    return len(f"{value:.6f}".rstrip("0").replace(".", "").strip("0"))


def _close(claimed: float, given: float, rounding: Rounding) -> bool:
    if abs(claimed - given) <= 1e-9 * max(abs(claimed), abs(given), 1.0):
        return True
    if not given:
        return False
    ratio = claimed / given
    if rounding is Rounding.ABOUT:
        # "about 300,000" rounds 298,500; "about 300,030" rounds nothing.
        return 0.95 <= ratio <= 1.05 and _digits(claimed) <= _digits(given)
    # "over 200" is borne out by 213, not by 400.
    return _digits(claimed) < _digits(given) and (
        (rounding is Rounding.OVER and 0.8 <= ratio < 1) or (rounding is Rounding.UNDER and 1 < ratio <= 1.2)
    )
