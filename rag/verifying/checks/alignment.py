"""Alignment: where a sentence follows the paragraph word by word, and where it departs from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rag.text import dates
from rag.text.words import Word, opposites_of, place_of
from rag.types import Span, Verdict
from rag.verifying.checks import quantities
from rag.verifying.checks.cited import Cited
from rag.verifying.checks.claim import Claim, Fact, Sort, light_stems
from rag.verifying.checks.finding import Finding
from rag.verifying.checks.supports import Support

# Below this share of words in the paragraph's order a sentence is a paraphrase: a different word is then no
# sign of a changed fact.
_CLOSE = 0.72
# Between the two a mixed-case sentence may use words of its own; in capitals they could be names.
_VERY_CLOSE = 0.92
_LONGEST_CHANGE = 4
_NEGATORS = frozenset("not nott no never none neither nor cannot".split())
_STRENGTHS = (
    frozenset({"all", "every"}),
    frozenset({"some", "most", "few"}),
    frozenset({"may", "might", "could"}),
    frozenset({"must"}),
)
_SMALL_CHANGE = 3


@dataclass(frozen=True, slots=True)
class Change:
    """Words of the sentence that stand where the paragraph has others; either side may be empty.

    `first` is the number of the first of `said` in the sentence.
    """

    said: tuple[Word, ...]
    given: tuple[Word, ...]
    first: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """`closeness` is the share of the sentence's words found in the paragraph in the same order, 0 to 1.

    `leaps` where the sentence leaves out more of the paragraph than a few words between two of its own.
    """

    closeness: float
    changes: tuple[Change, ...]
    leaps: bool = False

    @property
    def close(self) -> bool:
        return self.closeness >= _CLOSE


def align(claim: Claim, cited: Cited, window: range) -> Alignment:
    """Align a sentence with the words of the paragraph in `window`."""
    given = cited.words[window.start : window.stop]
    said = claim.words
    matcher = SequenceMatcher(None, [w.stem for w in given], [w.stem for w in said], autojunk=False)
    opcodes = matcher.get_opcodes()
    equal = sum(j2 - j1 for tag, _, _, j1, j2 in opcodes if tag == "equal")
    changes = []
    leaps = False
    for tag, i1, i2, j1, j2 in opcodes:
        outer = j1 == 0 or j2 == len(said)
        leaps = leaps or (tag != "equal" and not outer and i2 - i1 > _LONGEST_CHANGE)
        if tag == "equal" or (tag == "delete" and outer):
            continue
        there = given[i1:i2]
        if outer and len(there) > _LONGEST_CHANGE:
            # The window goes on beyond the sentence: what stands in the place of the words is beside it.
            there = there[-(j2 - j1) :] if j1 == 0 else there[: j2 - j1]
        if len(there) <= _LONGEST_CHANGE:
            changes.append(Change(said[j1:j2], there, j1))
        elif j1 < j2:
            changes.append(Change(said[j1:j2], (), j1))
    return Alignment(equal / len(said) if said else 0.0, tuple(changes), leaps)


def has_own_words(claim: Claim, alignment: Alignment) -> bool:
    """Whether the sentence has any word of weight that is not the paragraph's own at its place.

    What leads to the paragraph's words ("the embassy reported that") has no weight, nor what the paragraph
    says before and after.
    """
    if alignment.leaps:
        return True
    for change in alignment.changes:
        outer = change.first == 0 or change.first + len(change.said) == len(claim.words)
        words = change.said if outer else (*change.said, *change.given)
        if any(word.content and word.stem not in light_stems() for word in words):
            return True
    return False


def check_changes(
    claim: Claim, cited: Cited, alignment: Alignment, supports: Sequence[Support]
) -> Finding | None:
    """In a sentence that is otherwise the paragraph's own: a content word, a negator, a modal exchanged.

    `supports` tell for each fact whether the paragraph has it elsewhere: then it is moved, not changed.
    """
    if not alignment.close:
        return None
    facts = {
        at: (fact, support) for fact, support in zip(claim.facts, supports, strict=True) for at in fact.at
    }
    for change in alignment.changes:
        if _weighty(change, cited):
            return _finding(claim, cited, change, Verdict.CONTRADICTED)
        within = [facts[at] for at in range(change.first, change.first + len(change.said)) if at in facts]
        strange = [fact for fact, support in within if support.share == 0 and fact.weight >= 1]
        if not claim.capitals and alignment.closeness < _VERY_CLOSE:
            strange = [fact for fact in strange if fact.sort is not Sort.WORD]
        rivalled = [fact for fact, _ in within if _is_rivalled(fact, claim, cited, change)]
        if strange or rivalled:
            firm = rivalled or (change.given and any(fact.sort is not Sort.WORD for fact in strange))
            return _finding(claim, cited, change, Verdict.CONTRADICTED if firm else Verdict.PARTIAL)
    return _swapped(claim, cited, alignment)


def _is_rivalled(fact: Fact, claim: Claim, cited: Cited, change: Change) -> bool:
    """In the very place of a number, date or country the paragraph has another one."""
    if not change.given:
        return False
    start, end = change.given[0].start, change.given[-1].end
    numbers = [q for q in cited.quantities if q.start < end and start < q.end and q.text.lower() != "one"]
    days = [d for d in cited.dates if d.start < end and start < d.end]
    if fact.quantity is not None:
        return bool(numbers) and not any(quantities.agrees(fact.quantity, q) for q in numbers)
    if fact.date is not None:
        span = cited.context.sent_from, cited.context.sent_to
        agreeing = any(dates.agrees(fact.date, d, *span) for d in days)
        return (
            bool(days or numbers) and not agreeing and not any(fact.date.year in q.readings for q in numbers)
        )
    mine = place_of(claim.words[fact.at[0]].stem) if fact.at else frozenset()
    theirs = [place_of(word.stem) for word in change.given]
    return bool(mine) and any(theirs) and all(mine.isdisjoint(place) for place in theirs)


def _swapped(claim: Claim, cited: Cited, alignment: Alignment) -> Finding | None:
    """Two words that have changed places ("Iraq attacked Iran")."""
    single = [c for c in alignment.changes if len(c.said) == len(c.given) == 1]
    for change in single:
        turned = any(
            other.said[0].stem == change.given[0].stem and other.given[0].stem == change.said[0].stem
            for other in single
        )
        if turned and change.said[0].content:
            return _finding(claim, cited, change, Verdict.CONTRADICTED)
    return None


def _weighty(change: Change, cited: Cited) -> bool:
    """A negator on one side only, or opposites of which the paragraph has but the other; a quantifier or
    modal, where little else is exchanged.
    """
    stems = {w.stem for w in change.given}
    opposed = any(opposites_of(w.stem) & stems and not cited.positions(w.stem) for w in change.said)
    said, given = {w.base for w in change.said}, {w.base for w in change.given}
    negated = said & _NEGATORS != given & _NEGATORS
    if opposed or negated:
        # "Refused" where the paragraph has "did not agree" says the same.
        return not (opposed and negated)
    small = len(change.said) + len(change.given) <= _SMALL_CHANGE
    return small and any(bool(said & row) != bool(given & row) for row in _STRENGTHS)


def _finding(claim: Claim, cited: Cited, change: Change, verdict: Verdict) -> Finding:
    said = claim.text[change.said[0].start : change.said[-1].end] if change.said else ""
    if not change.given:
        return Finding(verdict, f'adds "{said}" to what the paragraph says')
    span = Span(change.given[0].start, change.given[-1].end)
    given = cited.text[span.start : span.end]
    if not said:
        return Finding(verdict, f'leaves out "{given}"', span)
    return Finding(verdict, f'says "{said}" where the paragraph has "{given}"', span)
