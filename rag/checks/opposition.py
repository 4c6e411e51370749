"""Opposites: a word of the sentence in whose place the paragraph has one that excludes it."""

from __future__ import annotations

from rag.checks.cited import Cited
from rag.checks.claim import Claim, light_stems
from rag.checks.finding import Finding, Ground
from rag.checks.polarity import around, is_turned
from rag.checks.words import opposites_of
from rag.types import Verdict

# What a word is said of stands so many words from it in the sentence, and so many in the paragraph.
_ARGUMENTS = 5
_ARGUMENT_REACH = 8
# What turns one of two opposites stands close before it.
_OPPOSITE_TURNED = 3


def check_opposite(claim: Claim, cited: Cited, window: range) -> Finding | None:
    """A word whose opposite stands beside more of the same words in the paragraph than it does itself."""
    for at, word in enumerate(claim.words):
        opposites = opposites_of(word.stem)
        if not opposites or is_turned(claim.words, claim.text, at, _OPPOSITE_TURNED):
            continue
        there = [
            n
            for stem in sorted(opposites)
            for n in cited.places.get(stem, ())
            if n in window and not is_turned(cited.words, cited.text, n, _OPPOSITE_TURNED)
        ]
        if not there:
            continue
        best = max(there, key=lambda n: _shared(claim, at, cited, n))
        itself = max((_shared(claim, at, cited, n) for n in cited.positions(word.stem)), default=0)
        if _shared(claim, at, cited, best) > itself:
            given = around(cited, best)
            said = claim.text[word.start : word.end]
            reason = f'says "{said}"; the paragraph has "{cited.text[given.start : given.end]}"'
            return Finding(Verdict.CONTRADICTED, reason, given, Ground.OPPOSITE)
    return None


def _shared(claim: Claim, at: int, cited: Cited, there: int) -> int:
    """How many content words near the sentence's word `at` stand near the paragraph's word `there`."""
    near = claim.words[max(0, at - _ARGUMENTS) : at + _ARGUMENTS + 1]
    stems = {w.stem for w in near if w is not claim.words[at] and w.content and w.stem not in light_stems()}
    return sum(
        any(
            place != there
            and abs(place - there) <= _ARGUMENT_REACH
            and cited.sentence_numbers[place] == cited.sentence_numbers[there]
            for place in cited.positions(stem)
        )
        for stem in stems
    )
