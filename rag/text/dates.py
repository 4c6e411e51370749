"""Dates: read in their many spellings, compared as far as both sides are precise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from rag.text.kept import KEPT_TEXTS

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH_NUMBERS = {name[:3]: number for number, name in enumerate(_MONTHS, start=1)}
_MONTH = (
    r"(?P<{0}>(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?))\b\.?"
)
_DAY = r"(?P<{0}>0?[1-9]|[12]\d|3[01])(?:(?:st|ST)|(?<=1) ST\b| ?(?:nd|rd|th|ND|RD|TH)\b)?(?![\d,.]?\d)"
_DAY_TO = r"(?:\s*(?:-|–|to|TO|and|AND|or|OR|,|through|THROUGH)\s*" + _DAY.format("last") + r")?"
_YEAR = r"(?P<year>1[6-9]\d\d|20\d\d|['’]\d\d)"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?P<iso>\d{4}-\d{2}-\d{2})\b",
        rf"\b{_MONTH.format('month')}\s+{_DAY.format('day')}{_DAY_TO}(?:\s*,?\s*{_YEAR}\b)?",
        rf"\b{_DAY.format('day')}{_DAY_TO}\s*(?:of\s+|OF\s+)?{_MONTH.format('month')}(?:\s*,?\s*{_YEAR}\b)?",
        rf"\b{_MONTH.format('month')}\s*,?\s*(?:of\s+|OF\s+)?{_YEAR}\b",
        rf"\b(?P<n1>\d{{1,2}})/(?P<n2>\d{{1,2}})/{_YEAR.replace('[', '[').replace('|20', '|20')}\b",
        rf"(?<![\d,.$£/-]){_YEAR}(?![\d]|[,.]\d|/\d|-\d)\b",
        rf"(?<![A-Za-z]){_MONTH.format('month')}",
    )
)
# "may" and "march" are words too: alone they are months only behind such a word.
_MONTH_CUE = re.compile(
    r"(?i:\b(?:in|of|since|by|until|till|last|next|this|early|late|mid|during|from|to|and|end|beginning|through|before"
    r"|after|for))[ -]+\Z"
)
_RELATIVE = re.compile(r"(?i)\b(yesterday|today|tomorrow|tonight|this morning|last night)\b")
_OFFSETS = {"yesterday": -1, "last night": -1, "tomorrow": 1}


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date as far as the text gives it; `last_day` closes a range within the month."""

    year: int | None
    month: int | None
    day: int | None
    last_day: int | None
    start: int
    end: int
    text: str


@lru_cache(maxsize=KEPT_TEXTS)
def dates_of(text: str) -> tuple[DateMention, ...]:
    """The dates of `text` in order, none inside another."""
    found: list[DateMention] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            mention = _mention(text, match)
            if mention is not None:
                found.append(mention)
    return tuple(sorted(found, key=lambda mention: mention.start))


def relative_dates(text: str, sent: date | None) -> tuple[DateMention, ...]:
    """What "yesterday", "today"... of a cable sent on a known day stand for."""
    if sent is None:
        return ()
    found = []
    for match in _RELATIVE.finditer(text):
        day = sent + timedelta(days=_OFFSETS.get(match.group().lower(), 0))
        found.append(
            DateMention(day.year, day.month, day.day, None, match.start(), match.end(), match.group())
        )
    return tuple(found)


def _mention(text: str, match: re.Match[str]) -> DateMention | None:
    parts = match.groupdict()
    year = month = day = last = None
    if parts.get("iso"):
        year, month, day = (int(part) for part in parts["iso"].split("-"))
        if not 1 <= month <= 12:
            return None
    else:
        if parts.get("month"):
            month = _MONTH_NUMBERS[parts["month"][:3].lower()]
            alone = not parts.get("day") and not parts.get("year")
            if alone and not _is_month(text, match, parts["month"]):
                return None
        if parts.get("n1"):
            month, day = int(parts["n1"]), int(parts["n2"])
            if month > 12:
                month, day = day, month
        day = int(parts["day"]) if parts.get("day") else day
        last = int(parts["last"]) if parts.get("last") else None
        if parts.get("year"):
            digits = parts["year"].strip("'’")
            year = int(digits) if len(digits) == 4 else 1900 + int(digits)
    return DateMention(year, month, day, last, match.start(), match.end(), match.group())


def _is_month(text: str, match: re.Match[str], name: str) -> bool:
    if name.islower():
        return False
    if name.lower() in {
        "may",
        "march",
        "mar",
        "jun",
        "jan",
        "dec",
        "sep",
        "sept",
        "oct",
        "nov",
        "apr",
        "aug",
    }:
        return _MONTH_CUE.search(text[: match.start()]) is not None
    return True


def agrees(claimed: DateMention, given: DateMention, sent_from: date | None, sent_to: date | None) -> bool:
    """Whether the paragraph's date bears out the sentence's; a missing year is about the cable's own."""
    if claimed.month is not None and claimed.month != given.month:
        return False
    if claimed.day is not None and not _same_days(claimed, given):
        return False
    if claimed.year is None:
        return claimed.month is not None
    if given.year is not None:
        return claimed.year == given.year
    if sent_from is None or sent_to is None:
        return claimed.month is not None
    return sent_from.year - 1 <= claimed.year <= sent_to.year + 1


def _same_days(claimed: DateMention, given: DateMention) -> bool:
    if given.day is None:
        return False
    given_days = (given.day, given.last_day or given.day)
    if claimed.last_day is not None:
        return (claimed.day, claimed.last_day) == given_days
    return claimed.day in given_days
