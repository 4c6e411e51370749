"""Supports: how one fact of a sentence stands in the cited text, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass

from rag.text import dates
from rag.text.quotations import locate, nearest
from rag.text.words import Word, is_same
from rag.types import Span
from rag.verifying.checks import quantities
from rag.verifying.checks.cited import Cited, expansions_of
from rag.verifying.checks.claim import Claim, Fact, Sort, light_stems

# A word of the sentence that the paragraph has, but far from the others.
FAR_SHARE = 0.5
# The number is there, but of something else.
OTHER_UNIT_SHARE = 0.4
# So many words more make one sentence of the paragraph the one that is meant.
_BETTER_PLACED = 2
_MONEY, _PERCENT = quantities.Measure.MONEY, quantities.Measure.PERCENT


@dataclass(frozen=True, slots=True)
class Support:
    """How one fact stands: `share` of it found (0 to 1), where, and what speaks against it."""

    share: float
    span: Span | None = None
    conflict: str | None = None
    context: bool = False


def support_of(
    fact: Fact, claim: Claim, cited: Cited, places: dict[int, tuple[int, ...]], window: range
) -> Support:
    """How one fact stands in the paragraph; `places` has the word numbers there of each of its words."""
    if fact.sort is Sort.QUOTATION:
        return _support_quotation(fact, cited)
    if fact.sort is Sort.NUMBER:
        return _support_number(fact, cited, places, window)
    if fact.sort is Sort.DATE:
        return _support_date(fact, claim, cited, window)
    found = places[fact.at[0]]
    near = [at for at in found if at in window]
    if near or found:
        word = cited.words[(near or found)[0]]
        share = 1.0 if near or fact.sort is Sort.NAME else FAR_SHARE
        return Support(share, Span(word.start, word.end))
    if cited.knows(claim.words[fact.at[0]].stem):
        return Support(1.0, context=True)
    return _support_forename(fact, claim, cited, places) if fact.forename else Support(0.0)


def _support_forename(fact: Fact, claim: Claim, cited: Cited, places: dict[int, tuple[int, ...]]) -> Support:
    """A first name that the paragraph leaves out is no objection; another one in its place is."""
    surname = claim.words[fact.at[0] + 1]
    rival: Word | None = None
    for at in places.get(fact.at[0] + 1, ()):
        before = cited.words[at - 1] if at else None
        gap = cited.text[before.end : cited.words[at].start].strip() if before else "."
        if before is None or gap or not before.content or not before.capital or before.number:
            continue
        if before.stem not in light_stems() and not expansions_of(before.base):
            rival = before
    if rival is None:
        return Support(0.0)
    given = cited.text[rival.start : rival.end]
    said, last = fact.text, claim.text[surname.start : surname.end]
    return Support(0.0, Span(rival.start, rival.end), f"says {said} {last}; the paragraph has {given} {last}")


def _support_quotation(fact: Fact, cited: Cited) -> Support:
    assert fact.quotation is not None
    span = locate(fact.quotation.text, cited.folded)
    if span is not None:
        return Support(1.0, span)
    if fact.quotation.text.casefold() in cited.context.text.casefold():
        return Support(1.0, context=True)
    return Support(0.0, conflict=nearest(fact.quotation.text, cited.folded))


def _support_number(fact: Fact, cited: Cited, places: dict[int, tuple[int, ...]], window: range) -> Support:
    claimed = fact.quantity
    assert claimed is not None
    inside = _overlapping(cited, window)
    same_units = [q for q in cited.quantities if set(q.units) & set(claimed.units)]
    agreeing = [q for q in cited.quantities if quantities.agrees(claimed, q)]
    if agreeing:
        counted = [q for q in agreeing if _shares_unit(q, claimed)]
        rivals = [q for q in same_units if inside(q.start) and q not in agreeing]
        rival = _better_placed(rivals, counted, cited, places)
        if rival is not None:
            return Support(0.0, Span(rival.start, rival.end), _number_reason(claimed, rival, cited))
        counted = counted or [q for q in agreeing if not q.units or not claimed.units]
        best = min(counted or agreeing, key=lambda q: not inside(q.start))
        near = inside(best.start) or best in same_units
        share = OTHER_UNIT_SHARE if best not in counted else 1.0 if near else FAR_SHARE
        return Support(share, Span(best.start, best.end))
    rivals = [q for q in same_units if inside(q.start)] or [
        q
        for q in cited.quantities
        if inside(q.start) and q.measure is claimed.measure and q.measure in {_MONEY, _PERCENT}
    ]
    if rivals:
        rival = rivals[0]
        return Support(0.0, Span(rival.start, rival.end), _number_reason(claimed, rival, cited))
    return Support(0.0)


def _better_placed(
    rivals: list[quantities.Quantity],
    counted: list[quantities.Quantity],
    cited: Cited,
    places: dict[int, tuple[int, ...]],
) -> quantities.Quantity | None:
    """Another number of the same things, in a sentence that has plainly more of the claim's words."""
    if not rivals:
        return None
    if not counted:
        return rivals[0]
    rival = max(rivals, key=lambda q: _words_beside(q, cited, places))
    most = max(_words_beside(q, cited, places) for q in counted)
    return rival if _words_beside(rival, cited, places) >= most + _BETTER_PLACED else None


