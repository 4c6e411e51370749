"""Reading cables out of the store as records: the same for HTTP and for the command line."""

from __future__ import annotations

import codecs

from rag.errors import NotFound
from rag.record import CableRecord, ParagraphRecord
from rag.store.cable_store import CableStore
from rag.text.parts import find_part, split_address
from rag.types import Cable, Paragraph, Span


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
    """One paragraph by its label ("9", "¶9", "4#2") or by an item of it ("5.B").

    Raises ``NotFound`` with the labels there are.
    """
    cable, paragraph, _ = _found(store, cable_id, label)
    named = {reference.cable_id for reference in cable.references if reference.cable_id}
    return ParagraphRecord.of(paragraph, cable.references, frozenset(store.headers(named)))


def read_part(store: CableStore, cable_id: str, label: str) -> Span | None:
    """Where in its paragraph the item stands that `label` addresses; None where it is a whole paragraph."""
    return _found(store, cable_id, label)[2]


def read_raw(store: CableStore, cable_id: str) -> bytes:
    """The source record of a cable, byte for byte."""
    return store.raw(store.get_cable(store.resolve_id(cable_id) or cable_id).header.cable_id)


def read_raw_paragraph(store: CableStore, cable_id: str, label: str) -> bytes:
    """The bytes that a paragraph, or an item of it, was cleaned from, with breaks and banners."""
    cable, paragraph, part = _found(store, cable_id, label)
    begin = paragraph.start + (part.start if part else 0)
    end = paragraph.start + part.end if part else paragraph.end
    runs = [
        (segment.raw_start + max(begin - segment.start, 0),
         segment.raw_start + min(end - segment.start, segment.length))
        for segment in cable.segments
        if segment.start < end and begin < segment.start + segment.length
    ]  # fmt: skip
    if not runs:
        return b""
    raw = cable.raw.decode(cable.encoding)
    run = raw[min(start for start, _ in runs) : max(end for _, end in runs)]
    return run.encode(_unmarked(cable.raw, cable.encoding))


def _unmarked(raw: bytes, encoding: str) -> str:
    """The codec that writes a run of the text without a byte order mark before it."""
    if encoding in ("utf-16", "utf-32"):
        little = raw.startswith(codecs.BOM_UTF16_LE)
        return f"{encoding}-{'le' if little else 'be'}"
    return encoding.removesuffix("-sig")


def _found(store: CableStore, cable_id: str, label: str) -> tuple[Cable, Paragraph, Span | None]:
    cable = store.get_cable(store.resolve_id(cable_id) or cable_id)
    wanted = label.strip().removeprefix("¶").strip()
    by_label = {paragraph.label: paragraph for paragraph in cable.paragraphs}
    if wanted in by_label:
        return cable, by_label[wanted], None
    outer, path = split_address(wanted)
    paragraph = by_label.get(outer)
    part = find_part(paragraph.text, path) if paragraph and path else None
    if paragraph is None or part is None:
        labels = list(by_label)
        raise NotFound(
            f"{cable.header.cable_id} has no paragraph {wanted[:40]!r}; it has {', '.join(labels[:60])}.",
            cable_id=cable.header.cable_id,
            labels=labels[:200],
        )
    return cable, paragraph, Span(part.start, part.end)
