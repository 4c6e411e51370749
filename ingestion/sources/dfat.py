"""F4: Documents on Australian Foreign Policy, Markdown with a YAML front matter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import cast

import yaml

from ingestion.sources.records import Known, RawCable, SourceFile
from ingestion.sources.volume import footnotes, without_header
from ingestion.views import Cut, cut_out
from rag.errors import ParseError

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*\r?$", re.S | re.M)
# Each form begins with one of a few signs; without the look at the next one every letter is tried for all.
_MARKUP = re.compile(
    r"(?=[\\*(#>_!|-]|^[ \t]|[ ]{2}$)(?:"
    r"\\(?=[\\`*_{}\[\]()#+.!~|<>-])|\*\*|(?<=\])\(#[^)\s]*\)|^[ \t]*#{1,6}[ \t]+|^[ \t]*\*[ \t]+(?=\d)"
    r"|^[ \t]*>[ \t]?|(?<![\w])_(?=\S)|(?<=[^\s_])_(?![\w])|^[ \t]*_[ \t]*$|!\[[^\]\n]*\]\([^)\n]*\)"
    r"|^[ \t]*-{3}\|[-|]*[ \t]*$|[ ]{2}$)",
    re.M,
)
_SLUG = re.compile(r"[^A-Za-z0-9-]+")


class DfatFormat:
    """One document a file; its id is ``DFAT<volume>-<slug of the file name>``."""

    name = "dfat"

    def detect(self, source: SourceFile, text: str) -> bool:
        """A YAML front matter that names a volume."""
        return (
            text.lstrip("\ufeff").startswith("---")
            and re.search(r"^vol_id\s*:", text[:8000], re.M) is not None
        )

    def read(self, source: SourceFile, text: str, encoding: str) -> Iterator[RawCable | ParseError]:
        """The document, its header lines taken off, its footnotes apart."""
        front = _FRONT.match(text)
        fields = _fields(front["yaml"]) if front else None
        if front is None or fields is None:
            yield ParseError(
                f"{source.name}: line 1: the front matter is not valid YAML between two '---' lines",
                file=source.name,
                line=1,
            )
            return
        if "vol_id" not in fields:
            yield ParseError(
                f"{source.name}: line 1: the front matter has no vol_id", file=source.name, line=1
            )
            return
        cuts = [Cut(0, front.end(), "front_matter")]
        cuts += [Cut(found.start(), found.end(), "markup") for found in _MARKUP.finditer(text, front.end())]
        plain = cut_out(text, cuts)
        visible, grade, references = without_header(plain)
        yield RawCable(
            source.name,
            self.name,
            f"DFAT{fields['vol_id']}-{_SLUG.sub('-', source.stem)}",
            source.data,
            encoding,
            text,
            visible,
            _known(fields, grade, references),
            notes=tuple(footnotes(text, visible, front.end())),
        )


def _fields(front: str) -> dict[str, object] | None:
    try:
        loaded = yaml.load(front, Loader=_Loader)
    except yaml.YAMLError:
        return None
    return cast(dict[str, object], loaded) if isinstance(loaded, dict) else None


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _known(fields: dict[str, object], grade: str | None, references: str | None) -> Known:
    title = str(fields["title"]).strip() if fields.get("title") else None
    day = _day(fields.get("doc_date"))
    first, last = day if day else (None, None)
    return Known(subject=title, classification=grade, day=first, day_to=last, references=references)


def _day(value: object) -> tuple[date, date] | None:
    """``"1949-01-18"``, ``"1949-01"``, ``1949`` or a YAML date: first and last day."""
    if isinstance(value, date):
        return value, value
    parts = re.fullmatch(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?.*", str(value or ""))
    if parts is None:
        return None
    year, month, day = int(parts[1]), int(parts[2] or 0), int(parts[3] or 0)
    try:
        if month and day:
            return date(year, month, day), date(year, month, day)
        if month:
            following = date(year + month // 12, month % 12 + 1, 1)
            return date(year, month, 1), date.fromordinal(following.toordinal() - 1)
        return date(year, 1, 1), date(year, 12, 31)
    except ValueError:
        return None
