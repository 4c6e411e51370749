"""Dates as cables write them, to UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from ingestion.patterns import DTG
from rag.text.mrn import full_year

_MONTHS = {
    name: index + 1 for index, name in enumerate("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split())
}
_PRECEDENCES = {"Z": "FLASH", "O": "IMMEDIATE", "P": "PRIORITY", "R": "ROUTINE"}
# In every group, and far cheaper to look for.
_TIME = re.compile(r"\d{6}\s?Z")
_WRITTEN = (
    re.compile(
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
        r"(?:[ T](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2})?)?"
    ),
    re.compile(
        r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4}|\d{2})(?:\s+(?P<hour>\d{1,2}):(?P<minute>\d{2}))?"
    ),
    re.compile(
        r"(?P<day>\d{1,2})\s+(?P<name>[A-Za-z]{3})[a-z]*\.?,?\s+(?P<year>\d{4})(?:\s+(?P<hour>\d{1,2}):(?P<minute>\d{2}))?"
    ),
)


def read_dtg(line: str) -> tuple[str, datetime] | None:
    """``"P 210721Z JUL 09" -> ("PRIORITY", 2009-07-21 07:21 UTC)``; None where there is no such group."""
    found = DTG.search(line) if _TIME.search(line) else None
    if found is None or found["month"] not in _MONTHS:
        return None
    try:
        moment = datetime(
            full_year(found["year"]),
            _MONTHS[found["month"]],
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return _PRECEDENCES[found["precedence"][0]], moment


def read_date(text: str) -> tuple[date, datetime | None] | None:
    """A written date, with the moment (UTC) where a time stands beside it; None where it is no date."""
    for pattern in _WRITTEN:
        found = pattern.search(text)
        if found is None:
            continue
        parts = found.groupdict()
        month = _MONTHS.get(parts["name"][:3].upper(), 0) if parts.get("name") else int(parts["month"])
        try:
            day = date(full_year(parts["year"]), month, int(parts["day"]))
            if parts["hour"] is None:
                return day, None
            return day, datetime(
                day.year, day.month, day.day, int(parts["hour"]), int(parts["minute"]), tzinfo=UTC
            )
        except ValueError:
            continue
    return None
