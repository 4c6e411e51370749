"""The exhaustive scan: every paragraph that holds what was asked for, of all that pass the filters."""

from __future__ import annotations

from dataclasses import dataclass

from rag.finding.candidates import Allowed
from rag.finding.ranking import ParagraphKey
from rag.index.collection import Collection
from rag.text.citations import unmarked
from rag.text.counting import count_of
from rag.types import Mention, Query

# A scan's hits are all given while there are no more than these.
ALL_HITS = 1_000


@dataclass(frozen=True, slots=True)
class Scan:
    """Every paragraph found, in the order of dates and ids, and how many paragraphs were looked through."""

    keys: tuple[ParagraphKey, ...]
    scanned: int

    @property
    def cables(self) -> int:
        return len({cable_id for cable_id, _ in self.keys})


def scan(collection: Collection, query: Query, allowed: Allowed) -> Scan:
    """All paragraphs that pass the filters and hold any of the mentions; without one, all that pass."""
    store = collection.store
    if allowed.is_empty():
        return Scan((), 0)
    scanned = (
        store.survey.paragraph_count(allowed.cables)
        if allowed.paragraphs is None
        else len(allowed.paragraphs)
    )
    found: set[ParagraphKey] = set()
    for mention in query.mentions:
        found |= _holding(collection, mention, allowed)
    if not query.mentions:
        found = (
            set(store.survey.labels(allowed.cables))
            if allowed.paragraphs is None
            else set(allowed.paragraphs)
        )
    return Scan(_in_order(collection, found), scanned)


def describe(found: Scan, query: Query) -> str:
    """The count in words: "7 cables mention “Pelly”, in 12 paragraphs; 19,706 paragraphs were scanned."."""
    # It begins an answer, where "[1]" would be a citation.
    what = unmarked(" or ".join(f"“{mention.text}”" for mention in query.mentions))
    scanned = f"{count_of(found.scanned, 'paragraph')} {'was' if found.scanned == 1 else 'were'} scanned"
    if not found.keys:
        return f"No cable mentions {what}; {scanned}." if what else f"{scanned}: none passes."
    number, cables = len(found.keys), count_of(found.cables, "cable")
    if not what:
        return f"{scanned}: {number:,} in {cables} pass the filters."
    mention = "mentions" if found.cables == 1 else "mention"
    return f"{cables} {mention} {what}, in {count_of(number, 'paragraph')}; {scanned}."


def _holding(collection: Collection, mention: Mention, allowed: Allowed) -> set[ParagraphKey]:
    lexical = collection.lexical
    keys = {(one.cable_id, one.label) for one in lexical.holding(mention.text, allowed.cables)}
    if allowed.paragraphs is not None:
        keys &= allowed.paragraphs
    if not mention.together:
        return keys
    asked, texts = lexical.terms(mention.text), collection.store.paragraphs(sorted(keys))
    return {key for key in keys if _together(asked, lexical.terms(texts[key].text))}


def _together(asked: list[str], said: list[str]) -> bool:
    """Whether the words stand side by side in their order, stop words aside."""
    return any(said[i : i + len(asked)] == asked for i in range(len(said) - len(asked) + 1))


def _in_order(collection: Collection, found: set[ParagraphKey]) -> tuple[ParagraphKey, ...]:
    """By date, then as the paragraphs stand in their cables."""
    cables = {cable_id for cable_id, _ in found}
    headers = collection.store.headers(cables)
    dated = sorted(cables, key=lambda c: (str(headers[c].date_from or "9999"), c))
    standing = {key: place for place, key in enumerate(collection.store.survey.labels(cables))}
    place = {cable_id: number for number, cable_id in enumerate(dated)}
    return tuple(sorted(found, key=lambda key: (place[key[0]], standing[key])))
