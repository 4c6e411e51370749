"""A paragraph as it leaves the program: its text, its items, whose words it holds, where it points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from rag.record.evidence import Record
from rag.text.parts import parts_of
from rag.text.pointers import Pointer, find_pointers
from rag.text.voices import VoiceKind, voices_of
from rag.types import Kind, Paragraph, Reference


class PartRecord(Record):
    """An item inside the paragraph, ``text[start:end]``: "5.B" of paragraph 5."""

    address: str
    start: int
    end: int


class VoiceRecord(Record):
    """A run that is not the post's own report, ``text[start:end]``: quoted, its comment, or a speaker's."""

    kind: VoiceKind
    speaker: str | None
    start: int
    end: int


class PointerRecord(Record):
    """Where the text points, ``text[start:end]`` ("REF B, PARA 2"), and to what in the cable's REF line."""

    start: int
    end: int
    letter: str | None
    reference: str
    cable_id: str | None
    paragraph: str | None
    in_collection: bool

    @classmethod
    def of(cls, pointer: Pointer, known: frozenset[str]) -> Self:
        return cls(
            start=pointer.start,
            end=pointer.end,
            letter=pointer.reference.letter,
            reference=pointer.reference.text,
            cable_id=pointer.reference.cable_id,
            paragraph=pointer.paragraph,
            in_collection=pointer.reference.cable_id in known,
        )


class ParagraphRecord(Record):
    """One paragraph of a cable."""

    cable_id: str
    paragraph: str
    label: str
    text: str
    heading: str | None
    kind: Kind
    marking: str | None
    sha256: str
    parts: tuple[PartRecord, ...] = ()
    voices: tuple[VoiceRecord, ...] = ()
    pointers: tuple[PointerRecord, ...] = ()

    @classmethod
    def of(
        cls,
        paragraph: Paragraph,
        references: Sequence[Reference] = (),
        known: frozenset[str] = frozenset(),
    ) -> Self:
        """`references` are the cable's, `known` the cables among them that the collection holds."""
        return cls(
            cable_id=paragraph.cable_id,
            paragraph=paragraph.label,
            label=paragraph.citation,
            text=paragraph.text,
            heading=paragraph.heading,
            kind=paragraph.kind,
            marking=paragraph.marking,
            sha256=paragraph.sha256,
            parts=tuple(
                PartRecord(address=".".join((paragraph.label, *part.path)), start=part.start, end=part.end)
                for part in parts_of(paragraph.text)
            ),
            voices=tuple(
                VoiceRecord(kind=voice.kind, speaker=voice.speaker, start=voice.start, end=voice.end)
                for voice in voices_of(paragraph.text)
            ),
            pointers=tuple(
                PointerRecord.of(pointer, known) for pointer in find_pointers(paragraph.text, references)
            ),
        )
