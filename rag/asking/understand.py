"""A question as asked becomes a query: stand-alone text, what it names, its filters and boosts.

Everything here is by rule. What was read out of the question is in the `Query`, so that the record
can say it; nothing narrows a search silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rag.asking.clues import read_clues
from rag.asking.compound import question_parts
from rag.asking.contents import asks_for_quoted_words, asks_only_for_it
from rag.asking.followups import RULES, standalone
from rag.asking.gazetteer import find_places
from rag.asking.header_facts import asked_of_header, only_clues_narrow, wants_cables
from rag.asking.mentions import is_exhaustive, read_mentions
from rag.asking.narrowing import narrow
from rag.asking.spelled import ResolveId, Spelled, spelled_in, without_numbers
from rag.asking.unnamed import unnamed
from rag.store.catalogue import Archive
from rag.text.period_words import expansions
from rag.text.periods import read_periods
from rag.types import (
    Catalogue,
    Clue,
    HeaderFact,
    ParagraphRef,
    Query,
    Question,
    ReferenceAsk,
    Scope,
    Span,
    Wanted,
)

# Of so many cables that are not there those near them are looked for.
_UNKNOWN_NAMED = 8
# What a post sent on one day is named by post and day while it is no more than so many cables.
_SENT_NAMED = 3
_LABEL = r"[un]?\d{1,3}(?:#\d{1,2})?"
_PARAGRAPH = re.compile(
    rf"(?:¶+|\bpara(?:graph)?s?\.?\s*)\s*(?P<labels>{_LABEL}(?:(?:\s*,\s*|\s*(?:,\s*)?(?:and|&)\s*){_LABEL})*)\b",
    re.IGNORECASE,
)
_TITLED = re.compile(
    r"\b(?:titled|entitled|headed|(?:with|under)\s+the\s+(?:title|subject)|subject:?|title:?)\s+"
    r"(?:[\"“‘'](?P<quoted>.+?)[\"”’'](?=\W|$)|(?P<plain>[^?\"“”]+))",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“](?P<quoted>[^\"”]{8,200})[\"”]")
_REFERENCE = re.compile(
    r"\bref(?:tels?|s)?\s*\(?\s*(?P<letter>(?-i:[A-Z])|(?<=\()[a-z])?\s*\)?(?![\w-])|\breference\s+\(?(?P<named>(?-i:[A-Z]))\b"
    r"|\b(?:cables?|telegrams?)\s+(?:that\s+)?(?:it\s+refers\s+to|referred\s+to)\b",
    re.IGNORECASE,
)  # fmt: skip


def understand(question: Question, archive: Archive) -> Query:
    """Read a question against the collection that it is asked of, and each of its parts if it asks twice."""
    query = _understood(question, archive)
    if query.is_follow_up or not _is_plain(query):
        return query
    within = [Question(part, filters=query.filters) for part in question_parts(query.text)]
    parts = tuple(_understood(part, archive) for part in within)
    return replace(query, parts=parts) if all(map(_is_plain, parts)) else query


def _is_plain(query: Query) -> bool:
    """Whether it asks something, and names no cable to look it up in."""
    return query.scope is Scope.OPEN and query.wanted is Wanted.ANSWER and not query.unknown


def _understood(question: Question, archive: Archive) -> Query:
    text = question.text
    # First, so that all that follows reads the same state of the collection.
    catalogue = archive.catalogue()
    spelled = spelled_in(text, archive.resolve_id)
    references = _references(question, spelled, archive.resolve_id)
    titled = _titled(text, archive)
    named = _named(text, spelled) + tuple(titled)
    unknown = tuple(dict.fromkeys(one.text for one in spelled if one.cable_id is None))
    notes = [
        *(_unknown(spelling, archive) for spelling in unknown[:_UNKNOWN_NAMED]),
        *(f"Nor is there a cable {spelling}." for spelling in unknown[_UNKNOWN_NAMED:]),
        *_unanchored(text, references),
    ]
    spoken = list(_naming(text, spelled))
    naming = [*spoken, *titled.values()]
    facts = () if references else asked_of_header(text, naming)
    if facts and not named and not unknown:
        named = _spoken_of(question, archive.resolve_id)
    facts = facts if named else ()
    exhaustive = is_exhaustive(text) and not references and not facts
    counted = None if named or references or spelled else _counted_by(question, catalogue)
    if counted is not None:
        facts, clues, exhaustive = (HeaderFact.COUNT,), counted, True
    elif facts:
        clues = ()
    else:
        # The digits of a message number are no date, its post no place: "Astana 1206 of 2009".
        clues = read_clues(without_numbers(text, spelled), catalogue, asks_for_all=exhaustive)
    if not (named or references or exhaustive or spelled):
        named, naming = _sent(text, archive)
    asked = named or references
    wanted = Wanted.ANSWER
    # A cable that is not here is not replaced by others, where all that is asked is what it says.
    if (asked or spelled) and not exhaustive and asks_only_for_it(text, naming):
        wanted = Wanted.CONTENT
    elif not exhaustive and not titled and asks_for_quoted_words(text, naming):
        wanted = Wanted.QUOTATION
    narrowed = narrow(question.filters, clues, catalogue)
    lone = standalone(text, question.history)
    # Spans are of the text; in what a follow-up stands for, the text stands as it is.
    shift = lone.find(text)
    names = [Span(one.start + shift, one.end + shift) for one in spoken] if named else []
    scope = Scope.LOOKUP if asked else Scope.OPEN
    return Query(
        text=text,
        standalone=lone,
        standalone_by=None if lone == text else RULES,
        filters=narrowed.filters,
        named=tuple(dict.fromkeys(named)),
        unknown=unknown,
        scope=Scope.EXHAUSTIVE if exhaustive else scope,
        wanted=wanted,
        clues=narrowed.clues,
        references=references,
        expansions=expansions(lone),
        mentions=read_mentions(text, clues) if exhaustive and not facts else (),
        contradiction=narrowed.contradiction,
        notes=(*notes, *narrowed.notes),
        header_facts=facts,
        naming_left_out=unnamed(lone, names) if names and shift >= 0 else None,
    )


def _named(text: str, spelled: list[Spelled]) -> tuple[ParagraphRef, ...]:
    """The cables that the text names, with the paragraphs if it names one cable and its paragraphs."""
    ids = dict.fromkeys(one.cable_id for one in spelled if one.cable_id is not None)
    labels = [label for match in _PARAGRAPH.finditer(text) for label in re.findall(_LABEL, match["labels"])]
    if len(ids) == 1 and labels:
        return tuple(ParagraphRef(next(iter(ids)), label.lower()) for label in labels)
    return tuple(ParagraphRef(cable_id, None) for cable_id in ids)


def _titled(text: str, archive: Archive) -> dict[ParagraphRef, Span]:
    """The cables named by their whole subject, where one cable alone has it, and the words that name them."""
    named: dict[ParagraphRef, Span] = {}
    for match in (*_TITLED.finditer(text), *_QUOTED.finditer(text)):
        group = next(name for name, said in match.groupdict().items() if said is not None)
        ids = archive.titled(match[group])
        if len(ids) == 1:
            named.setdefault(ParagraphRef(ids[0], None), Span(match.start(group), match.end(group)))
    return named


def _sent(text: str, archive: Archive) -> tuple[tuple[ParagraphRef, ...], list[Span]]:
    """The cables named by post and day, where nothing else is asked, and the words that name them."""
    places = [place for place in find_places(text) if place.origins]
    days = [period for period in read_periods(text) if period.first and period.first == period.last]
    if len(places) != 1 or len(days) != 1 or days[0].first is None:
        return (), []
    naming = [Span(places[0].start, places[0].end), Span(days[0].start, days[0].end)]
    if not asks_only_for_it(text, naming):
        return (), []
    ids = archive.sent(places[0].origins, days[0].first)
    return tuple(ParagraphRef(cable_id, None) for cable_id in ids[:_SENT_NAMED]), naming


def _naming(text: str, spelled: list[Spelled]) -> Iterator[Span]:
    """The words that name cables, paragraphs and references."""
    yield from (Span(one.start, one.end) for one in spelled)
    for pattern in (_PARAGRAPH, _REFERENCE):
        yield from (Span(*match.span()) for match in pattern.finditer(text))


def _counted_by(question: Question, catalogue: Catalogue) -> tuple[Clue, ...] | None:
    """The clues by which a question has cables counted, all of which hold; None where it asks for more."""
    if not wants_cables(question.text):
        return None
    clues = read_clues(question.text, catalogue, asks_for_all=True)
    narrowed = narrow(question.filters, clues, catalogue)
    whole = narrowed.contradiction is None and narrowed.clues == clues
    return clues if whole and only_clues_narrow(question.text, clues) else None


def _spoken_of(question: Question, resolve: ResolveId) -> tuple[ParagraphRef, ...]:
    """The one cable that "it" stands for: the talk so far has asked for nothing but it, or for its header."""
    for turn in reversed(question.history):
        spelled = spelled_in(turn.question, resolve)
        ids = {one.cable_id for one in spelled if one.cable_id is not None}
        naming = list(_naming(turn.question, spelled))
        of_header = bool(asked_of_header(turn.question, naming))
        if len(ids) == 1 and (of_header or asks_only_for_it(turn.question, naming)):
            return tuple(ParagraphRef(cable_id, None) for cable_id in ids)
        if ids or not of_header:
            return ()
    return ()


def _references(question: Question, spelled: list[Spelled], resolve: ResolveId) -> tuple[ReferenceAsk, ...]:
    """The references to be followed, from the cable that the question or the talk before it names."""
    asked = list(_REFERENCE.finditer(question.text))
    if not asked:
        return ()
    base = next((one.cable_id for one in spelled if one.cable_id is not None), None)
    for turn in reversed(question.history):
        if base is not None:
            break
        said = spelled_in(f"{turn.question} {turn.answer}", resolve)
        base = next((one.cable_id for one in reversed(said) if one.cable_id is not None), None)
    if base is None:
        return ()
    letters = [match["letter"] or match["named"] for match in asked]
    return tuple(ReferenceAsk(base, letter.upper() if letter else None) for letter in dict.fromkeys(letters))


def _unanchored(text: str, references: tuple[ReferenceAsk, ...]) -> Iterator[str]:
    match = _REFERENCE.search(text)
    if match is not None and not references:
        yield (
            f"“{match.group().strip()}” points into another cable: name the cable whose reference is meant, "
            "such as “ref A of 09ASTANA1206”."
        )


def _unknown(spelled: str, archive: Archive) -> str:
    near = ", ".join(archive.near_ids(spelled))
    return f"There is no cable {spelled} in this collection." + (f" Near it: {near}." if near else "")
