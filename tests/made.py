"""Small real values for tests: headers, paragraphs, hits, passages, as the store would give them."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

from rag.types import CableHeader, DatePrecision, FoundBy, Hit, Kind, Paragraph, Passage

ASTANA = "09ASTANA1206"


def header(cable_id: str = ASTANA, *, classification: str | None = "UNCLASSIFIED") -> CableHeader:
    return CableHeader(
        cable_id=cable_id,
        corpus="seed",
        format="telegram",
        origin="Embassy Astana",
        sent_at=datetime(2009, 7, 21, 7, 21, tzinfo=UTC),
        date_from=date(2009, 7, 21),
        date_to=date(2009, 7, 21),
        date_precision=DatePrecision.MINUTE,
        classification=classification,
        subject="A CAMPAIGN ENDS",
        tags=("PGOV", "KZ"),
        signature="HOLT",
        source=f"{cable_id}.txt",
    )


def paragraph(text: str, label: str = "5", *, cable_id: str = ASTANA, kind: Kind = Kind.BODY) -> Paragraph:
    return Paragraph(
        cable_id=cable_id,
        label=label,
        ordinal=0,
        start=0,
        end=len(text),
        text=text,
        heading=None,
        kind=kind,
        marking=None,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def hit(text: str, label: str = "5", *, cable_id: str = ASTANA, score: float = 1.0) -> Hit:
    return Hit(paragraph(text, label, cable_id=cable_id), header(cable_id), score, FoundBy.BOTH)


def passages(*texts: str) -> dict[int, Passage]:
    """Passages 1..n of one cable, paragraph n for passage n."""
    return {n: Passage(n, hit(text, str(n))) for n, text in enumerate(texts, start=1)}
