"""Cables and their parts: what ingestion makes and the store keeps.

Offsets are 0-based, end-exclusive, counted in characters of a Python string.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a paragraph is, by the cable's own markers."""

    SUMMARY = "summary"
    BODY = "body"
    COMMENT = "comment"
    ACTION_REQUEST = "action_request"
    QUOTED_TEXT = "quoted_text"
    NOTE = "note"


class DatePrecision(StrEnum):
    """How exactly a cable is dated."""

    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


class ReferenceKind(StrEnum):
    """What a REF entry points to. DATE: a message known by its date-time group or its day alone."""

    CABLE = "cable"
    DATE = "date"
    EMAIL = "email"
    TELEPHONE = "telephone"
    MEETING = "meeting"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters of some text."""

    start: int
    end: int


class Segment(NamedTuple):
    """A run of the cleaned body that stands verbatim in the raw text.

    ``body[start:start + length] == raw[raw_start:raw_start + length]``; what lies between two
    segments of the body was put there by cleaning (a blank for a line break). A named tuple, as `Stripped`:
    a cable has dozens, and each is made in half of a frozen dataclass' time.
    """

    start: int
    raw_start: int
    length: int


class Stripped(NamedTuple):
    """A run of the raw text that is not in the body, and why (``page_banner``, ``header``...)."""

    raw_start: int
    raw_end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of a cable's REF line. `cable_id` is the canonical MRN, None where it is no cable."""

    letter: str | None
    kind: ReferenceKind
    text: str
    cable_id: str | None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A numbered paragraph: ``text == cable.body[start:end]``.

    `label` is unique in the cable ("9", "4#2", "u1", "n1"); `citation` is what a reader sees.
    """

    cable_id: str
    label: str
    ordinal: int
    start: int
    end: int
    text: str
    heading: str | None
    kind: Kind
    marking: str | None
    sha256: str

    @property
    def citation(self) -> str:
        return f"{self.cable_id} ¶{self.label}"


@dataclass(frozen=True, slots=True)
class CableHeader:
    """What is known of a cable beside its text. None where the source does not say.

    `date_from`..`date_to` is the span in which it was sent: one day with a DTG, a year where only
    the MRN dates it. `tags` are codes; `source` names the file (and member) it came from.
    """

    cable_id: str
    corpus: str
    format: str
    origin: str | None
    sent_at: datetime | None
    date_from: date | None
    date_to: date | None
    date_precision: DatePrecision
    classification: str | None
    subject: str | None
    tags: tuple[str, ...]
    signature: str | None
    source: str
    captions: tuple[str, ...] = ()
    precedence: str | None = None
    sender: str | None = None
    addressees: tuple[str, ...] = ()
    info_addressees: tuple[str, ...] = ()
    executive_order: str | None = None
    text_available: bool = True


@dataclass(frozen=True, slots=True)
class Cable:
    """A parsed cable: header, cleaned body with its map to the raw text, paragraphs, references.

    `raw` is the source record as bytes, `encoding` how it was decoded; `aliases` are other
    spellings of the id. ``segments`` and ``stripped`` together account for every raw character.
    """

    header: CableHeader
    body: str
    paragraphs: tuple[Paragraph, ...]
    references: tuple[Reference, ...]
    raw: bytes
    encoding: str
    segments: tuple[Segment, ...]
    stripped: tuple[Stripped, ...] = ()
    warnings: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of one paragraph, short enough for the encoder; offsets are into the paragraph."""

    cable_id: str
    label: str
    ordinal: int
    start: int
    end: int
    text: str

    @property
    def chunk_id(self) -> str:
        return f"{self.cable_id}|{self.label}|{self.ordinal}"
