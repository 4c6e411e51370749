"""TEI XML to blocks of text with the place of every character: a reader over expat's events.

Entities are not defined by documents: a document type that declares any is refused, so that no small
file can grow into a large text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from xml.parsers import expat

from ingestion.sources.document import Block, Document, Link
from ingestion.words import is_word

_BLOCKS = frozenset(
    "p head dateline opener closer salute signed item label row list table note lb postscript byline"
    " trailer ab quote l cell".split()
)
_HEADER = {
    "head": "head",
    "dateline": "dateline",
    "opener": "opener",
    "closer": "closer",
    "signed": "signature",
}
_CHUNK = 1 << 16
_SPACED = frozenset({"lb", "cell"})
_LAST_WORD = re.compile(r"[A-Za-z]+$")
_FIRST_WORD = re.compile(r"[A-Za-z]+")


class TeiReader:
    """Reads documents out of a volume, or out of a file that holds one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._bytes = text.lstrip("\ufeff").encode("utf-8", "surrogatepass")
        self._shift = len(text) - len(text.lstrip("\ufeff"))
        self._ascii = len(self._bytes) == len(text) - self._shift
        self._marks, self._mark_places = self._landmarks()
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = False
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._stack: list[str] = []
        self._document: Document | None = None
        self._depth = 0
        self._done: list[Document] = []
        self._block = Block()
        self._notes: list[Block] = []
        self._outer: list[Block] = []
        self._reasons: list[str] = []
        self._kept_to = 0
        self._note_count = 0
        self._page_turned = False

    def documents(self) -> Iterator[Document]:
        """Documents in order. Raises expat.ExpatError where the XML breaks, after those before it."""
        for start in range(0, len(self._bytes) + 1, _CHUNK):
            broken = None
            try:
                self._parser.Parse(self._bytes[start : start + _CHUNK], start + _CHUNK > len(self._bytes))
            except expat.ExpatError as error:
                broken = error
            yield from self._done
            self._done.clear()
            if broken is not None:
                raise broken

    def _landmarks(self) -> tuple[list[int], list[int]]:
        """Byte offsets of every 1,024th character, to find a character's offset from its byte's."""
        if self._ascii:
            return [], []
        marks, places = [0], [0]
        text = self._text[self._shift :]
        at = 0
        for place in range(0, len(text), 1024):
            piece = text[place : place + 1024]
            at += len(piece.encode("utf-8", "surrogatepass"))
            marks.append(at)
            places.append(place + len(piece))
        return marks, places

    def _place(self) -> int:
        byte = self._parser.CurrentByteIndex
        if self._ascii:
            return byte + self._shift
        mark = bisect_right(self._marks, byte) - 1
        rest = self._bytes[self._marks[mark] : byte]
        return self._mark_places[mark] + len(rest.decode("utf-8", "surrogatepass")) + self._shift

    def _refuse_entity(self, *_: object) -> None:
        error = expat.ExpatError("entity declarations are refused")
        error.code, error.lineno = 11, self._parser.CurrentLineNumber
        raise error

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rsplit(":", 1)[-1].lower()
        place = self._place()
        self._stack.append(name)
        if self._document is None:
            kind = attributes.get("type", "")
            unnamed = not kind and attributes.get("xml:id", "").startswith("d")
            if name == "div" and (kind in ("document", "frus:document") or unnamed):
                self._document = Document(attributes.get("xml:id"), place, self._parser.CurrentLineNumber)
                self._depth = len(self._stack)
                self._kept_to = place
                self._note_count = 0
            return
        document = self._document
        if name in ("date", "docdate") and (when := attributes.get("when") or attributes.get("notBefore")):
            document.dates.append(when)
        elif name == "ref" and (target := attributes.get("target")):
            document.links.append(Link(target, len(self._stack)))
        elif name == "pb":
            self._page_turned = True
        if name == "note":
            self._begin_note(attributes)
        elif name in _BLOCKS:
            self._flush()
        if name in _SPACED and self._block.pieces and not self._block.pieces[-1][0].endswith(" "):
            self._block.pieces.append((" ", None))
        self._reasons.append(self._reason(name))

    def _begin_note(self, attributes: dict[str, str]) -> None:
        self._outer.append(self._block)
        if attributes.get("type") == "source" or "head" in self._stack[:-1]:
            self._block = Block()
            return
        self._note_count += 1
        printed = attributes.get("n", "")
        number = int(printed) if printed.isdigit() else self._note_count
        self._outer[-1].pieces.append((f"[{number}]", None))
        self._block = Block(note=number)

    def _reason(self, name: str) -> str:
        above = self._reasons[-1] if self._reasons else ""
        if name == "note":
            return "" if self._block.note is not None else "source_note"
        return above or _HEADER.get(name, "")

    def _end(self, tag: str) -> None:
        name = self._stack.pop() if self._stack else ""
        document = self._document
        if document is None:
            return
        if len(self._stack) < self._depth:
            self._flush()
            document.blocks.extend(self._notes)
            self._notes = []
            end = self._text.find(">", self._place()) + 1
            self._strip_to(end, "markup")
            document.end = end
            self._done.append(document)
            self._document = None
            self._reasons = []
            return
        self._reasons.pop()
        if name == "note":
            if self._block.note is not None and self._block.pieces:
                self._notes.append(self._block)
            self._block = self._outer.pop()
        elif name in _BLOCKS:
            self._flush()

    def _flush(self) -> None:
        if self._block.note is not None:
            if self._block.pieces:
                self._block.pieces.append((" ", None))
            return
        if self._document is not None and any(piece.strip() for piece, _ in self._block.pieces):
            self._document.blocks.append(self._block)
        self._block = Block()

    def _characters(self, data: str) -> None:
        document = self._document
        if document is None:
            return
        place = self._place()
        if document.links and "ref" in self._stack[document.links[-1].depth - 1 :]:
            document.links[-1].text += data
        if "placename" in self._stack:
            document.place += data
        reason = self._reasons[-1] if self._reasons else ""
        self._strip_to(place, "markup")
        verbatim = self._text.startswith(data, place)
        if data == "\n":
            end = place + (2 if self._text.startswith("\r\n", place) else 1)
        else:
            end = place + len(data) if verbatim else self._text.find(";", place) + 1
        if reason:
            self._note_header(document, reason, data)
            document.stripped.append((place, end, reason))
        else:
            shown = data if data != "\n" else " "
            self._turn_page(shown)
            self._block.pieces.append((shown, place if verbatim and shown == data else None))
            if not verbatim and data != "\n":
                document.stripped.append((place, end, "entity"))
        self._kept_to = max(end, self._kept_to)

    def _turn_page(self, shown: str) -> None:
        """A page may turn between two words with no blank printed, or within one."""
        above = self._block.pieces[-1][0] if self._block.pieces else ""
        if self._page_turned:
            left, right = _LAST_WORD.search(above), _FIRST_WORD.match(shown)
            if left and right and not is_word(left[0] + right[0]):
                self._block.pieces.append((" ", None))
        self._page_turned = False

    def _note_header(self, document: Document, reason: str, data: str) -> None:
        if reason == "head":
            document.head += data
        elif reason == "source_note":
            document.source_note += data
        elif reason in ("signature", "closer"):
            document.signature += data if reason == "signature" or "signed" in self._stack else ""

    def _strip_to(self, place: int, reason: str) -> None:
        document = self._document
        if document is not None and place > self._kept_to:
            if self._text[self._kept_to : place].strip():
                document.stripped.append((self._kept_to, place, reason))
            self._kept_to = place
