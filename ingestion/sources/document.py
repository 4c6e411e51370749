"""A printed volume's document as it is read: its blocks of text and what its markup says of it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Link:
    """A cross-reference: where it points, at which depth of elements it stands, and its words."""

    target: str
    depth: int
    text: str = ""


@dataclass(slots=True)
class Block:
    """A run of text: pieces with their offset in the source, None for what the source does not print."""

    pieces: list[tuple[str, int | None]] = field(default_factory=list)
    note: int | None = None


@dataclass(slots=True)
class Document:
    """A document element of a volume. Offsets are characters of the whole text."""

    identifier: str | None
    start: int
    line: int
    end: int = 0
    head: str = ""
    source_note: str = ""
    signature: str = ""
    place: str = ""
    dates: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    stripped: list[tuple[int, int, str]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
