"""Years: whether a paragraph is of the time that a question asks about."""

from __future__ import annotations

from rag.checks.dates import dates_of
from rag.types import Hit


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
