"""Text that belongs to no cable, as a passage that the verifier can read."""

from __future__ import annotations

from hashlib import sha256

from rag.types import CableHeader, DatePrecision, FoundBy, Hit, Kind, Paragraph, Passage

_HEADER = CableHeader(
    cable_id="",
    corpus="given",
    format="given",
    origin=None,
    sent_at=None,
    date_from=None,
    date_to=None,
    date_precision=DatePrecision.UNKNOWN,
    classification=None,
    subject=None,
    tags=(),
    signature=None,
    source="given",
)


def loose_passage(number: int, text: str, label: str | None = None) -> Passage:
    """A passage of nothing but `text`: its cable id is empty, its label `label` or "[number]"."""
    paragraph = Paragraph(
        cable_id="",
        label=label or f"[{number}]",
        ordinal=number,
        start=0,
        end=len(text),
        text=text,
        heading=None,
        kind=Kind.BODY,
        marking=None,
        sha256=sha256(text.encode()).hexdigest(),
    )
    return Passage(number, Hit(paragraph, _HEADER, 1.0, FoundBy.LOOKUP))
