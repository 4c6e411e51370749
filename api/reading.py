"""Reading cables out of the store as records: the same for HTTP and for the command line."""

from __future__ import annotations

from rag.errors import NotFound
from rag.record import CableRecord, ParagraphRecord
from rag.store import CableStore


def read_cable(store: CableStore, cable_id: str) -> CableRecord:
    """The cable of that id, in any spelling. Raises ``NotFound`` with the nearest ids."""
    cable = store.get_cable(store.resolve_id(cable_id) or cable_id)
    named = {reference.cable_id for reference in cable.references if reference.cable_id}
    return CableRecord.of_cable(
        cable,
        referenced_by=store.referenced_by(cable.header.cable_id),
        known=frozenset(store.headers(named)),
    )


def read_paragraph(store: CableStore, cable_id: str, label: str) -> ParagraphRecord:
    """One paragraph by its label ("9", "¶9", "4#2"). Raises ``NotFound`` with the labels there are."""
    stored_id = store.get_cable(store.resolve_id(cable_id) or cable_id).header.cable_id
    wanted = label.strip().removeprefix("¶").strip()
    paragraph = store.find_paragraph(stored_id, wanted)
    if paragraph is None:
        labels = [other.label for other in store.cable_paragraphs(stored_id)]
        raise NotFound(
            f"{stored_id} has no paragraph {wanted[:40]!r}; it has {', '.join(labels[:60])}.",
            cable_id=stored_id,
            labels=labels[:200],
        )
    return ParagraphRecord.of(paragraph)


def read_raw(store: CableStore, cable_id: str) -> bytes:
    """The source record of a cable, byte for byte."""
    return store.raw(store.get_cable(store.resolve_id(cable_id) or cable_id).header.cable_id)


def read_raw_paragraph(store: CableStore, cable_id: str, label: str) -> str:
    """The run of the decoded source that a paragraph was cleaned from, with breaks and banners."""
    found = read_paragraph(store, cable_id, label)
    cable = store.get_cable(found.cable_id)
    paragraph = next(item for item in cable.paragraphs if item.label == found.paragraph)
    ends = [
        (segment.raw_start + max(paragraph.start - segment.start, 0),
         segment.raw_start + min(paragraph.end - segment.start, segment.length))
        for segment in cable.segments
        if segment.start < paragraph.end and paragraph.start < segment.start + segment.length
    ]  # fmt: skip
    raw = cable.raw.decode(cable.encoding)
    return raw[min(start for start, _ in ends) : max(end for _, end in ends)] if ends else ""
