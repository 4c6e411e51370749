"""The table that a web archive prints above a telegram: identifier, dates, classification, origin, tags."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ingestion.dates import read_date
from ingestion.identity import mend_id
from ingestion.lines import Lines
from ingestion.patterns import CLASS_LINE, FROM_LINE, TRANSMISSION, canonical_classification
from ingestion.posts import find_post
from ingestion.sources.records import SILENT, Known

_LABELS = {
    "identifier": "id",
    "reference id": "id",
    "canonical id": "id",
    "id": "id",
    "created": "created",
    "date": "created",
    "released": "released",
    "classification": "classification",
    "origin": "origin",
    "from": "origin",
}
_LABEL_STARTS = frozenset(label[:3] for label in _LABELS)
_TITLE = re.compile(r"^(?:Cable title|Subject|Title)\s*:\s*(?P<value>.*)$", re.I)
_TAGS = re.compile(r"^Tags\s*:\s*(?P<value>.*)$", re.I)
_NAVIGATION = re.compile(
    r"(?:how[- ]to read a cable|\|.*\||^(?:pdf|print|back|home|help|browse|media)\b)", re.I
)
_CELL_BREAK = re.compile(r"\t+| {2,}|\s*\|\s*")
_LONGEST = 60


def read_preamble(lines: Lines) -> tuple[int, str | None, Known]:
    """Where the telegram begins (0 where there is no such table), the printed id, and what the table says."""
    end = next((i for i, text in enumerate(lines.texts[:_LONGEST]) if _begins_telegram(text)), None)
    labels = {
        i: cells
        for i, text in enumerate(lines.texts[: end or _LONGEST])
        if text[:3].lower() in _LABEL_STARTS and (cells := _cells(text))
    }
    if not labels:
        return 0, None, SILENT
    values, last = _values(lines, labels)
    stop = end if end is not None and end > last else last + 1
    title, tags, last = _fields(lines, last + 1, stop)
    if end is None:
        stop = last + 1
        while stop < len(lines) and (not lines.texts[stop] or _NAVIGATION.search(lines.texts[stop])):
            stop += 1
    for index in range(stop):
        if lines.texts[index]:
            lines.roles[index] = "web_page"
    created = read_date(values.get("created", ""))
    known = Known(
        subject=title,
        origin=values.get("origin"),
        classification=canonical_classification(values.get("classification")),
        created=created[1] if created else None,
        day=created[0] if created else None,
        tags=tuple(tags.split()) if tags else (),
    )
    printed = values.get("id")
    return stop, mend_id(printed) if printed else None, known


def _begins_telegram(text: str) -> bool:
    return bool(
        TRANSMISSION.match(text)
        or FROM_LINE.match(text)
        or ((found := CLASS_LINE.match(text)) and found["serial"])
    )


def _cells(text: str) -> list[str]:
    """The field names of a line of column labels, or an empty list."""
    cells = [cell.strip(" :").lower() for cell in _CELL_BREAK.split(text)]
    names = [_LABELS[cell] for cell in cells if cell in _LABELS]
    return names if names and len(names) == len([cell for cell in cells if cell]) else []


def _values(lines: Lines, labels: Mapping[int, Sequence[str]]) -> tuple[dict[str, str], int]:
    names = [name for cells in labels.values() for name in cells]
    values: list[str] = []
    index = max(labels) + 1
    while index < len(lines) and len(values) < len(names):
        text = lines.texts[index]
        if text and (_TITLE.match(text) or _TAGS.match(text)):
            break
        if text:
            many = _CELL_BREAK.split(text)
            values.extend(many if len(many) > 1 else [text])
        index += 1
    read = dict(zip(names, values, strict=False))
    if (
        "id" in read
        and find_post(re.sub(r"[\d\W]", "", read["id"])) is None
        and not re.search(r"\d", read["id"])
    ):
        read.pop("id")
    return read, index - 1


def _fields(lines: Lines, start: int, stop: int) -> tuple[str | None, str | None, int]:
    title: list[str] | None = None
    tags: str | None = None
    last = start - 1
    for index in range(start, min(stop, len(lines))):
        text = lines.texts[index]
        if found := _TITLE.match(text):
            title, last = ([found["value"]] if found["value"] else []), index
        elif found := _TAGS.match(text):
            tags, last = found["value"], index
        elif text and title is not None and tags is None:
            title.append(text)
            last = index
    return (" ".join(title) or None) if title else None, tags, last
