"""F4: Documents on Australian Foreign Policy, Markdown with a YAML front matter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import yaml

from ingestion.sources.records import Known, RawCable, SourceFile
from ingestion.sources.volume import footnotes, without_header
from ingestion.views import Cut, cut_out
from rag.errors import ParseError

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*\r?$", re.S | re.M)
# Every form begins with a sign of its own, before what must stand before it: `re` then skips from one such
# sign to the next, and does not try each letter of the text (five times as fast).
_SIGNS = re.compile(
    r"\\(?=[\\`*_{}\[\]()#+.!~|<>-])|\*\*|\((?<=\]\()#[^)\s]*\)|!\[[^\]\n]*\]\([^)\n]*\)"
    r"|#(?<=^#)#{0,5}[ \t]+|\*(?<=^\*)[ \t]+(?=\d)|>(?<=^>)[ \t]?|-(?<=^-)--\|[-|]*[ \t]*$"
    r"|_(?<!\w_)(?=\S)|_(?<=[^\s_]_)(?!\w)|_(?<=^_)[ \t]*$",
    re.M,
)
_INDENTED = re.compile(
    r"\n(?P<cut>[ \t]+(?:#{1,6}[ \t]+|\*[ \t]+(?=\d)|>[ \t]?|_[ \t]*$|---\|[-|]*[ \t]*$))", re.M
)
_HARD_BREAK = re.compile(r"  $", re.M)
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
        if not fields.get("vol_id"):
            yield ParseError(
                f"{source.name}: line 1: the front matter has no vol_id", file=source.name, line=1
            )
            return
        cuts = [Cut(0, front.end(), "front_matter")]
        cuts += [Cut(start, end, "markup") for start, end in _markup(text, front.end())]
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


def _markup(text: str, begin: int) -> Iterator[tuple[int, int]]:
    """Start and end of each run of Markdown signs, in order; of two that overlap, the first."""
    runs = [found.span() for found in _SIGNS.finditer(text, begin)]
    runs += [found.span("cut") for found in _INDENTED.finditer(text, begin)]
    runs += [found.span() for found in _HARD_BREAK.finditer(text, begin)]
    runs.sort()
    at = begin
    for start, end in runs:
        if start >= at:
            yield start, end
            at = end


def _fields(front: str) -> dict[str, str] | None:
    """The fields that hold one value, as printed; an empty one is left out."""
    try:
        loaded = yaml.load(front, Loader=_Loader)
    except yaml.YAMLError:
        return None
    if not isinstance(loaded, dict):
        return None
    return {name: value for name, value in loaded.items() if isinstance(value, str) and value not in _EMPTY}


# All values as strings: a title "No" is no truth value, a volume "010" no eight, a wrong date no error.
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_EMPTY = frozenset({"", "~", "null"})


def _known(fields: dict[str, str], grade: str | None, references: str | None) -> Known:
    title = fields["title"].strip() if "title" in fields else None
    day = _day(fields.get("doc_date"))
    first, last = day if day else (None, None)
    return Known(subject=title, classification=grade, day=first, day_to=last, references=references)


def _day(value: str | None) -> tuple[date, date] | None:
    """``"1949-01-18"``, ``"1949-01"`` or ``"1949"``: first and last day."""
    parts = re.fullmatch(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?.*", value or "")
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
