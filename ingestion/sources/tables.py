"""CSV dumps: a header row that names the columns, one telegram a row, its text in the body column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from ingestion.dates import read_date
from ingestion.identity import mend_id
from ingestion.patterns import canonical_classification
from ingestion.sources.records import Known, RawCable, SourceFile
from ingestion.tags import read_tags
from ingestion.views import Cut, View, cut_out
from rag.errors import ParseError

# fmt: off
# Names under which dumps give a field; the first that is present is taken.
COLUMNS = {
    "id": (
        "mrn", "cable_id", "cableid", "canonical_id", "identifier", "reference_id", "refid", "message_number",
        "doc_nbr", "id",
    ),
    "date": ("date", "created", "sent_at", "datetime", "sent", "date_sent", "draft_date"),
    "origin": ("origin", "from", "sender", "embassy", "post", "source"),
    "classification": ("classification", "class", "current_classification"),
    "subject": ("subject", "title"),
    "tags": ("tags",),
    "references": ("references", "refs", "ref", "reference"),
    "body": ("body", "content", "text", "message_text", "cable", "full_text", "message"),
}
# fmt: on
_SAMPLE = 8_000
_FIELD_LIMIT = 64 * 1024 * 1024


class TableFormat:
    """Rows of a table."""

    name = "csv"

    def detect(self, source: SourceFile, text: str) -> bool:
        """A first line that names a body and an id or a date, between commas, semicolons or tabs."""
        first = text.lstrip("\ufeff")[:_SAMPLE].split("\n", 1)[0]
        found = _columns(_row(first, _delimiter(first)))
        return "body" in found and ("id" in found or "date" in found)

    def read(self, source: SourceFile, text: str, encoding: str) -> Iterator[RawCable | ParseError]:
        """One cable a row; a row that is none is an error that names its line."""
        stream = _Lines(text)
        first = text.lstrip("\ufeff").split("\n", 1)[0]
        csv.field_size_limit(_FIELD_LIMIT)
        rows = csv.reader(stream, delimiter=_delimiter(first), strict=False)
        try:
            columns = _columns(next(rows, []))
        except csv.Error as error:
            yield ParseError(f"{source.name}: line 1: not a table ({error})", file=source.name, line=1)
            return
        missing = [name for name in ("id", "body") if name not in columns]
        if missing:
            names = "; ".join(f"{name}: one of {', '.join(COLUMNS[name])}" for name in missing)
            yield ParseError(f"{source.name}: line 1: no column for {names}", file=source.name, line=1)
            return
        while True:
            line, start = stream.line + 1, stream.place
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield ParseError(
                    f"{source.name}: line {line}: cannot be read ({error})", file=source.name, line=line
                )
                continue
            if row:
                yield _record(source, row, columns, text[start : stream.place], line)


class _Lines:
    """The lines of a text for the csv reader, which tells nobody where it is."""

    def __init__(self, text: str) -> None:
        self._stream = io.StringIO(text.lstrip("\ufeff"), newline="")
        self.place = len(text) - len(text.lstrip("\ufeff"))
        self.line = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._stream.readline()
        if not line:
            raise StopIteration
        self.place += len(line)
        self.line += 1
        return line


def _row(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _delimiter(line: str) -> str:
    return max(",;\t|", key=line.count)


def _columns(names: list[str]) -> dict[str, int]:
    plain = [re.sub(r"\W+", "_", name.strip().lower().lstrip("\ufeff")).strip("_") for name in names]
    return {
        field: plain.index(known[0])
        for field, choices in COLUMNS.items()
        if (known := [choice for choice in choices if choice in plain])
    }


def _record(
    source: SourceFile, row: list[str], columns: dict[str, int], raw: str, line: int
) -> RawCable | ParseError:
    if max(columns.values()) >= len(row):
        return ParseError(
            f"{source.name}: line {line}: {len(row)} fields where the header names more: "
            "a quotation mark may be missing",
            file=source.name,
            line=line,
        )
    values = {name: row[index].strip() for name, index in columns.items()}
    body = row[columns["body"]]
    if not values["id"] or not body.strip():
        empty = "id" if not values["id"] else "body"
        return ParseError(
            f"{source.name}: line {line}: the {empty} column is empty", file=source.name, line=line
        )
    found = read_date(values.get("date", ""))
    return RawCable(
        f"{source.name}:{line}",
        "csv",
        mend_id(values["id"]),
        raw.encode("utf-8", "surrogatepass"),
        "utf-8",
        raw,
        _visible(raw, body),
        Known(
            subject=values.get("subject") or None,
            origin=values.get("origin") or None,
            classification=canonical_classification(values.get("classification")),
            created=found[1] if found else None,
            day=found[0] if found else None,
            tags=read_tags(values["tags"]) if values.get("tags") else (),
            references=values.get("references") or None,
        ),
        line=line,
    )


def _visible(raw: str, body: str) -> View:
    """The body column as a view of its row: other columns and the doubling of quotation marks are cut."""
    written = body.replace('"', '""')
    start = raw.find(f'"{written}"')
    if start >= 0:
        start += 1
        end = start + len(written)
        inner = [
            Cut(start + place, start + place + 1, "quoting")
            for run in re.finditer(r'"+', written)
            for place in range(run.start(), run.end(), 2)
        ]
    else:
        start = max(raw.rfind(body), 0)
        end, inner = start + len(body), []
    cuts = [Cut(0, start, "other_columns"), *inner, Cut(end, len(raw), "other_columns")]
    return cut_out(raw, [cut for cut in cuts if cut.end > cut.start])
