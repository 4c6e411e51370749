"""Years and months: whether a paragraph is of the time that a question asks about."""

from __future__ import annotations

from datetime import date, timedelta

from rag.checks.dates import dates_of
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


def times_named(text: str) -> frozenset[tuple[int | None, int | None]]:
    """The days, months and years that a text names: (month, day), (month, None) or (None, year)."""
    return frozenset(
        (None, day.year) if day.month is None else (day.month, day.day) for day in dates_of(text)
    )
