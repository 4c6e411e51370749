"""CSV dumps: a header row that names the columns, one telegram a row, its text in the body column."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from ingestion.dates import read_date
from ingestion.identity import mend_id
from ingestion.patterns import canonical_classification
from ingestion.sources.decoding import decode
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
_NO_WORD = re.compile(r"\W+")
_FIELD_LIMIT = 64 * 1024 * 1024


class TableFormat:
    """Rows of a table."""

    name = "csv"

    def detect(self, source: SourceFile, text: str) -> bool:
        """A first line that names a body and an id or a date, between commas, semicolons or tabs."""
        first = text.lstrip("\ufeff")[:_SAMPLE].split("\n", 1)[0]
        delimiter = _delimiter(first)
        if delimiter not in first:
            return False
        found = _columns(_row(first, delimiter))
        return "body" in found and ("id" in found or "date" in found)

    def read(self, source: SourceFile, text: str, encoding: str) -> Iterator[RawCable | ParseError]:
        """One cable a row; a row that is none is an error that names its line."""
        csv.field_size_limit(_FIELD_LIMIT)
        with source.open() as stream:
            lines = _Lines(_lines_of(stream, encoding, text))
            first = text.lstrip("\ufeff").split("\n", 1)[0]
            rows = csv.reader(lines, delimiter=_delimiter(first), strict=False)
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
                lines.begin_row()
                line = lines.line + 1
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
                    yield _record(source, row, columns, lines.row(), line)


def is_table(head: bytes) -> bool:
    """Whether a file that begins with `head` is a table of cables."""
    try:
        text, _ = decode("", head)
    except ParseError:
        return False
    return TableFormat().detect(SourceFile("", b""), text)


def _lines_of(stream: BinaryIO, encoding: str, head: str) -> Iterable[bytes]:
    """The lines of a table with their ends, in an encoding that leaves ASCII as it is."""
    if encoding.startswith(("utf-16", "utf-32")):
        # The reader closes nothing: the stream is the caller's.
        reader = codecs.getreader(encoding)(stream)
        return (line.encode("utf-8", "surrogatepass") for line in reader)
    if "\n" not in head and "\r" in head:
        return (line + b"\r" for line in stream.read().split(b"\r"))
    return stream


class _Lines:
    """The lines of a table for the csv reader, each byte a character; keeps those of the row in work.

    A dump may change its encoding between rows, and commas, quotation marks and line ends are the same
    bytes in all of them: so rows are found first and decoded afterwards.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._row: list[bytes] = []
        self.line = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if self.line == 0:
            line = line.removeprefix(codecs.BOM_UTF8)
        self._row.append(line)
        self.line += 1
        return line.decode("latin-1")

    def begin_row(self) -> None:
        self._row.clear()

    def row(self) -> bytes:
        return b"".join(self._row)


def _row(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _delimiter(line: str) -> str:
    return max(",;\t|", key=line.count)


def _columns(names: list[str]) -> dict[str, int]:
    plain = [_NO_WORD.sub("_", name.strip().lower().lstrip("\ufeff")).strip("_") for name in names]
    return {
        field: plain.index(known[0])
        for field, choices in COLUMNS.items()
        if (known := [choice for choice in choices if choice in plain])
    }


def _record(
    source: SourceFile, row: list[str], columns: dict[str, int], data: bytes, line: int
) -> RawCable | ParseError:
    if max(columns.values()) >= len(row):
        return ParseError(
            f"{source.name}: line {line}: {len(row)} fields where the header names more: "
            "a quotation mark may be missing",
            file=source.name,
            line=line,
        )
    codec = _codec_of(data)
    fields = {name: row[index].encode("latin-1").decode(codec) for name, index in columns.items()}
    values = {name: value.strip() for name, value in fields.items()}
    raw, body = data.decode(codec), fields["body"]
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
        data,
        codec,
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


def _codec_of(data: bytes) -> str:
    for codec in ("utf-8", "cp1252"):
        try:
            data.decode(codec)
        except UnicodeDecodeError:
            continue
        return codec
    return "latin-1"


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
