"""Questions made from a collection's metadata: their gold follows from what the store says.

lookup          a paragraph by its number; a cable by its title where that is unique; a cable by post and day
                where there is one: a paragraph of that cable must be found
reference       what a cable refers to, by its letter: a paragraph of the cable referred to must be found
wrong_premise   a year that no cable is of, a cable or a paragraph that does not exist: to be refused, or
                answered with what is true
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Protocol, TypeVar

from evals.samples import WRONG_PREMISE, ParagraphKey, Sample
from rag.types import CableHeader, DatePrecision, Filters, Paragraph, Reference
from rag.types import Kind as ParagraphKind

EACH = 40  # of every kind of look-up, chosen by hash: always the same ones
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
EXACT = frozenset({DatePrecision.MINUTE, DatePrecision.DAY})
T = TypeVar("T")


class HoldsCables(Protocol):
    """The part of the store that is looked into."""

    def list_headers(self, filters: Filters, *, limit: int, after: str | None) -> tuple[CableHeader, ...]: ...

    def references(self, cable_id: str) -> tuple[Reference, ...]: ...

    def cable_paragraphs(self, cable_id: str) -> tuple[Paragraph, ...]: ...

    def resolve_id(self, text: str) -> str | None: ...


class Catalogue:
    """The collection's headers, read once."""

    PAGE = 500

    def __init__(self, store: HoldsCables) -> None:
        self.store = store
        self.headers: tuple[CableHeader, ...] = tuple(self._read())

    def matching_ids(self) -> frozenset[str]:
        return frozenset(header.cable_id for header in self.headers)

    def keys(self, cable_id: str) -> tuple[ParagraphKey, ...]:
        """The paragraphs of a cable, without its footnotes."""
        return tuple(
            ParagraphKey(cable_id, paragraph.label)
            for paragraph in self.store.cable_paragraphs(cable_id)
            if paragraph.kind is not ParagraphKind.NOTE
        )

    def _read(self) -> Iterable[CableHeader]:
        after: str | None = None
        while page := self.store.list_headers(Filters(), limit=self.PAGE, after=after):
            yield from page
            after = page[-1].cable_id


def lookups(catalogue: Catalogue) -> list[Sample]:
    """Up to `EACH` samples of every kind."""
    headers = catalogue.headers
    titles = Counter(header.subject.casefold() for header in headers if header.subject)
    days = Counter((h.origin, h.date_from) for h in headers if h.date_precision in EXACT)
    made = []
    for header in _chosen(headers):
        numbered = [key for key in catalogue.keys(header.cable_id) if key.paragraph.isdigit()]
        if numbered:
            key = min(numbered, key=_order)
            question = f"What does paragraph {key.paragraph} of {header.cable_id} say?"
            made.append(_looked_up("paragraph", header.cable_id, question, gold=(key,)))
    for header in _chosen(h for h in headers if h.subject and titles[h.subject.casefold()] == 1):
        question = f"What does the cable “{header.subject}” report?"
        also = catalogue.keys(header.cable_id)
        made.append(_looked_up("title", header.cable_id, question, also=also))
    exact = (h for h in headers if h.date_precision in EXACT and h.origin)
    for header in _chosen(h for h in exact if days[h.origin, h.date_from] == 1):
        day = header.date_from
        assert day is not None
        question = f"What did {header.origin} report on {day.day} {day:%B %Y}?"
        also = catalogue.keys(header.cable_id)
        made.append(_looked_up("post_and_day", header.cable_id, question, also=also))
    return [sample for sample in made if sample.gold or sample.also]


def references(catalogue: Catalogue) -> list[Sample]:
    """One sample for each reference to a cable that the collection holds."""
    held = catalogue.matching_ids()
    made = []
    for header in catalogue.headers:
        for number, reference in enumerate(catalogue.store.references(header.cable_id), start=1):
            target = reference.cable_id
            if target is None or target not in held or target == header.cable_id:
                continue
            named = f"reference {reference.letter}" if reference.letter else "the reference"
            sample = _looked_up(
                f"reference_{number}",
                header.cable_id,
                f"What does {named} of cable {header.cable_id} report?",
                also=catalogue.keys(target),
            )
            made.append(replace(sample, type="reference"))
    return [sample for sample in made if sample.also]


def wrong_premises(samples: Sequence[Sample], catalogue: Catalogue) -> list[Sample]:
    """Questions with a year put wrong, and about what does not exist."""
    years = {h.date_from.year for h in catalogue.headers if h.date_from is not None}
    years |= {h.date_to.year for h in catalogue.headers if h.date_to is not None}
    made = []
    for sample in samples:
        named = YEAR.findall(sample.question)
        if len(set(named)) == 1:
            wrong = _absent_year(int(named[0]), years)
            question = sample.question.replace(named[0], str(wrong))
            made.append(_wrong(f"{sample.id}~year", question, sample.gold[0].cable, truth=named[0]))
    for header in _chosen(catalogue.headers):
        numbers = [int(k.paragraph) for k in catalogue.keys(header.cable_id) if k.paragraph.isdigit()]
        if numbers:
            absent = max(numbers) + 7
            question = f"What does paragraph {absent} of {header.cable_id} say?"
            made.append(_wrong(f"{header.cable_id}~paragraph", question, header.cable_id))
        other = _absent_id(header.cable_id, catalogue.store)
        question = f"What does cable {other} report?"
        made.append(_wrong(f"{header.cable_id}~cable", question, header.cable_id))
    return made


def _absent_year(year: int, held: set[int]) -> int:
    return next(other for other in (year + step for step in (11, -13, 17, -19, 29, 41)) if other not in held)


def _absent_id(cable_id: str, store: HoldsCables) -> str:
    """An id of the same post and year that the collection does not hold."""
    match = re.search(r"\d+$", cable_id)
    start, number = (match.start(), int(match.group())) if match else (len(cable_id), 0)
    return next(
        spelled
        for step in range(4001, 9999)
        if store.resolve_id(spelled := f"{cable_id[:start]}{number + step}") is None
    )


def _looked_up(
    kind: str,
    cable_id: str,
    question: str,
    *,
    gold: tuple[ParagraphKey, ...] = (),
    also: tuple[ParagraphKey, ...] = (),
) -> Sample:
    return Sample(
        id=f"{cable_id}~{kind}",
        question=question,
        type=f"lookup_{kind}",
        gold=gold,
        also=also,
        answer=None,
        key_facts=(),
        answerable=True,
        cluster=cable_id,
    )


def _wrong(name: str, question: str, cable_id: str, truth: str | None = None) -> Sample:
    return Sample(
        id=f"{name}~{WRONG_PREMISE}",
        question=question,
        type=WRONG_PREMISE,
        gold=(),
        also=(),
        answer=None,
        key_facts=() if truth is None else ((truth,),),
        answerable=False,
        cluster=cable_id,
    )


def _chosen(headers: Iterable[CableHeader]) -> list[CableHeader]:
    return sorted(headers, key=lambda header: _order(header.cable_id))[:EACH]


def _order(key: object) -> str:
    return sha256(str(key).encode()).hexdigest()
