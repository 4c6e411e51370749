"""Alignment: where a sentence follows the paragraph word by word, and where it departs from it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from rag.checks import dates, quantities
from rag.checks.cited import Cited
from rag.checks.claim import Claim, Sort
from rag.checks.finding import Finding
from rag.checks.words import Word
from rag.types import Span, Verdict

# Below this share of words in the paragraph's order a sentence is a paraphrase: a different word is then no
# sign of a changed fact.
_CLOSE = 0.72
_LONGEST_CHANGE = 4
_WEIGHTY = frozenset(
    "not nott no never none neither nor cannot all every some most few may might will must".split()
)


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
    """`closeness` is the share of the sentence's words found in the paragraph in the same order, 0 to 1."""

    closeness: float
    changes: tuple[Change, ...]

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
    for tag, i1, i2, j1, j2 in opcodes:
        inner = j1 > 0 and j2 < len(said)
        if tag == "equal" or (tag == "delete" and not inner):
            continue
        if i2 - i1 <= _LONGEST_CHANGE or tag == "insert":
            changes.append(Change(said[j1:j2], given[i1:i2], j1))
        elif j1 < j2:
            changes.append(Change(said[j1:j2], (), j1))
    return Alignment(equal / len(said) if said else 0.0, tuple(changes))


def check_changes(
    claim: Claim, cited: Cited, alignment: Alignment, places: dict[int, tuple[int, ...]]
) -> Finding | None:
    """In a sentence that is otherwise the paragraph's own: a content word, a negator, a modal exchanged.

    `places` says where the paragraph has the sentence's words: one that it has elsewhere is moved, not changed.
    """
    if not alignment.close:
        return None
    sorts = {at: fact.sort for fact in claim.facts for at in fact.at}
    light = {at for fact in claim.facts if fact.weight < 1 for at in fact.at}
    for change in alignment.changes:
        if _weighty(change):
            return _finding(claim, cited, change, Verdict.CONTRADICTED)
        numbers = range(change.first, change.first + len(change.said))
        strange = [
            at
            for at in numbers
            if at in sorts and at not in light and not places.get(at) and not cited.knows(claim.words[at].stem)
        ] + [at for at in numbers if _rivalled(claim, cited, change, at)]
        if not strange:
            continue
        exchanged = any(word.content for word in change.given)
        grave = exchanged and any(sorts[at] is not Sort.WORD for at in strange)
        return _finding(claim, cited, change, Verdict.CONTRADICTED if grave else Verdict.PARTIAL)
    return _swapped(claim, cited, alignment)


def _rivalled(claim: Claim, cited: Cited, change: Change, at: int) -> bool:
    """The word is of a number or date in whose very place the paragraph has another, be it also elsewhere."""
    if not change.given:
        return False
    start, end = change.given[0].start, change.given[-1].end
    fact = next((fact for fact in claim.facts if at in fact.at), None)
    if fact is None or fact.date is not None or fact.quantity is None:
        if fact is None or fact.date is None:
            return False
        there = [d for d in cited.dates if d.start < end and start < d.end]
        context = cited.context
        return bool(there) and not any(
            dates.agrees(fact.date, d, context.sent_from, context.sent_to) for d in there
        )
    quantity = fact.quantity
    rivals = [q for q in cited.quantities if q.start < end and start < q.end and q.value > 1]
    return bool(rivals) and not any(quantities.agrees(quantity, q) for q in rivals)


def _swapped(claim: Claim, cited: Cited, alignment: Alignment) -> Finding | None:
    """Two words that have changed places ("Iraq attacked Iran")."""
    single = [c for c in alignment.changes if len(c.said) == len(c.given) == 1]
    for change in single:
        turned = any(
            other.said[0].stem == change.given[0].stem and other.given[0].stem == change.said[0].stem for other in single
        )
        if turned and change.said[0].content:
            return _finding(claim, cited, change, Verdict.CONTRADICTED)
    return None


def _weighty(change: Change) -> bool:
    said = {w.base for w in change.said} & _WEIGHTY
    given = {w.base for w in change.given} & _WEIGHTY
    return said != given


def _finding(claim: Claim, cited: Cited, change: Change, verdict: Verdict) -> Finding:
    said = claim.text[change.said[0].start : change.said[-1].end] if change.said else ""
    if not change.given:
        return Finding(verdict, f'adds "{said}" to what the paragraph says')
    span = Span(change.given[0].start, change.given[-1].end)
    given = cited.text[span.start : span.end]
    if not said:
        return Finding(verdict, f'leaves out "{given}"', span)
    return Finding(verdict, f'says "{said}" where the paragraph has "{given}"', span)
