"""Cables, paragraphs, searches and checks as they leave the program."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self

from pydantic import Field

from rag.record.evidence import EvidenceRecord, Record
from rag.record.paragraph import ParagraphRecord
from rag.record.question import FiltersIn
from rag.record.understood import UnderstoodRecord
from rag.text.tags import meaning_of
from rag.types import (
    Cable,
    CableHeader,
    Coverage,
    DatePrecision,
    Facets,
    FacetValue,
    Found,
    Query,
    Reference,
    ReferenceKind,
)


class ReferenceRecord(Record):
    """One entry of a REF line; `cable_id` is null where it points to no cable."""

    letter: str | None
    cable_id: str | None
    text: str
    kind: ReferenceKind
    in_collection: bool

    @classmethod
    def of(cls, reference: Reference, *, in_collection: bool) -> Self:
        return cls(
            letter=reference.letter,
            cable_id=reference.cable_id,
            text=reference.text,
            kind=reference.kind,
            in_collection=in_collection,
        )


class HeaderRecord(Record):
    """What is known of a cable beside its text: one row of a list of cables."""

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
    tag_meanings: dict[str, str]
    signature: str | None
    source: str
    captions: tuple[str, ...]
    precedence: str | None
    sender: str | None
    addressees: tuple[str, ...]
    info_addressees: tuple[str, ...]
    executive_order: str | None
    text_available: bool

    @classmethod
    def of(cls, header: CableHeader) -> Self:
        given = {name: getattr(header, name) for name in HeaderRecord.model_fields if name != "tag_meanings"}
        return cls(**given, tag_meanings={tag: m for tag in header.tags if (m := meaning_of(tag))})


class CableRecord(HeaderRecord):
    """A cable whole: header, references both ways, paragraphs in their order."""

    references: tuple[ReferenceRecord, ...]
    referenced_by: tuple[str, ...]
    paragraphs: tuple[ParagraphRecord, ...]

    @classmethod
    def of_cable(cls, cable: Cable, *, referenced_by: Sequence[str], known: frozenset[str]) -> Self:
        """`known` are the cables among its references that the collection holds."""
        return cls(
            **HeaderRecord.of(cable.header).model_dump(),
            references=tuple(
                ReferenceRecord.of(reference, in_collection=reference.cable_id in known)
                for reference in cable.references
            ),
            referenced_by=tuple(referenced_by),
            paragraphs=tuple(
                ParagraphRecord.of(paragraph, cable.references, known) for paragraph in cable.paragraphs
            ),
        )


class FacetValueRecord(Record):
    """A value that a filter can take, and how many cables have it."""

    value: str
    count: int


class FacetsRecord(Record):
    """Every filter's values, the most frequent first; years in their order."""

    origins: tuple[FacetValueRecord, ...]
    tags: tuple[FacetValueRecord, ...]
    classifications: tuple[FacetValueRecord, ...]
    corpora: tuple[FacetValueRecord, ...]
    years: tuple[FacetValueRecord, ...]

    @classmethod
    def of(cls, facets: Facets) -> Self:
        return cls(
            origins=_facet(facets.origins),
            tags=_facet(facets.tags),
            classifications=_facet(facets.classifications),
            corpora=_facet(facets.corpora),
            years=_facet(facets.years),
        )


def _facet(values: Sequence[FacetValue]) -> tuple[FacetValueRecord, ...]:
    return tuple(FacetValueRecord(value=value.value, count=value.count) for value in values)


class CableListRecord(Record):
    """One page of the list of cables; `next` is given back as `after`, null on the last page."""

    cables: tuple[HeaderRecord, ...]
    facets: FacetsRecord
    total: int
    next: str | None


class SearchRecord(Record):
    """What a search found, best first; `total` and `scanned` are null where nothing was counted."""

    hits: tuple[EvidenceRecord, ...]
    filters_applied: FiltersIn
    coverage: Coverage
    total: int | None
    scanned: int | None = None
    notes: tuple[str, ...] = ()
    understood: UnderstoodRecord | None = None

    @classmethod
    def of(cls, found: Found, query: Query) -> Self:
        return cls(
            hits=tuple(EvidenceRecord.of(hit) for hit in found.hits),
            filters_applied=FiltersIn.of(query.filters),
            coverage=found.coverage,
            total=found.total,
            scanned=found.scanned,
            notes=found.notes,
            understood=UnderstoodRecord.of(query),
        )


class ErrorFacts(Record):
    """What went wrong: `code` for programs, `message` for people, `detail` for both."""

    code: str
    message: str
    detail: dict[str, str | int | float | list[str] | None] = Field(default_factory=dict)


class ErrorBody(Record):
    """The one body of every failure."""

    error: ErrorFacts
