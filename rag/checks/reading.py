"""Reading: how much of a sentence a paragraph bears out, fact by fact, and where."""

from __future__ import annotations

from dataclasses import dataclass

from rag.checks import dates, quantities
from rag.checks.cited import Cited, expansions_of
from rag.checks.claim import Claim, Fact, Sort, light_stems
from rag.checks.quotations import locate, nearest
from rag.checks.words import Word, is_same
from rag.types import Span

# The words that bear a sentence out stand close together: within so many sentences of the paragraph.
_WINDOW_SENTENCES = 3
# A word of the sentence that the paragraph has, but far from the others.
FAR_SHARE = 0.5
# The number is there, but of something else.
OTHER_UNIT_SHARE = 0.4
# What only the header bears out counts little, for or against.
_CONTEXT_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Support:
    """How one fact stands: `share` of it found (0 to 1), where, and what speaks against it."""

    share: float
    span: Span | None = None
    conflict: str | None = None
    context: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence read against one paragraph.

    `supports` are in the order of the claim's facts; `window` are the numbers of the paragraph's words that
    bear most of it out.
    """

    supports: tuple[Support, ...]
    window: range
    coverage: float

    def span(self, cited: Cited) -> Span:
        """The words of the paragraph that the reading rests on: whole sentences from first to last found."""
        spans = [s.span for s in self.supports if s.span is not None and not s.context]
        if not spans:
            return Span(0, 0)
        inside = [s for s in spans if _overlaps(s, self.window, cited)] or spans
        first, last = min(s.start for s in inside), max(s.end for s in inside)
        holding = [s for s in cited.sentences if s.start < last and first < s.end]
        return Span(holding[0].start, holding[-1].end) if holding else Span(first, last)


def _overlaps(span: Span, window: range, cited: Cited) -> bool:
    if not window:
        return False
    start, end = cited.words[window.start].start, cited.words[window.stop - 1].end
    return span.start < end and start < span.end


def read(claim: Claim, cited: Cited) -> Reading:
    """Read a sentence against a paragraph."""
    places = {n: _places(claim.words, n, cited) for fact in claim.facts for n in fact.at}
    window = _best_window(claim, cited, places)
    supports = tuple(_support(fact, claim, cited, places, window) for fact in claim.facts)
    return Reading(supports, window, coverage_of(claim, supports))


def coverage_of(claim: Claim, supports: tuple[Support, ...]) -> float:
    """The weighted share of the sentence's facts that is borne out, 0 to 1; 1 where it has none."""
    total = found = 0.0
    for fact, support in zip(claim.facts, supports, strict=True):
        weight = fact.weight * (_CONTEXT_SHARE if support.context else 1.0)
        total += weight
        found += weight * support.share
    return found / total if total else 1.0


def _places(words: tuple[Word, ...], at: int, cited: Cited) -> tuple[int, ...]:
    """Where the paragraph has a word of the sentence: as itself, run together, written out, abbreviated."""
    word = words[at]
    found = cited.positions(word.stem)
    if found:
        return found
    for left, right in ((at, at + 1), (at - 1, at)):
        if (
            left >= 0
            and right < len(words)
            and (joined := cited.places.get(words[left].base + words[right].base))
        ):
            return joined
    for expansion in expansions_of(word.base):
        each = [cited.positions(stem) for stem in expansion if len(stem) > 2]
        if each and all(each):
            return each[0]
    if len(word.base) >= 7 and not word.number:
        return _misspelt(word, cited)
    return ()


def _misspelt(word: Word, cited: Cited) -> tuple[int, ...]:
    return tuple(
        at
        for at, other in enumerate(cited.words)
        if other.base[:2] == word.base[:2] and _one_edit(word.base, other.base)
    )


def _one_edit(left: str, right: str) -> bool:
    if abs(len(left) - len(right)) > 1 or left == right:
        return left == right
    short, long = sorted((left, right), key=len)
    head = next((i for i, c in enumerate(short) if c != long[i]), len(short))
    return (
        short[head + 1 :] == long[head + 1 :] if len(short) == len(long) else short[head:] == long[head + 1 :]
    )


def _best_window(claim: Claim, cited: Cited, places: dict[int, tuple[int, ...]]) -> range:
    gains: dict[int, float] = {}
    per_sentence: list[set[int]] = [set() for _ in cited.sentences]
    for fact in claim.facts:
        for n in fact.at:
            gains[n] = fact.weight / len(fact.at)
            for place in places[n]:
                per_sentence[cited.sentence_numbers[place]].add(n)
    best, best_gain = (0, 0), -1.0
    for first in range(len(cited.sentences)):
        reached: set[int] = set()
        for last in range(first, min(first + _WINDOW_SENTENCES, len(cited.sentences))):
            reached |= per_sentence[last]
            # The narrower window wins where the wider one adds nothing of weight.
            gain = sum(gains[n] for n in reached) - 0.3 * (last - first)
            if gain > best_gain:
                best, best_gain = (first, last), gain
    inside = [at for at, number in enumerate(cited.sentence_numbers) if best[0] <= number <= best[1]]
    return range(inside[0], inside[-1] + 1) if inside else range(0)


def _support(
    fact: Fact, claim: Claim, cited: Cited, places: dict[int, tuple[int, ...]], window: range
) -> Support:
    if fact.sort is Sort.QUOTATION:
        return _support_quotation(fact, cited)
    if fact.sort is Sort.NUMBER:
        return _support_number(fact, cited, window)
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
        gap = cited.text[before.end : cited.words[at].start].strip(" .\n") if before else "."
        if before is None or gap or not before.content or not before.capital or before.stem in light_stems():
            return Support(0.0)
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


def _support_number(fact: Fact, cited: Cited, window: range) -> Support:
    claimed = fact.quantity
    assert claimed is not None
    inside = _overlapping(cited, window)
    same_units = [q for q in cited.quantities if set(q.units) & set(claimed.units)]
    agreeing = [q for q in cited.quantities if quantities.agrees(claimed, q)]
    if agreeing:
        rivals = [q for q in same_units if inside(q.start)]
        counted = [q for q in agreeing if not q.units or not claimed.units or _shares_unit(q, claimed)]
        if rivals and not counted:
            rival = rivals[0]
            return Support(0.0, Span(rival.start, rival.end), _number_reason(claimed, rival, cited))
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


def _shares_unit(left: quantities.Quantity, right: quantities.Quantity) -> bool:
    return any(is_same(mine, theirs) for mine in left.units for theirs in right.units)


_MONEY, _PERCENT = quantities.Measure.MONEY, quantities.Measure.PERCENT


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