def _words_beside(quantity: quantities.Quantity, cited: Cited, places: dict[int, tuple[int, ...]]) -> int:
    """How many of the claim's words stand in the sentence of the paragraph that has the number."""
    inside = [s for s in cited.sentences if s.start <= quantity.end and quantity.start < s.end]
    if not inside:
        return 0
    span = inside[0]
    return sum(
        any(span.start <= cited.words[at].start < span.end for at in found) for found in places.values()
    )


def _shares_unit(left: quantities.Quantity, right: quantities.Quantity) -> bool:
    return any(is_same(mine, theirs) for mine in left.units for theirs in right.units)


def _overlapping(cited: Cited, window: range) -> _Inside:
    if not window:
        return _Inside(0, 0)
    return _Inside(cited.words[window.start].start, cited.words[window.stop - 1].end)


@dataclass(frozen=True, slots=True)
class _Inside:
    start: int
    end: int

    def __call__(self, at: int) -> bool:
        return self.start - 6 <= at < self.end


def _number_reason(claimed: quantities.Quantity, given: quantities.Quantity, cited: Cited) -> str:
    tail = cited.text[given.end :].split("\n")[0].split()
    noun = f" {tail[0].strip('.,;:')}" if given.units and tail else ""
    rounding = "" if claimed.rounding is given.rounding else f"{given.rounding} "
    rounding = "" if rounding == "none " else rounding
    said = (
        claimed.text if claimed.rounding is quantities.Rounding.NONE else f"{claimed.rounding} {claimed.text}"
    )
    return f"says {said}; the paragraph has {rounding}{given.text}{noun}"


def _support_date(fact: Fact, claim: Claim, cited: Cited, window: range) -> Support:
    claimed = fact.date
    assert claimed is not None
    context = cited.context
    inside = _overlapping(cited, window)
    agreeing = [d for d in cited.dates if dates.agrees(claimed, d, context.sent_from, context.sent_to)]
    if agreeing:
        best = min(agreeing, key=lambda d: not inside(d.start))
        return Support(1.0, Span(best.start, best.end))
    if _is_sending_date(claimed, claim, cited):
        return Support(1.0, context=True)
    if claimed.month is None and claimed.day is None and claimed.year is not None:
        same = [q for q in cited.quantities if claimed.year in q.readings]
        if same:
            return Support(1.0, Span(same[0].start, same[0].end))
    rivals = [
        d
        for d in cited.dates
        if inside(d.start)
        and (d.day is not None) == (claimed.day is not None)
        and (d.month is None) == (claimed.month is None)
    ]
    if rivals:
        rival = rivals[0]
        return Support(
            0.0, Span(rival.start, rival.end), f"says {claimed.text}; the paragraph has {rival.text}"
        )
    return Support(0.0)


def _is_sending_date(claimed: dates.DateMention, claim: Claim, cited: Cited) -> bool:
    """Whether it is the cable's own date: to the day only in a sentence that reports."""
    first, last = cited.context.sent_from, cited.context.sent_to
    if first is None or last is None:
        return False
    if claimed.day is not None:
        if not (claim.reports and cited.context.exact_day):
            return False
        return (claimed.month, claimed.day) == (first.month, first.day) and claimed.year in {None, first.year}
    if claimed.month is not None and not (cited.context.exact_day and claimed.month == first.month):
        return False
    return claimed.year is None or first.year <= claimed.year <= last.year
