"""F3: Foreign Relations of the United States, TEI XML: one cable for each document of a volume."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from xml.parsers import expat

from ingestion.sources.records import Known, Note, RawCable, SourceFile
from ingestion.sources.tei import Document, TeiReader
from ingestion.views import View
from rag.errors import ParseError
from rag.types import Segment, Stripped

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
                yield self._cable(source, text, document, f"{prefix}-{document.identifier or f'd{count}'}")
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

    def _cable(self, source: SourceFile, text: str, document: Document, identifier: str) -> RawCable:
        raw = text[document.start : document.end]
        visible, notes = _visible(document)
        day, day_to = _days(document.dates)
        grade = _GRADE.search(document.source_note)
        return RawCable(
            f"{source.name}#{document.identifier or identifier}",
            self.name,
            identifier,
            raw.encode("utf-8", "surrogatepass"),
            "utf-8",
            raw,
            visible,
            Known(
                subject=" ".join(document.head.split()) or None,
                classification=grade[0].upper() if grade else None,
                day=day,
                day_to=day_to,
                references=None,
                signature=" ".join(document.signature.split()).strip(" .[]") or None,
            ),
            notes=notes,
            line=document.line,
        )


def _visible(document: Document) -> tuple[View, tuple[Note, ...]]:
    """Paragraphs one to a line, then the notes; all else is stripped with its reason."""
    parts: list[str] = []
    segments: list[Segment] = []
    notes: list[Note] = []
    length = 0
    for block in document.blocks:
        begin = length
        for piece, raw_start in block.pieces:
            parts.append(piece)
            if raw_start is not None:
                segments.append(Segment(length, raw_start - document.start, len(piece)))
            length += len(piece)
        if block.note is not None and length > begin:
            notes.append(Note(block.note, begin, begin, length))
        if length > begin:
            parts.append("\n\n")
            length += 2
    stripped = tuple(
        Stripped(start - document.start, end - document.start, reason)
        for start, end, reason in document.stripped
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
