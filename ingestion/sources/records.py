"""What passes between the format modules and the parser."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO, Protocol

from ingestion.views import View
from rag.errors import ParseError
from rag.types import Reference

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One thing to read. `name` is a path relative to what was asked for; members are ``file.zip!member``.

    With an `opener`, `data` is only the beginning of what it opens: a table too large to be held.
    """

    name: str
    data: bytes
    opener: Callable[[], BinaryIO] | None = None

    def open(self) -> BinaryIO:
        """All of its bytes from the first on."""
        return self.opener() if self.opener else io.BytesIO(self.data)

    def sha256(self) -> str:
        """The hash of all of its bytes."""
        digest = hashlib.sha256()
        with self.open() as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    @property
    def stem(self) -> str:
        """The name without folders and without its last suffix."""
        last = self.name.replace("!", "/").rsplit("/", 1)[-1]
        return last.rsplit(".", 1)[0] if "." in last[1:] else last


@dataclass(frozen=True, slots=True)
class Known:
    """What a source says about a cable beside the cable's own text. None where it is silent."""

    subject: str | None = None
    origin: str | None = None
    classification: str | None = None
    created: datetime | None = None
    day: date | None = None
    day_to: date | None = None
    tags: tuple[str, ...] = ()
    references: str | None = None
    signature: str | None = None


SILENT = Known()


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote in the visible text: `start` of its printed number, `text` where its words begin, `end`."""

    number: int
    start: int
    text: int
    end: int


@dataclass(frozen=True, slots=True)
class RawCable:
    """One cable's record: ``text == raw.decode(encoding)``; `visible` is that text without markup.

    `cable_id` is the id that the record or its file name gives; `line` is where the record begins in
    its file (1-based). `headed` tells that header lines may stand before the text.
    `notes` are the footnotes in the visible text, in order; `references` are those that markup spells out.
    """

    name: str
    format: str
    cable_id: str | None
    raw: bytes
    encoding: str
    text: str
    visible: View
    known: Known = SILENT
    notes: tuple[Note, ...] = ()
    line: int = 1
    headed: bool = True
    references: tuple[Reference, ...] = ()


class Format(Protocol):
    """A format module."""

    name: str

    def detect(self, source: SourceFile, text: str) -> bool:
        """Whether `text` (the beginning is enough) is of this format."""

    def read(self, source: SourceFile, text: str, encoding: str) -> Iterator[RawCable | ParseError]:
        """The cables in `text`; a record that cannot be read is an error among them."""
