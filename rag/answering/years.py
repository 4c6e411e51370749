"""Years and months: whether a paragraph is of the time that a question asks about."""

from __future__ import annotations

from datetime import date, timedelta

from rag.text.dates import DateMention, dates_of
from rag.types import Hit

# A figure is corrected within some months; what is told later is told of a later state.
MONTHS_NEAR = timedelta(days=120)


def is_of_its_years(question: str, hit: Hit) -> bool:
    """Whether a cable was sent within a year of one that the question names, or speaks of one.

    True where the question names none, or the cable's date is not known. Cables tell of the year before and
    plan for the next; of the development questions' gold, one paragraph in 150 is of no year asked about.
    """
    asked = {day.year for day in dates_of(question) if day.year is not None}
    sent = hit.header
    if not asked or sent.date_from is None or sent.date_to is None:
        return True
    said = " ".join(part for part in (hit.paragraph.text, hit.paragraph.heading, sent.subject) if part)
    told = {day.year for day in dates_of(said) if day.year is not None}
    return bool(asked & (told | set(range(sent.date_from.year - 1, sent.date_to.year + 2))))


def are_far_apart(one: Hit, other: Hit) -> bool:
    """Whether two cables were sent more than four months apart; not where a date is not known."""
    left, right = one.header, other.header
    if left.date_from is None or left.date_to is None or right.date_from is None or right.date_to is None:
        return False
    return max(left.date_from - right.date_to, right.date_from - left.date_to) > MONTHS_NEAR


def is_of_its_months(question: str, hit: Hit) -> bool:
    """Whether a cable was sent within four months of one that the question names, or speaks of that month.

    True where the question names no month of a year, or the cable's date is not known.
    """
    asked = {(day.year, day.month) for day in dates_of(question) if day.year and day.month}
    sent = hit.header
    if not asked or sent.date_from is None or sent.date_to is None:
        return True
    if asked & {(day.year, day.month) for day in dates_of(hit.paragraph.text)}:
        return True
    firsts = [date(year, month, 1) for year, month in asked if year and month]
    return any(sent.date_from - MONTHS_NEAR <= first <= sent.date_to + MONTHS_NEAR for first in firsts)


def name_one_time(text: str, other: str) -> bool:
    """Whether two texts name one day, month or year, as "in 1987" and "on May 3, 1987" do.

    May and June of 1987 are two times; a year that one of two days leaves out is taken for the other's.
    """
    return any(_is_one_time(day, there) for day in dates_of(text) for there in dates_of(other))


def _is_one_time(day: DateMention, there: DateMention) -> bool:
    if day.month is None or there.month is None:
        return day.year is not None and day.year == there.year
    days = {day.day, there.day} - {None}
    years = {day.year, there.year} - {None}
    return day.month == there.month and len(days) <= 1 and len(years) <= 1
