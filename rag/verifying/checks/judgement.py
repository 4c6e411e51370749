"""Judgement: from what was found of a sentence in what it cites to a verdict with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.text.folding import fold
from rag.types import Span, Verdict
from rag.verifying.checks.alignment import Alignment, align, check_changes, has_own_words
from rag.verifying.checks.cited import Cited
from rag.verifying.checks.claim import Claim, Fact, Sort
from rag.verifying.checks.finding import Finding, Ground
from rag.verifying.checks.opposition import check_opposite
from rag.verifying.checks.polarity import check_polarity, check_strength
from rag.verifying.checks.reading import Reading, coverage_of, read
from rag.verifying.checks.speakers import check_speaker
from rag.verifying.checks.supports import OTHER_UNIT_SHARE, Support

# Chosen on the development benchmark's answers against their own and against other paragraphs
# (benchmarks/verifier_audit.py): where false accepts and false rejects of paraphrases balance.
_SUPPORTED_COVERAGE = 0.6
_RELATED_COVERAGE = 0.35

# So many facts in a row that the paragraph lacks are a clause of the sentence's own invention.
_GAP = 3

_EDGE = " ,.;:!?'–-()"
_DENIED_BEFORE = re.compile(
    r"(?:den(?:y|ied|ies|ying)|reject(?:ed|s|ing)?|disput\w+|refut\w+|not true|untrue|false|no truth"
    r"|doubt(?:s|ed|ful)?|not)(?: \w+){0,3}$"
)
_SUPPOSED_BEFORE = re.compile(
    r"\b(?:if|unless|whether|hop(?:e|es|ed)|fear(?:s|ed)?|alleg\w+|rumou?r\w*)(?: \w+){0,3}$"
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict on one sentence and one paragraph; `reading` is None where the sentence stands verbatim.

    `closeness` is the share of the sentence's words that stand in the paragraph in the same order; it has
    `own_words` where more than a lead ("the embassy reported that") is not the paragraph's.
    """

    verdict: Verdict
    reason: str
    span: Span
    reading: Reading | None = None
    ground: Ground = Ground.WORDS
    closeness: float = 1.0
    own_words: bool = False


def judge(claim: Claim, cited: Cited) -> Judgement:
    """Judge a sentence against one paragraph."""
    verbatim = _judge_verbatim(claim, cited)
    if verbatim is not None:
        return verbatim
    reading = read(claim, cited)
    alignment = align(claim, cited, reading.window)
    finding = object_to(claim, cited, reading, alignment)
    span = finding.span or reading.span(cited)
    return Judgement(
        finding.verdict,
        finding.reason,
        span,
        reading,
        finding.ground,
        alignment.closeness,
        has_own_words(claim, alignment),
    )


def judge_together(claim: Claim, judgements: Sequence[Judgement]) -> Judgement:
    """The judgement on a sentence that several paragraphs bear out together, each a part.

    Its `span` is in none of them.
    """
    readings = [j.reading for j in judgements if j.reading is not None]
    merged = tuple(_best(supports) for supports in zip(*(r.supports for r in readings), strict=True))
    coverage = coverage_of(claim, merged)
    serious = [j for j in judgements if j.verdict is Verdict.CONTRADICTED and not _is_number_conflict(j)]
    if serious:
        finding = Finding(serious[0].verdict, serious[0].reason, ground=serious[0].ground)
    else:
        finding = _weigh(claim, merged, coverage)
    closeness = max(j.closeness for j in judgements)
    reading = Reading(merged, range(0), coverage)
    own_words = all(j.own_words for j in judgements)
    return Judgement(
        finding.verdict, finding.reason, Span(0, 0), reading, finding.ground, closeness, own_words
    )


def lacked(claim: Claim, readings: Sequence[Reading]) -> tuple[str, ...]:
    """The names, figures and dates of a sentence that none of the paragraphs read for it has.

    What stands beside a part of the name that is there only completes it: "Betancourt Roa".
    """
    if not readings:
        return ()
    pairs = list(zip(claim.facts, map(_best, zip(*(r.supports for r in readings), strict=True)), strict=True))
    named = {
        at
        for fact, support in pairs
        if (fact.sort is Sort.NAME or fact.forename) and support.share > 0
        for at in fact.at
    }
    return tuple(
        fact.text
        for fact, support in pairs
        if support.share == 0
        and fact.sort is not Sort.WORD
        and not (fact.sort is Sort.NAME and named.intersection({fact.at[0] - 1, fact.at[-1] + 1}))
    )


def is_invented(claim: Claim, judgement: Judgement) -> bool:
    """Whether so many words in a row are nowhere in the paragraph that they say something of their own."""
    if judgement.reading is None:
        return False
    return _longest_gap(list(zip(claim.facts, judgement.reading.supports, strict=True)), 0.0) >= _GAP


def _is_number_conflict(judgement: Judgement) -> bool:
    # A number that one paragraph has otherwise may be the other paragraph's.
    reading = judgement.reading
    return reading is not None and any(s.conflict == judgement.reason for s in reading.supports)


