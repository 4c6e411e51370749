"""Opposites: a word of the sentence in whose place the paragraph has one that excludes it."""

from __future__ import annotations

from collections.abc import Iterable

from rag.text.words import opposites_of
from rag.types import Verdict
from rag.verifying.checks.cited import Cited
from rag.verifying.checks.claim import Claim, light_stems
from rag.verifying.checks.finding import Finding, Ground
from rag.verifying.checks.polarity import around, is_turned

# What a word is said of stands so many words from it in the sentence, and so many in the paragraph.
_ARGUMENTS = 5
_ARGUMENT_REACH = 8
# What turns one of two opposites stands close before it.
_OPPOSITE_TURNED = 3


def check_opposite(claim: Claim, cited: Cited, window: range) -> Finding | None:
    """A word whose opposite stands in the paragraph beside some of the same words, as it does not itself.

    Of two that stand in one sentence, which is said of what is not told by nearness: "high in the south and
    low in the north".
    """
    for at, word in enumerate(claim.words):
        opposites = opposites_of(word.stem)
        if not opposites or is_turned(claim.words, claim.text, at, _OPPOSITE_TURNED):
            continue
        itself = _unturned(cited, cited.positions(word.stem), window)
        there = _unturned(
            cited, [n for stem in sorted(opposites) for n in cited.places.get(stem, ())], window
        )
        best = max(there, key=lambda n: _shared(claim, at, cited, n), default=None)
        if best is None or not _shared(claim, at, cited, best):
            continue
        sentence = cited.sentence_numbers[best]
        if not any(cited.sentence_numbers[n] == sentence or _shared(claim, at, cited, n) for n in itself):
            given = around(cited, best)
            said = claim.text[word.start : word.end]
            reason = f'says "{said}"; the paragraph has "{cited.text[given.start : given.end]}"'
            return Finding(Verdict.CONTRADICTED, reason, given, Ground.OPPOSITE)
    return None


def _unturned(cited: Cited, places: Iterable[int], window: range) -> list[int]:
    return [n for n in places if n in window and not is_turned(cited.words, cited.text, n, _OPPOSITE_TURNED)]


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
