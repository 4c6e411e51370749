"""Dates in a question, read as periods: "in spring 1976", "between March and May", "the week before 4 May".

What is no date (31 February, month 13) is not repaired: the part of it that is one is read, or nothing.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = ("january february march april may june july august september october november december").split()
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
# First month and number of months; winter is read both ways, as the one that begins or ends in the year.
_SEASONS = {"spring": (3, 3), "summer": (6, 3), "autumn": (9, 3), "fall": (9, 3)}
# A quarter: posts report a season's or a year's end in the months around it.
REPORTED_DAYS = 91
_DAYS = {"day": 1, "week": 7, "fortnight": 14, "month": 31, "year": 366}

_MONTH = rf"(?:{'|'.join(m[:3] + f'(?:{m[3:]})?' if m[3:] else m for m in _MONTHS)}|sept)\.?"
_YEAR = r"(?:18|19|20)\d\d"
_NTH = r"(?:st|nd|rd|th)?"
_TO = r"(?:\s*[-–]\s*|\s+(?:to|and|through)\s+)"
_PART = r"(?:early|mid|middle|late|beginning|start|end)"
_UNIT = re.compile(
    rf"""(?<![\w,.$/-])(?:the\s+)?(?:
      (?P<iso>{_YEAR}-\d\d-\d\d)
    | (?:(?P<f1>\d{{1,2}}){_NTH}{_TO})?(?P<d1>\d{{1,2}}){_NTH}\s+(?:of\s+)?(?P<m1>{_MONTH})
      (?:,?\s+(?P<y1>{_YEAR}))?
    | (?P<m2>{_MONTH})\s+(?:(?P<f2>\d{{1,2}}){_NTH}{_TO})?(?P<d2>\d{{1,2}}){_NTH}(?!\d)
      (?:,?\s+(?P<y2>{_YEAR}))?
    | (?:(?P<p3>{_PART})[\s-]+(?:in\s+|of\s+)?)?(?P<m3>{_MONTH})(?:,|\s+of)?(?:\s+(?P<y3>{_YEAR}))?
    | (?P<season>spring|summer|autumn|fall|winter)(?:\s+of)?\s+(?P<ys>{_YEAR})
    | (?P<nth>{"|".join(_ORDINALS)})\s+(?P<of>quarter|half)(?:\s+of)?\s+(?P<yq>{_YEAR})
    | (?P<ya>{_YEAR})\s?[-–/]\s?(?P<yb>{_YEAR}|\d\d)
    | (?P<decade>(?:18|19|20)\d)0s
    | (?:(?P<p4>{_PART})[\s-]+(?:in\s+|of\s+)?)?(?P<y4>{_YEAR})
    )(?![\w-]|[,.]\d|\s*%)""",
    re.IGNORECASE | re.VERBOSE,
)
_JOINED = re.compile(r"\s*(?:-|–|to|through|till|until|(?P<and>and))\s*", re.IGNORECASE)
_OPENS = re.compile(r"\b(?:between|from)\s+$", re.IGNORECASE)
_LEADS = re.compile(
    r"\b(?P<side>since|after|before|until|till|prior\s+to|up\s+to|as\s+of|by)\s+$"
    r"|\b(?:the\s+)?(?:(?P<n>\d{1,2}|two|three|four|five|six|ten)\s+)?"
    r"(?P<unit>day|week|fortnight|month|year)s?\s+(?P<near>before|after|following|of|beginning)\s+$",
    re.IGNORECASE,
)
# What leads a date stands right before it; to look through all of a long text for each date takes the square.
LOOKED_BACK = 200
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}


@dataclass(frozen=True, slots=True)
class Period:
    """A run of days in a text: ``text[start:end]`` was read as `first` to `last`, either open where None.

    `due` is the first day of a deadline's own date: 1 April of "by April 2007".
    """

    first: date | None
    last: date | None
    start: int
    end: int
    due: date | None = None

    def reported(self) -> tuple[date | None, date | None]:
        """When what is told of these days may have been written.

        What was done by a day is told around it, after it as well as before: of a deadline these are the
        `REPORTED_DAYS` on both sides of it.
        """
        if self.due is None or self.last is None:
            return self.first, self.last
        return _moved(self.due, -REPORTED_DAYS), _moved(self.last, REPORTED_DAYS)


@dataclass(frozen=True, slots=True)
class _Unit:
    """One expression of a date; `month` alone ("March") waits for a year that follows."""

    first: date | None
    last: date | None
    start: int
    end: int
    month: tuple[int, int | None] | None = None


def read_periods(text: str) -> list[Period]:
    """The periods that a text names, in their order and without overlap."""
    units = [unit for match in _UNIT.finditer(text) if (unit := _read(match)) is not None]
    periods: list[Period] = []
    at = 0
    while at < len(units):
        unit = units[at]
        partner = units[at + 1] if at + 1 < len(units) else None
        if partner is not None and (period := _range(text, unit, partner)) is not None:
            periods.append(period)
            at += 2
            continue
        if unit.first is not None and unit.last is not None:
            periods.append(_led(text, unit, unit.first, unit.last))
        at += 1
    return periods


def _range(text: str, unit: _Unit, partner: _Unit) -> Period | None:
    """ "between March and May 1978", "1976-78": the first takes the year of the second."""
    joined = _JOINED.fullmatch(text[unit.end : partner.start])
    opened = _OPENS.search(text, max(0, unit.start - LOOKED_BACK), unit.start)
    if joined is None or partner.first is None or partner.last is None:
        return None
    first = unit.first
    if first is not None and joined["and"] and not opened:
        return None
    if first is None and unit.month is not None:
        month, day = unit.month
        first = _day(partner.first.year, month, day or 1)
    # "March and May 1978" without "between" are two months, and what lies between is lifted with them.
    if first is None or first > partner.last:
        return None
    return Period(first, partner.last, opened.start() if opened else unit.start, partner.end)


def _led(text: str, unit: _Unit, first: date, last: date) -> Period:
    """What stands before a date and moves it: "since", "before", "the week after"."""
    lead = _LEADS.search(text, max(0, unit.start - LOOKED_BACK), unit.start)
    if lead is None:
        return Period(first, last, unit.start, unit.end)
    if lead["side"]:
        side = " ".join(lead["side"].lower().split())
        if side in ("since", "as of"):
            return Period(first, None, lead.start(), unit.end)
        if side == "after":
            return Period(_moved(last, 1), None, lead.start(), unit.end)
        if side in ("before", "prior to"):
            return Period(None, _moved(first, -1), lead.start(), unit.end)
        return Period(None, last, lead.start(), unit.end, due=first)
    number = lead["n"] or "1"
    span = _DAYS[lead["unit"].lower()] * (_NUMBERS.get(number.lower()) or int(number))
    near = lead["near"].lower()
    if near == "before":
        return Period(_moved(first, -span), _moved(first, -1), lead.start(), unit.end)
    if near in ("after", "following"):
        return Period(_moved(last, 1), _moved(last, span), lead.start(), unit.end)
    return Period(first, max(last, _moved(first, span - 1)), lead.start(), unit.end)


def _read(match: re.Match[str]) -> _Unit | None:
    start, end = match.span()
    for made in _readings(match):
        first, last, month = made
        if first is not None or month is not None:
            return _Unit(first, last, start, end, month)
    return None


_Reading = tuple[date | None, date | None, tuple[int, int | None] | None]


def _readings(match: re.Match[str]) -> Iterator[_Reading]:
    if match["iso"]:
        year, month, day = (int(part) for part in match["iso"].split("-"))
        found = _day(year, month, day)
        yield found, found, None
    for form in "12":
        if match[f"m{form}"]:
            month, day = _month(match[f"m{form}"]), int(match[f"d{form}"])
            if match[f"y{form}"] is None:
                yield None, None, (month, day)
                return
            year = int(match[f"y{form}"])
            found = _day(year, month, day)
            first = _day(year, month, int(match[f"f{form}"] or day))
            # "31 February 1976" is no day, but it is still said of February.
            yield (first or found, found, None) if found else (*_months(year, month, 1), None)
    if match["m3"]:
        month = _month(match["m3"])
        if match["y3"] is None:
            yield None, None, (month, None)
            return
        first, last = _months(int(match["y3"]), month, 1)
        yield (*_part(first, last, match["p3"]), None)
    if match["season"]:
        year, season = int(match["ys"]), match["season"].lower()
        if season == "winter":
            yield date(year - 1, 12, 1), _months(year + 1, 2, 1)[1], None
        else:
            yield (*_months(year, *_SEASONS[season]), None)
    if match["nth"]:
        length = 3 if match["of"].lower() == "quarter" else 6
        month = (_ORDINALS[match["nth"].lower()] - 1) * length + 1
        if month <= 12:
            yield (*_months(int(match["yq"]), month, length), None)
    if match["ya"]:
        year, end = int(match["ya"]), match["yb"]
        last_year = int(end) if len(end) == 4 else year - year % 100 + int(end)
        if last_year >= year:
            yield date(year, 1, 1), date(last_year, 12, 31), None
    if match["decade"]:
        first_year = int(match["decade"]) * 10
        yield date(first_year, 1, 1), date(first_year + 9, 12, 31), None
    if match["y4"]:
        first, last = _months(int(match["y4"]), 1, 12)
        yield (*_part(first, last, match["p4"]), None)


def _month(name: str) -> int:
    return next(i for i, month in enumerate(_MONTHS, start=1) if month.startswith(name[:3].lower()))


def _day(year: int, month: int, day: int) -> date | None:
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return date(year, month, day)


def _months(year: int, month: int, length: int) -> tuple[date, date]:
    last = month + length - 1
    return date(year, month, 1), date(year, last, calendar.monthrange(year, last)[1])


def _part(first: date, last: date, part: str | None) -> tuple[date, date]:
    """A third of the span, and half a third more: "early 1976" may well be May."""
    if part is None:
        return first, last
    span = (last - first).days
    name = part.lower()
    if name in ("early", "beginning", "start"):
        return first, first + timedelta(days=span // 2)
    if name in ("late", "end"):
        return last - timedelta(days=span // 2), last
    return first + timedelta(days=span // 4), last - timedelta(days=span // 4)


def _moved(day: date, days: int) -> date:
    """The day some days away; every year that is read leaves room for it."""
    return day + timedelta(days=days)
