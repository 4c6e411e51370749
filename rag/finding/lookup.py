"""Look-ups: the paragraphs that a question names, and those that a named cable refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rag.finding.candidates import Allowed
from rag.store.cable_store import CableStore
from rag.types import FoundBy, Hit, Kind, Part, Query, Reference, ReferenceAsk, Wanted

# Of a cable that is to be shown, so many paragraphs are evidence.
OPENING = 6

# Ranks the paragraphs of one cable by the question: (cables, how many, found by).
RankWithin = Callable[[frozenset[str], FoundBy], list[Hit]]


class LookUp:
    """Goes where a question points."""

    def __init__(self, store: CableStore) -> None:
        self._store = store

    def named(self, query: Query, allowed: Allowed, within: RankWithin, notes: list[str]) -> list[Hit]:
        """The paragraphs named; of a cable named as a whole, all, those that match best first."""
        hits: list[Hit] = []
        for one in query.named:
            if allowed.cables is not None and one.cable_id not in allowed.cables:
                notes.append(f"{one.cable_id} is named, and the filters exclude it.")
                continue
            if one.label is None:
                hits += self._whole(query, one.cable_id, allowed, within, FoundBy.LOOKUP)
                continue
            hit = self._paragraph(one.cable_id, one.label)
            if hit is None:
                labels = [label for _, label in self._store.survey.labels([one.cable_id])]
                notes.append(f"{one.cable_id} has no paragraph {one.label}; it has {', '.join(labels[:60])}.")
                hits += within(frozenset([one.cable_id]), FoundBy.LOOKUP)
            elif allowed.paragraphs is None or (one.cable_id, one.label) in allowed.paragraphs:
                hits.append(hit)
        return hits

    def referred(self, query: Query, allowed: Allowed, within: RankWithin, notes: list[str]) -> list[Hit]:
        """The paragraphs of the cables that a named one refers to, one hop; notes say what is not there."""
        targets: dict[str, None] = {}
        for ask in query.references:
            found = list(self._matching(ask))
            if not found:
                letter = f" {ask.letter}" if ask.letter else ""
                notes.append(f"{ask.cable_id} gives no reference{letter}.")
            for reference in found:
                name = f"Ref {reference.letter}" if reference.letter else "The reference"
                said = f"{name} of {ask.cable_id} is “{reference.text}”"
                target = self._stored(reference)
                if target is None:
                    notes.append(f"{said}, which is not in this collection.")
                elif allowed.cables is not None and target not in allowed.cables:
                    notes.append(f"{said}, which the filters exclude.")
                else:
                    notes.append(f"{said}: {target}.")
                    targets[target] = None
        return [
            hit
            for target in targets
            for hit in self._whole(query, target, allowed, within, FoundBy.REFERENCE)
        ]

    def _whole(
        self, query: Query, cable_id: str, allowed: Allowed, within: RankWithin, found_by: FoundBy
    ) -> list[Hit]:
        """The paragraphs that match best, or where the cable itself is wanted, its summary or beginning."""
        header = self._store.find_header(cable_id)
        if query.wanted is not Wanted.CONTENT or header is None:
            return within(frozenset([cable_id]), found_by)
        paragraphs = [
            paragraph
            for paragraph in self._store.cable_paragraphs(cable_id)
            if paragraph.kind is not Kind.NOTE
            and (allowed.paragraphs is None or (cable_id, paragraph.label) in allowed.paragraphs)
        ]
        opening = sorted(paragraphs, key=lambda p: (p.kind is not Kind.SUMMARY, p.ordinal))[:OPENING]
        return [Hit(p, header, 1.0, found_by, parts=(Part("named", 1.0),)) for p in opening]

    def _matching(self, ask: ReferenceAsk) -> Iterator[Reference]:
        for reference in self._store.references(ask.cable_id):
            if ask.letter is None or (reference.letter or "").upper() == ask.letter:
                yield reference

    def _stored(self, reference: Reference) -> str | None:
        if reference.cable_id is None:
            return None
        return self._store.resolve_id(reference.cable_id)

    def _paragraph(self, cable_id: str, label: str) -> Hit | None:
        stored = self._store.found.shown([(cable_id, label)]).get((cable_id, label))
        if stored is None:
            return None
        found = (stored.paragraph, stored.header, 1.0, FoundBy.LOOKUP)
        return Hit(*found, parts=(Part("named", 1.0),), original=stored.original)
