"""Rows of the store to values and back."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypedDict

import numpy as np
from sqlalchemy import Row

from rag.store.schema import CABLES
from rag.types import (
    Cable,
    CableHeader,
    Chunk,
    DatePrecision,
    Kind,
    Paragraph,
    Reference,
    ReferenceKind,
    Segment,
    Stripped,
)


class HeaderRow(TypedDict):
    """A row of `cables` without its hash."""

    cable_id: str
    corpus: str
    format: str
    origin: str | None
    sent_at: datetime | None
    date_from: object
    date_to: object
    date_precision: str
    classification: str | None
    subject: str | None
    tags: str
    signature: str | None
    source: str
    captions: str
    precedence: str | None
    sender: str | None
    addressees: str
    info_addressees: str
    executive_order: str | None
    text_available: bool


class TextRow(TypedDict):
    """A row of `texts`."""

    cable_id: str
    body: str
    raw: bytes
    encoding: str
    segments: bytes
    stripped: bytes
    warnings: str
    aliases: str


HEADER_COLUMNS = tuple(column for column in CABLES.c if column.name != "content_sha256")


def header_to_row(header: CableHeader) -> HeaderRow:
    return HeaderRow(
        cable_id=header.cable_id,
        corpus=header.corpus,
        format=header.format,
        origin=header.origin,
        # SQLite keeps no time zone: all times are UTC in the store, and leave it as UTC.
        sent_at=None if header.sent_at is None else header.sent_at.astimezone(UTC).replace(tzinfo=None),
        date_from=header.date_from,
        date_to=header.date_to,
        date_precision=header.date_precision.value,
        classification=header.classification,
        subject=header.subject,
        tags=pack_strings(header.tags),
        signature=header.signature,
        source=header.source,
        captions=pack_strings(header.captions),
        precedence=header.precedence,
        sender=header.sender,
        addressees=pack_strings(header.addressees),
        info_addressees=pack_strings(header.info_addressees),
        executive_order=header.executive_order,
        text_available=header.text_available,
    )


def header_from_row(row: Row[tuple[object, ...]]) -> CableHeader:
    return CableHeader(
        cable_id=row.cable_id,
        corpus=row.corpus,
        format=row.format,
        origin=row.origin,
        sent_at=None if row.sent_at is None else row.sent_at.replace(tzinfo=UTC),
        date_from=row.date_from,
        date_to=row.date_to,
        date_precision=DatePrecision(row.date_precision),
        classification=row.classification,
        subject=row.subject,
        tags=unpack_strings(row.tags),
        signature=row.signature,
        source=row.source,
        captions=unpack_strings(row.captions),
        precedence=row.precedence,
        sender=row.sender,
        addressees=unpack_strings(row.addressees),
        info_addressees=unpack_strings(row.info_addressees),
        executive_order=row.executive_order,
        text_available=row.text_available,
    )


def paragraph_from_row(row: Row[tuple[object, ...]]) -> Paragraph:
    return Paragraph(
        cable_id=row.cable_id,
        label=row.label,
        ordinal=row.ordinal,
        start=row.start,
        end=row.end,
        text=row.text,
        heading=row.heading,
        kind=Kind(row.kind),
        marking=row.marking,
        sha256=row.sha256,
    )


def reference_from_row(row: Row[tuple[object, ...]]) -> Reference:
    return Reference(row.letter, ReferenceKind(row.kind), row.text, row.target)


def text_row(cable: Cable) -> TextRow:
    return TextRow(
        cable_id=cable.header.cable_id,
        body=cable.body,
        raw=zlib.compress(cable.raw),
        encoding=cable.encoding,
        segments=pack_segments(cable.segments),
        stripped=pack_stripped(cable.stripped),
        warnings=pack_strings(cable.warnings),
        aliases=pack_strings(cable.aliases),
    )


def paragraph_rows(cable: Cable) -> list[dict[str, str | int | None]]:
    return [
        {
            "cable_id": p.cable_id,
            "label": p.label,
            "ordinal": p.ordinal,
            "start": p.start,
            "end": p.end,
            "text": p.text,
            "heading": p.heading,
            "kind": p.kind.value,
            "marking": p.marking,
            "sha256": p.sha256,
        }
        for p in cable.paragraphs
    ]


def chunk_rows(chunks: Sequence[Chunk]) -> list[dict[str, str | int | None]]:
    return [
        {
            "cable_id": chunk.cable_id,
            "label": chunk.label,
            "ordinal": chunk.ordinal,
            "start": chunk.start,
            "end": chunk.end,
        }
        for chunk in chunks
    ]


def reference_rows(cable: Cable) -> list[dict[str, str | int | None]]:
    return [
        {
            "cable_id": cable.header.cable_id,
            "ordinal": ordinal,
            "letter": reference.letter,
            "kind": reference.kind.value,
            "text": reference.text,
            "target": reference.cable_id,
        }
        for ordinal, reference in enumerate(cable.references)
    ]


def cable_from_rows(
    header: Row[tuple[object, ...]],
    text: Row[tuple[object, ...]],
    paragraphs: tuple[Paragraph, ...],
    references: tuple[Reference, ...],
) -> Cable:
    return Cable(
        header=header_from_row(header),
        body=text.body,
        paragraphs=paragraphs,
        references=references,
        raw=zlib.decompress(text.raw),
        encoding=text.encoding,
        segments=unpack_segments(text.segments),
        stripped=unpack_stripped(text.stripped),
        warnings=unpack_strings(text.warnings),
        aliases=unpack_strings(text.aliases),
    )


def pack_segments(segments: Iterable[Segment]) -> bytes:
    numbers = [n for s in segments for n in (s.start, s.raw_start, s.length)]
    return zlib.compress(np.asarray(numbers, dtype="<i8").tobytes())


def unpack_segments(packed: bytes) -> tuple[Segment, ...]:
    numbers = np.frombuffer(zlib.decompress(packed), dtype="<i8").reshape(-1, 3)
    return tuple(Segment(*row) for row in numbers.tolist())


def pack_stripped(stripped: Iterable[Stripped]) -> bytes:
    return zlib.compress(json.dumps([[s.raw_start, s.raw_end, s.reason] for s in stripped]).encode())


def unpack_stripped(packed: bytes) -> tuple[Stripped, ...]:
    return tuple(Stripped(*entry) for entry in json.loads(zlib.decompress(packed)))


def pack_strings(strings: Sequence[str]) -> str:
    return json.dumps(list(strings), ensure_ascii=False)


# The cables that are found together share addressees, TAGS and captions.
@lru_cache(maxsize=1024)
def unpack_strings(packed: str) -> tuple[str, ...]:
    # Most lists of a header are empty.
    return () if packed == "[]" else tuple(json.loads(packed))
