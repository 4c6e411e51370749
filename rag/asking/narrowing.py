"""Filters: what a caller sets and what a question's own words add, and what if they do not fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

from rag.types import Catalogue, Clue, ClueField, Filters, Kind, Strength


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The filters that hold together, the clues as they were used, and why nothing can pass, if so."""

    filters: Filters
    clues: tuple[Clue, ...]
    contradiction: str | None
    notes: tuple[str, ...]


def narrow(asked: Filters, clues: Iterable[Clue], catalogue: Catalogue) -> Narrowed:
    """Join the caller's filters with the explicit clues.

    What no cable of the collection has is not looked for elsewhere silently: where every cable gives the
    field, nothing passes; where some do not give it, the clue excludes nothing, and a note says so.
    """
    filters = asked
    used: list[Clue] = []
    notes = [*_unknown_posts(asked, catalogue)]
    contradiction: str | None = None
    for clue in clues:
        if clue.strength is Strength.BOOST:
            used.append(clue)
            continue
        if clue.field in catalogue.silent and not _is_known(clue, catalogue):
            notes.append(
                f"No cable of this collection gives “{', '.join(clue.values)}” as its {clue.field}, and some "
                f"give none: “{clue.text}” was not used to exclude any."
            )
            continue
        used.append(clue)
        joined = _joined(filters, clue, asked)
        if joined is None:
            contradiction = contradiction or (
                f"“{clue.text}” and the filter on {clue.field} exclude each other: no cable passes both."
            )
        else:
            filters = joined
    return Narrowed(filters, tuple(used), contradiction, tuple(notes))


def _unknown_posts(asked: Filters, catalogue: Catalogue) -> Iterator[str]:
    """What a caller is told of a post that no cable is from: those that are spelled most like it."""
    spelled: dict[str, str] = {}
    for origin in sorted(catalogue.origins):
        # "Embassy Astana" is asked for as "Astana" as well.
        spelled |= {origin.casefold(): origin, origin.casefold().partition(" ")[2]: origin}
    for post in asked.origins:
        wanted = post.casefold()
        if any(name == wanted or name.endswith(f" {wanted}") for name in spelled):
            continue
        near = dict.fromkeys(spelled[name] for name in get_close_matches(wanted, spelled, n=3))
        like = f" Spelled like it: {', '.join(near)}." if near else ""
        yield f"No cable of this collection is from “{post}”.{like}"


def _is_known(clue: Clue, catalogue: Catalogue) -> bool:
    """Whether some cable may pass; of what the catalogue does not list, nobody knows."""
    match clue.field:
        case ClueField.ORIGIN:
            return not catalogue.origins.isdisjoint(clue.values)
        case ClueField.CLASSIFICATION:
            return not catalogue.classifications.isdisjoint(clue.values)
        case ClueField.TAG:
            return not catalogue.tags.isdisjoint(clue.values)
        case ClueField.SENDER:
            return not catalogue.signatures.isdisjoint(clue.values)
        case ClueField.ADDRESSEE:
            return ClueField.ADDRESSEE not in catalogue.silent
        case _:
            return True


def _joined(filters: Filters, clue: Clue, asked: Filters) -> Filters | None:
    """The filters with one more clue; None where the caller's own exclude it."""
    match clue.field:
        case ClueField.DATE:
            return _dated(filters, clue, asked)
        case ClueField.ORIGIN:
            origins = _common(asked.origins, filters.origins, clue.values)
            return None if origins is None else replace(filters, origins=origins)
        case ClueField.TAG:
            tags = _common(asked.tags, filters.tags, clue.values)
            return None if tags is None else replace(filters, tags=tags)
        case ClueField.CLASSIFICATION:
            classes = _common(asked.classifications, filters.classifications, clue.values)
            return None if classes is None else replace(filters, classifications=classes)
        case ClueField.SENDER:
            senders = _common(asked.senders, filters.senders, clue.values)
            return None if senders is None else replace(filters, senders=senders)
        case ClueField.ADDRESSEE:
            addressees = _common(asked.addressees, filters.addressees, clue.values)
            return None if addressees is None else replace(filters, addressees=addressees)
        case ClueField.KIND:
            kinds = _common(
                tuple(kind.value for kind in asked.kinds),
                tuple(kind.value for kind in filters.kinds),
                clue.values,
            )
            return None if kinds is None else replace(filters, kinds=tuple(Kind(kind) for kind in kinds))


def _common(
    asked: tuple[str, ...], so_far: tuple[str, ...], values: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Two values of a question are alternatives; what the caller set holds for all of them."""
    if not asked:
        return tuple(dict.fromkeys((*so_far, *values)))
    wanted = {value.casefold() for value in values}
    # A caller writes "Astana" for "Embassy Astana".
    both = tuple(a for a in asked if any(v == a.casefold() or v.endswith(f" {a.casefold()}") for v in wanted))
    return both or None


def _dated(filters: Filters, clue: Clue, asked: Filters) -> Filters | None:
    first, last = (date.fromisoformat(value) if value else None for value in clue.values)
    if (filters.date_from, filters.date_to) != (asked.date_from, asked.date_to):
        # A second period is an alternative to the first: all days from the earlier to the later pass.
        first = None if first is None or filters.date_from is None else min(first, filters.date_from)
        last = None if last is None or filters.date_to is None else max(last, filters.date_to)
    lower = max((day for day in (first, asked.date_from) if day), default=None)
    upper = min((day for day in (last, asked.date_to) if day), default=None)
    if lower and upper and lower > upper:
        return None
    return replace(filters, date_from=lower, date_to=upper)


def boosts(clues: Iterable[Clue], field: ClueField) -> Iterator[Clue]:
    """The clues of a field that lift and do not exclude."""
    return (clue for clue in clues if clue.strength is Strength.BOOST and clue.field is field)
