"""Verification: whether the paragraph that a sentence cites bears it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from rag.text.leads import without_lead
from rag.types import CitationCheck, DraftSentence, Passage, Quote, SentenceCheck, Span, Verdict
from rag.verifying.checks.cited import cite
from rag.verifying.checks.claim import Claim, claim_of
from rag.verifying.checks.judgement import Judgement, judge, judge_together, lacked

# How grave a citation's verdict is: the first that is met names the sentence's, where no citation suffices.
_GRAVITY = (Verdict.CONTRADICTED, Verdict.MISATTRIBUTED, Verdict.PARTIAL, Verdict.NOT_FOUND)
# So many other passages of the turn are searched for words that are not where the citation says.
_ELSEWHERE_LIMIT = 20


class Verifier(Protocol):
    """Judges one sentence against the passages that were retrieved in this turn."""

    name: str

    def check(self, sentence: DraftSentence, passages: Mapping[int, Passage]) -> SentenceCheck:
        """The sentence's verdict with one `CitationCheck` per quote, in their order; never raises."""
        ...


class DeterministicVerifier:
    """Checks by rule alone: the paragraph exists in this turn, the quotation and every fact are in it.

    In order: turn ledger, quotations, numbers, dates, names, negation, exchanged words, speaker, strength,
    and the share of the sentence's words that the paragraph bears out.
    """

    name = "deterministic-3"

    def check(self, sentence: DraftSentence, passages: Mapping[int, Passage]) -> SentenceCheck:
        if not sentence.quotes:
            return without_citation(sentence)
        claim = claim_in(sentence, passages)
        judgements = [judge_quote(claim, quote, passages) for quote in sentence.quotes]
        return conclude(sentence, claim, judgements, passages, judge_together)


def claim_in(sentence: DraftSentence, passages: Mapping[int, Passage]) -> Claim:
    """What a sentence claims, beside the post and date that it gives for what it cites."""
    cited = (passages.get(quote.passage) for quote in sentence.quotes)
    return claim_of(without_lead(sentence.text, (passage for passage in cited if passage is not None)))


# From judgements that do not suffice alone to the verdict on all they cite.
Together = Callable[[Claim, Sequence[Judgement]], Judgement]


def without_citation(sentence: DraftSentence) -> SentenceCheck:
    """The verdict on a sentence that cites nothing of this turn."""
    if sentence.unknown_markers:
        reason = f"cites {', '.join(sentence.unknown_markers)}, which was not retrieved in this turn"
        return SentenceCheck(Verdict.NOT_FOUND, reason, ())
    return SentenceCheck(Verdict.UNCITED, "the sentence cites nothing", ())


def conclude(
    sentence: DraftSentence,
    claim: Claim,
    judgements: Sequence[Judgement],
    passages: Mapping[int, Passage],
    together: Together,
) -> SentenceCheck:
    """From the judgements on each citation, in the order of the quotes, to the verdict on the sentence."""
    verdict, reason = _verdict(sentence, claim, judgements, passages, together)
    if len(judgements) == 1 and verdict is Verdict.NOT_FOUND:
        judgements = [replace(judgements[0], verdict=verdict, reason=reason)]
    checks = tuple(
        CitationCheck(quote.passage, j.span.start, j.span.end, j.verdict, j.reason)
        for quote, j in zip(sentence.quotes, judgements, strict=True)
    )
    if sentence.unknown_markers and verdict is Verdict.SUPPORTED:
        reason = f"{reason}; {', '.join(sentence.unknown_markers)} was not retrieved in this turn"
    return SentenceCheck(verdict, reason, checks)


def _verdict(
    sentence: DraftSentence,
    claim: Claim,
    judgements: Sequence[Judgement],
    passages: Mapping[int, Passage],
    together: Together,
) -> tuple[Verdict, str]:
    for judgement in judgements:
        if judgement.verdict is Verdict.SUPPORTED:
            return judgement.verdict, judgement.reason
    readable = [j for j in judgements if j.reading is not None]
    joined = together(claim, readable) if len(readable) > 1 else None
    if joined is not None and joined.verdict is Verdict.SUPPORTED:
        return Verdict.SUPPORTED, "its facts and most of its words are in the cited paragraphs together"
    verdict = next(v for v in _GRAVITY if any(j.verdict is v for j in judgements))
    reason = next(j.reason for j in judgements if j.verdict is verdict)
    if verdict is Verdict.PARTIAL:
        # What is shown as supported in part must not say more than a reader can find.
        lacking = lacked(claim, [j.reading for j in judgements if j.reading is not None])
        if lacking:
            verdict, reason = Verdict.NOT_FOUND, f"not in what is cited: {', '.join(dict.fromkeys(lacking))}"
        elif joined is not None and joined.verdict is Verdict.NOT_FOUND:
            verdict, reason = joined.verdict, joined.reason
    elsewhere = _find_elsewhere(claim, sentence, passages)
    if verdict in {Verdict.NOT_FOUND, Verdict.PARTIAL} and readable and elsewhere is not None:
        where = elsewhere.hit.paragraph.citation
        reason = f"stands in passage [{elsewhere.number}], {where}, not in what is cited"
        return Verdict.MISATTRIBUTED, reason
    return verdict, reason


def judge_quote(claim: Claim, quote: Quote, passages: Mapping[int, Passage]) -> Judgement:
    """The judgement by rule on one citation of a sentence."""
    passage = passages.get(quote.passage)
    if passage is None:
        reason = f"passage [{quote.passage}] was not retrieved in this turn"
        return Judgement(Verdict.NOT_FOUND, reason, Span(0, 0))
    length = len(passage.text)
    start = 0 if quote.start is None else quote.start
    end = length if quote.end is None else quote.end
    if not 0 <= start < end <= length:
        reason = f"characters {start} to {end} do not exist in {passage.hit.paragraph.citation}"
        return Judgement(Verdict.NOT_FOUND, reason, Span(0, 0))
    judgement = judge(claim, cite(passage.hit.paragraph, passage.hit.header))
    given = quote.start is not None or quote.end is not None
    if given and start < judgement.span.end and judgement.span.start < end:
        return replace(judgement, span=Span(start, end))
    return judgement


def _find_elsewhere(claim: Claim, sentence: DraftSentence, passages: Mapping[int, Passage]) -> Passage | None:
    cited = {quote.passage for quote in sentence.quotes}
    others = [passage for number, passage in passages.items() if number not in cited]
    for passage in others[:_ELSEWHERE_LIMIT]:
        if judge(claim, cite(passage.hit.paragraph, passage.hit.header)).verdict is Verdict.SUPPORTED:
            return passage
    return None