def _best(supports: Sequence[Support]) -> Support:
    return max(supports, key=lambda support: (support.share, not support.context, support.conflict is None))


def _judge_verbatim(claim: Claim, cited: Cited) -> Judgement | None:
    """The whole sentence stands in the paragraph as one run; of several places the best counts."""
    needle = fold(claim.text).text.strip(_EDGE)
    first: Judgement | None = None
    found = cited.folded.find(needle)
    while found is not None:
        judged = _judge_place(cited, *found)
        if judged.verdict is Verdict.SUPPORTED:
            return judged
        first = first or judged
        found = cited.folded.find(needle, found[0] + 1)
    return first


def _judge_place(cited: Cited, start: int, end: int) -> Judgement:
    """What the clause before a run of the folded text makes of it."""
    span = cited.folded.span(start, end)
    before = re.split(r"[.;!?]", cited.folded.text[:start])[-1].rstrip(" ,'")
    if _DENIED_BEFORE.search(before):
        reason = f'the paragraph takes this back: "...{before[-60:]}"'
        return Judgement(Verdict.CONTRADICTED, reason, span)
    if _SUPPOSED_BEFORE.search(before):
        return Judgement(Verdict.PARTIAL, f'the paragraph only supposes this: "...{before[-60:]}"', span)
    return Judgement(Verdict.SUPPORTED, "the sentence stands in the paragraph word for word", span)


def object_to(claim: Claim, cited: Cited, reading: Reading, alignment: Alignment) -> Finding:
    """The gravest objection to a sentence, or that there is none."""
    weighed = _weigh(claim, reading.supports, reading.coverage)
    if weighed.verdict in {Verdict.CONTRADICTED, Verdict.NOT_FOUND}:
        conflict = next((s.span for s in reading.supports if s.conflict == weighed.reason), None)
        return replace(weighed, span=conflict)
    polarity = check_polarity(claim, cited, reading.window)
    if polarity is not None:
        return replace(polarity, ground=Ground.NEGATION)
    opposite = check_opposite(claim, cited, reading.window)
    if opposite is not None:
        return opposite
    change = check_changes(claim, cited, alignment, reading.supports)
    if change is not None:
        return replace(change, ground=Ground.CHANGE)
    speaker = check_speaker(claim, cited, reading.window)
    if speaker is not None:
        return speaker if speaker.ground is Ground.MISSING else replace(speaker, ground=Ground.SPEAKER)
    if weighed.verdict is Verdict.SUPPORTED:
        strength = check_strength(claim, cited, reading.window)
        return weighed if strength is None else replace(strength, ground=Ground.STRENGTH)
    return weighed


def _weigh(claim: Claim, supports: Sequence[Support], coverage: float) -> Finding:
    pairs = list(zip(claim.facts, supports, strict=True))
    if not pairs:
        return Finding(Verdict.PARTIAL, "the sentence says nothing that could be checked")
    related = coverage >= _RELATED_COVERAGE
    for fact, support in pairs:
        if fact.sort is Sort.QUOTATION and support.share == 0:
            because = f": {support.conflict}" if support.conflict else ""
            reason = f'the quotation "{_short(fact.text)}" is not in the paragraph{because}'
            return Finding(Verdict.NOT_FOUND, reason, ground=Ground.QUOTATION)
    for _, support in pairs:
        if support.conflict and support.share == 0 and related:
            return Finding(Verdict.CONTRADICTED, support.conflict, ground=Ground.NUMBER)
    missing = [fact for fact, support in pairs if support.share == 0]
    firm = [fact for fact in missing if fact.sort is not Sort.WORD]
    if not any(s.share > 0 and not s.context for _, s in pairs):
        return Finding(Verdict.NOT_FOUND, "the paragraph has hardly a word of what the sentence says")
    if firm and related:
        named = _list(fact.text for fact in firm)
        return Finding(Verdict.PARTIAL, f"not in the paragraph: {named}", ground=Ground.MISSING)
    lost = _list(fact.text for fact in missing)
    if not related:
        ground = Ground.MISSING if firm else Ground.WORDS
        return Finding(Verdict.NOT_FOUND, f"the paragraph does not say this; it lacks: {lost}", ground=ground)
    if coverage < _SUPPORTED_COVERAGE or _longest_gap(pairs) >= _GAP:
        return Finding(Verdict.PARTIAL, f"only part of this is in the paragraph; it lacks: {lost}")
    return Finding(Verdict.SUPPORTED, "its facts and most of its words are in the paragraph")


def _longest_gap(pairs: Sequence[tuple[Fact, Support]], share: float = OTHER_UNIT_SHARE) -> int:
    """The longest run of facts, in the sentence's order, of which no more than `share` is borne out."""
    longest = run = 0
    for fact, support in sorted(pairs, key=lambda pair: pair[0].at):
        if fact.weight >= 1:
            run = run + 1 if support.share <= share else 0
            longest = max(longest, run)
    return longest


def _list(texts: object) -> str:
    assert hasattr(texts, "__iter__")
    unique = list(dict.fromkeys(str(text) for text in texts))
    return ", ".join(unique[:5]) + (" and more" if len(unique) > 5 else "")


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
