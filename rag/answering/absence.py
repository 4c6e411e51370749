"""What silence means: where nothing answers, what was searched, and whether a text is simply not there."""

from __future__ import annotations

from dataclasses import replace

from rag.asking.header_facts import NAMED, listed, told_by_header
from rag.asking.languages import another_language
from rag.store.cable_store import CableStore
from rag.text.counting import count_of
from rag.types import Absence, CableHeader, Filters, HeaderFact, Query, Scope

NOT_IN_COLLECTION = "Not in this collection"


def absence_of(query: Query, hits: int, store: CableStore) -> Absence:
    """The evidence of absence for a question that nothing answers."""
    named = tuple(one.cable_id for one in query.named)
    # A question about named cables is answered from them alone.
    within = replace(query.filters, cable_ids=named) if named and not query.references else query.filters
    scope = store.census.scope(within)
    stated, told_of = _told(query, store)
    missing = without_text(query, store)
    # What a header tells, what has no text and what was counted was understood.
    was_read = stated or missing or query.scope is Scope.EXHAUSTIVE
    return Absence(
        cables=scope.cables,
        paragraphs=scope.paragraphs,
        hits=hits,
        without_text=missing,
        unknown=query.unknown,
        stated=stated,
        told_of=told_of,
        language=None if was_read else another_language(query.text),
    )


def without_text(query: Query, store: CableStore) -> tuple[str, ...]:
    """The cables that the question names and that the collection has without their text."""
    headers = store.headers({named.cable_id for named in query.named})
    return tuple(sorted(cable_id for cable_id, header in headers.items() if not header.text_available))


def _told(query: Query, store: CableStore) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is asked of headers, in sentences, and the cables that they name."""
    if HeaderFact.COUNT in query.header_facts:
        return _counted(query.filters, store)
    if not query.header_facts:
        return (), ()
    passing = store.matching_cables(query.filters)
    named = {one.cable_id for one in query.named}
    headers = store.headers(named if passing is None else named & passing)
    told_of = tuple(sorted(headers))
    stated = tuple(told_by_header(fact, headers[one]) for one in told_of for fact in query.header_facts)
    return stated, told_of


def _counted(filters: Filters, store: CableStore) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How many cables pass, and which: "2 cables pass (Embassy Tallinn): 05TALLINN7, 07TALLINN9."."""
    passing = store.matching_cables(filters)
    if filters.is_empty() or passing is None:
        return (f"This collection has {count_of(store.counts().cables, 'cable')}.",), ()
    ids = sorted(passing)
    named = f": {listed(ids)}" if ids else ""
    if filters.senders and filters == Filters(senders=filters.senders):
        told = f"{_were(len(ids))} signed {' or '.join(filters.senders)}"
    else:
        told = f"of this collection {_pass(len(ids))} the filters ({_narrowed(filters)})"
    return (f"{count_of(len(ids), 'cable')} {told}{named}.",), tuple(ids[:NAMED])


def note_of_missing_text(header: CableHeader) -> str:
    """Example: "Text not available for 1976MUSCAT00301: the collection has its header only (...)."."""
    facts = (header.origin, header.date_from and header.date_from.isoformat(), header.subject)
    known = "; ".join(fact for fact in facts if fact)
    return f"Text not available for {header.cable_id}: the collection has only its header" + (
        f" ({known})." if known else "."
    )


def wording(absence: Absence, query: Query) -> str:
    """What a reader is told instead of an answer.

    What a header says, a named cable whose text is missing, one that is not in the collection, and silence
    of all that was searched are four things. A question in another language is told so last: it hides none.
    """
    if absence.stated:
        missing = f" There is no cable {', '.join(absence.unknown)}." if absence.unknown else ""
        stated = " ".join(absence.stated)
        return f"{stated} That is in the header; no paragraph that could be cited says it.{missing}"
    if absence.without_text:
        named = ", ".join(absence.without_text)
        return f"Text not available for {named}: this collection has the header, and not what was said."
    searched = f"none of {count_of(absence.paragraphs, 'paragraph')} in {count_of(absence.cables, 'cable')}"
    if narrowed := _narrowed(query.filters):
        searched += f" ({narrowed})"
    searched += " was found to answer the question."
    if absence.unknown:
        text = (
            f"{NOT_IN_COLLECTION}: there is no cable {', '.join(absence.unknown)}; of the others, {searched}"
        )
    elif absence.language is not None:
        text = f"{searched[0].upper()}{searched[1:]}"
    else:
        text = f"{NOT_IN_COLLECTION}: {searched}"
    text += f" {count_of(absence.hits, 'paragraph')} came nearest and {_were(absence.hits)} read."
    if absence.language is None:
        return text
    return (
        f"{text} Questions are read in English; this one seems to be in {absence.language}, so that its "
        "silence says nothing of the collection. Ask it in English."
    )


def _narrowed(filters: Filters) -> str:
    dates = (f"from {filters.date_from}" if filters.date_from else "") + (
        f" to {filters.date_to}" if filters.date_to else ""
    )
    listed = (
        filters.origins,
        filters.tags,
        filters.classifications,
        filters.cable_ids,
        filters.corpora,
        filters.addressees,
        filters.kinds,
    )
    signed = f"signed {' or '.join(filters.senders)}" if filters.senders else ""
    return "; ".join(
        part for part in (*(", ".join(values) for values in listed), signed, dates.strip()) if part
    )


def _pass(number: int) -> str:
    return "passes" if number == 1 else "pass"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
