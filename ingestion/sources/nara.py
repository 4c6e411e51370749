"""F1: telegrams of 1973-79 from the National Archives: the text alone, or the archive's record around it.

The text alone says neither date nor number: the file name is its id. The archive's record ("AAD") prints
the telegram with its header under "Message Text" and a list of fields under "Message Attributes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from ingestion.dates import read_date
from ingestion.identity import is_archive_id, mend_id
from ingestion.patterns import canonical_classification
from ingestion.sources.records import Known, RawCable, SourceFile
from ingestion.tags import read_tags
from ingestion.views import Cut, View, cut_out, whole
from rag.errors import ParseError

_ATTRIBUTES = re.compile(r"^[ \t]*Message Attributes[ \t]*$", re.M)
_TEXT_LABEL = re.compile(r"^[ \t]*Message Text[ \t]*$", re.M)
_FIELD = re.compile(r"^[ \t]*(?P<name>[A-Z][A-Za-z/ ]{1,30}?)[ \t]*:[ \t]*(?P<value>.*)$")
_HEADED = re.compile(
    r"^[ \t]*PAGE 01\b|^[ \t]*TAGS[ \t]*:(?s:.{0,1500})^[ \t]*(?:SUBJECT|SUBJ|E\.?O\.? ?1\d{4})[ \t]*:", re.M
)
_HEAD = 6_000
_EMPTY = frozenset({"", "n/a", "none", "unknown"})


class NaraFormat:
    """Telegrams of the 1973-79 archive."""

    name = "nara"

    def detect(self, source: SourceFile, text: str) -> bool:
        """By the form of the file name, or by the archive's list of fields."""
        return is_archive_id(mend_id(source.stem)) or (
            "Message Attributes" in text and _ATTRIBUTES.search(text) is not None
        )

    def read(self, source: SourceFile, text: str, encoding: str) -> Iterator[RawCable | ParseError]:
        """One cable a file."""
        visible, fields = _without_attributes(text)
        named = next((mend_id(fields[name]) for name in ("document number", "mrn") if name in fields), None)
        stem = mend_id(source.stem)
        cable_id = named if named and is_archive_id(named) else stem if is_archive_id(stem) else None
        yield RawCable(
            source.name,
            self.name,
            cable_id,
            source.data,
            encoding,
            text,
            visible,
            _known(fields, cable_id),
            headed=bool(fields) or _HEADED.search(text, 0, _HEAD) is not None,
        )


def _without_attributes(text: str) -> tuple[View, dict[str, str]]:
    """The text of a record and its fields, by lower-case name."""
    found = _ATTRIBUTES.search(text)
    if found is None:
        return whole(text), {}
    fields: dict[str, str] = {}
    last = ""
    for line in text[found.end() :].split("\n"):
        field = _FIELD.match(line)
        if field:
            last = field["name"].strip().lower()
            fields.setdefault(last, field["value"].strip())
        elif last and line.strip():
            fields[last] = f"{fields[last]} {line.strip()}".strip()
    label = _TEXT_LABEL.search(text, 0, found.start())
    cuts = [Cut(label.start(), label.end(), "metadata")] if label else []
    cuts.append(Cut(found.start(), len(text), "metadata"))
    return cut_out(text, cuts), {name: value for name, value in fields.items() if value.lower() not in _EMPTY}


def _known(fields: dict[str, str], cable_id: str | None) -> Known:
    drafted = read_date(fields.get("draft date", ""))
    day = day_to = drafted[0] if drafted else None
    if day is None and cable_id:
        year = int(cable_id[:4])
        day, day_to = date(year, 1, 1), date(year, 12, 31)
    classification = fields.get("original classification") or fields.get("current classification")
    return Known(
        subject=fields.get("subject"),
        origin=fields.get("from"),
        classification=canonical_classification(classification),
        day=day,
        day_to=day_to,
        tags=read_tags(fields["tags"]) if "tags" in fields else (),
    )
