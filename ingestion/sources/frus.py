"""F3: Foreign Relations of the United States, TEI XML: one cable for each document of a volume."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from xml.parsers import expat

from ingestion.posts import find_post
from ingestion.sources.document import Document
from ingestion.sources.records import Known, Note, RawCable, SourceFile
from ingestion.sources.tei import TeiReader
from ingestion.views import Piece, View
from rag.errors import ParseError
from rag.types import Reference, ReferenceKind

_TEI = re.compile(
    r"<\s*(?:\w+:)?(?:TEI|TEI\.2|div|text|body)\b[^>]{0,400}"
    r"(?:tei-c\.org|type\s*=\s*[\"'](?:document|compilation)|xml:id)",
    re.I,
)
_VOLUME = re.compile(r"frus\d{4}[\w-]*", re.I)
_GRADE = re.compile(
    r"\b(Top Secret|Secret|Confidential|Limited Official Use|Official Use Only|Unclassified|Restricted)\b",
    re.I,
)


# "#d40", "frus1958-60v98#d7", "#d40fn2": a document, of this volume where none is named.
_TARGET = re.compile(
    r"(?:.*/)?(?P<volume>frus\d{4}[\w-]*)?(?:\.xml)?[#/](?P<document>d\d+[a-z]?)(?:fn\d+)?", re.I
)
_FROM_POST = re.compile(r"\bFrom\s+the\s+(?:Embassy|Legation|Mission|Consul\w*)\b")


class FrusFormat:
    """Documents of a FRUS volume; the id is the volume and the document: ``frus1958-60v12-d112``."""

    name = "frus-tei"

    def detect(self, source: SourceFile, text: str) -> bool:
        """XML with TEI's names."""
        head = text.lstrip("\ufeff \r\n\t")[:4000]
        return head.startswith("<") and "<html" not in head.lower() and _TEI.search(head) is not None

    def read(self, source: SourceFile, text: str, encoding: str) -> Iterator[RawCable | ParseError]:
        """The documents, each from its element's first to its last character."""
        volume = _VOLUME.search(source.name) or _VOLUME.search(text[:4000])
        prefix = volume[0].lower() if volume else source.stem
        reader = TeiReader(text)
        count = 0
        try:
            for document in reader.documents():
                count += 1
                yield self._cable(source, text, document, prefix, document.identifier or f"d{count}")
        except expat.ExpatError as error:
            yield ParseError(
                f"{source.name}: line {error.lineno}: not valid TEI XML ({_message(error)}): "
                f"{count} documents before it were read",
                file=source.name,
                line=error.lineno,
            )
            return
        if count == 0:
            yield ParseError(
                f"{source.name}: line 1: TEI without any document element", file=source.name, line=1
            )

    def _cable(self, source: SourceFile, text: str, document: Document, volume: str, name: str) -> RawCable:
        raw = text[document.start : document.end]
        visible, notes = _visible(document)
        day, day_to = _days(document.dates)
        grade = _GRADE.search(document.source_note)
        return RawCable(
            f"{source.name}#{name}",
            self.name,
            f"{volume}-{name}",
            raw.encode("utf-8", "surrogatepass"),
            "utf-8",
            raw,
            visible,
            Known(
                subject=" ".join(document.head.split()) or None,
                origin=_origin(document),
                classification=grade[0].upper() if grade else None,
                day=day,
                day_to=day_to,
                signature=" ".join(document.signature.split()).strip(" .[]") or None,
            ),
            notes=notes,
            line=document.line,
            references=tuple(_references(document, volume)),
        )


def _origin(document: Document) -> str | None:
    """The post that a telegram came from: its title names the mission, its dateline the city."""
    post = find_post(document.place) if _FROM_POST.search(" ".join(document.head.split())) else None
    return post.name if post else None


def _references(document: Document, volume: str) -> Iterator[Reference]:
    """Documents that the notes point to, each once; links to persons, terms and pages are none."""
    seen: set[str] = set()
    for link in document.links:
        found = _TARGET.fullmatch(link.target)
        if found:
            target = f"{(found['volume'] or volume).lower()}-{found['document']}"
            if target not in seen:
                seen.add(target)
                yield Reference(None, ReferenceKind.CABLE, " ".join(link.text.split()), target)


def _visible(document: Document) -> tuple[View, tuple[Note, ...]]:
    """Paragraphs one to a line, then the notes; all else is stripped with its reason."""
    parts: list[str] = []
    segments: list[Piece] = []
    notes: list[Note] = []
    length = 0
    for block in document.blocks:
        begin = length
        for piece, raw_start in block.pieces:
            parts.append(piece)
            if raw_start is not None:
                segments.append((length, raw_start - document.start, len(piece)))
            length += len(piece)
        if block.note is not None and length > begin:
            notes.append(Note(block.note, begin, begin, length))
        if length > begin:
            parts.append("\n\n")
            length += 2
    stripped = tuple(
        (start - document.start, end - document.start, reason) for start, end, reason in document.stripped
    )
    return View("".join(parts), tuple(segments), stripped), tuple(notes)


def _message(error: expat.ExpatError) -> str:
    return expat.errors.messages.get(error.code, "refused")


def _days(dates: list[str]) -> tuple[date | None, date | None]:
    days: list[date] = []
    for text in dates:
        try:
            days.append(date.fromisoformat(text[:10]))
        except ValueError:
            continue
    return (min(days), max(days)) if days else (None, None)
