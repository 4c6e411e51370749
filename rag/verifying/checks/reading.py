"""Reading: how much of a sentence a paragraph bears out, fact by fact, and where."""

from __future__ import annotations

from dataclasses import dataclass

from rag.text.words import Word
from rag.types import Span
from rag.verifying.checks.cited import Cited, expansions_of
from rag.verifying.checks.claim import Claim
from rag.verifying.checks.supports import Support, support_of

# The words that bear a sentence out stand close together: within so many sentences of the paragraph.
_WINDOW_SENTENCES = 3
# What only the header bears out counts little, for or against.
_CONTEXT_SHARE = 0.4


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
    supports = tuple(support_of(fact, claim, cited, places, window) for fact in claim.facts)
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
    # Teleprinters had no apostrophe: "MOBUTUS" is "Mobutu's".
    if word.capital and (possessive := cited.places.get(f"{word.base}s")):
        return possessive
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
