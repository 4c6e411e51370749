"""Cables made by hand, for tests of what comes after parsing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime

from rag.types import (
    Cable,
    CableHeader,
    DatePrecision,
    Kind,
    Paragraph,
    Reference,
    ReferenceKind,
    Segment,
)

PIGEONS = (
    "The Ministry of Posts released four hundred racing pigeons over the capital on Tuesday.",
    "Econoff counted thirty-one feathers on the chancery roof. The gardener disputes the number.",
    "Comment: Post expects the pigeons to return before the harvest festival. End comment.",
)


def make_cable(
    cable_id: str = "08ZEMBLA17",
    texts: Sequence[str] = PIGEONS,
    *,
    headings: Sequence[str | None] = (),
    subject: str | None = "PIGEON POST",
    origin: str | None = "Embassy Zembla",
    day: date | None = date(2008, 5, 6),
    classification: str | None = "UNCLASSIFIED",
    tags: tuple[str, ...] = ("PGOV",),
    corpus: str = "sample",
    references: Sequence[str] = (),
    source: str | None = None,
    aliases: tuple[str, ...] = (),
) -> Cable:
    """A cable with the paragraphs 1, 2, 3... of these texts."""
    paragraphs = []
    start = 0
    for ordinal, text in enumerate(texts):
        heading = headings[ordinal] if ordinal < len(headings) else None
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        end = start + len(text)
        paragraphs.append(
            Paragraph(cable_id, str(ordinal + 1), ordinal, start, end, text, heading, Kind.BODY, None, sha256)
        )
        start = end + 2
    body = "\n\n".join(texts)
    header = CableHeader(
        cable_id=cable_id,
        corpus=corpus,
        format="telegram",
        origin=origin,
        sent_at=None if day is None else datetime(day.year, day.month, day.day, 7, 21, tzinfo=UTC),
        date_from=day,
        date_to=day,
        date_precision=DatePrecision.UNKNOWN if day is None else DatePrecision.MINUTE,
        classification=classification,
        subject=subject,
        tags=tags,
        signature="FOLLY",
        source=source or f"{cable_id}.txt",
        captions=("SIPDIS",),
    )
    return Cable(
        header=header,
        body=body,
        paragraphs=tuple(paragraphs),
        references=tuple(
            Reference(chr(ord("A") + i), ReferenceKind.CABLE, target, target)
            for i, target in enumerate(references)
        ),
        raw=body.encode(),
        encoding="utf-8",
        segments=(Segment(0, 0, len(body)),),
        aliases=aliases,
    )
