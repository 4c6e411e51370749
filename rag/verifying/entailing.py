"""The verifier with a second reader: rules first, then a model for what rules cannot tell.

The model is asked only where a sentence has words of its own and no quotation, number, date, name or
negation has failed: there it can turn away what the rules let pass and let pass what they turned away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag.types import DraftSentence, Passage, SentenceCheck, Span, Verdict
from rag.verifying.checks.claim import Claim, Sort
from rag.verifying.checks.finding import Ground
from rag.verifying.checks.judgement import Judgement, is_invented, judge_together
from rag.verifying.entailment import Entailed, Entailment, Pair, context_of
from rag.verifying.verify import DeterministicVerifier, claim_in, conclude, judge_quote, without_citation
from rag.verifying.weighing import Weigher, features_of

# A negation is taken for changed only in words so close to the paragraph's; in freer ones the model tells.
_CLOSE_NEGATION = 0.5
# A sentence of which less is in the paragraph is about something else.
_UNRELATED_COVERAGE = 0.1
_FIRM = frozenset({Ground.QUOTATION, Ground.NUMBER, Ground.MISSING, Ground.CHANGE, Ground.OPPOSITE})
_IN_OTHER_WORDS = "the paragraph says this in other words"


def is_open(claim: Claim, judgement: Judgement) -> bool:
    """Whether the rules leave it to the model."""
    reading = judgement.reading
    if reading is None or judgement.ground in _FIRM:
        return False
    if judgement.verdict is Verdict.SUPPORTED:
        return judgement.own_words
    # In capitals the rules cannot tell a name from a word, and so not whether a name has failed.
    if claim.capitals:
        return False
    if any(
        fact.sort is not Sort.WORD and s.share == 0
        for fact, s in zip(claim.facts, reading.supports, strict=True)
    ):
        return False
    if judgement.ground is Ground.NEGATION:
        return judgement.closeness < _CLOSE_NEGATION
    return reading.coverage >= _UNRELATED_COVERAGE


class EntailmentVerifier:
    """Rules, then an entailment model for what they leave open."""

    def __init__(self, entailment: Entailment, weigher: Weigher) -> None:
        self._entailment = entailment
        self._weigher = weigher
        self.name = f"{DeterministicVerifier.name}+{entailment.name}"

    def check(self, sentence: DraftSentence, passages: Mapping[int, Passage]) -> SentenceCheck:
        if not sentence.quotes:
            return without_citation(sentence)
        claim = claim_in(sentence, passages)
        judgements = [judge_quote(claim, quote, passages) for quote in sentence.quotes]
        if any(j.verdict is Verdict.SUPPORTED and not is_open(claim, j) for j in judgements):
            return conclude(sentence, claim, judgements, passages, judge_together)
        cited = [passages.get(quote.passage) for quote in sentence.quotes]
        pairs = {
            at: pair_of(sentence.text, [passage])
            for at, (judgement, passage) in enumerate(zip(judgements, cited, strict=True))
            if passage is not None and is_open(claim, judgement)
        }
        reviewed = list(judgements)
        if pairs:
            for at, entailed in zip(pairs, self._entailment.judge(list(pairs.values())), strict=True):
                alone = len(judgements) == 1
                reviewed[at] = self._review(claim, pairs[at], judgements[at], entailed, alone=alone)

        def together(claim: Claim, readable: Sequence[Judgement]) -> Judgement:
            # Of the rules' own judgements: what the model said of each paragraph is not of all of them.
            judged = judge_together(claim, [j for j in judgements if j.reading is not None])
            if not is_open(claim, judged):
                return judged
            pair = pair_of(sentence.text, [passage for passage in cited if passage is not None])
            return self._review(claim, pair, judged, self._entailment.judge([pair])[0], alone=True)

        return conclude(sentence, claim, reviewed, passages, together)

    def _review(
        self, claim: Claim, pair: Pair, judgement: Judgement, entailed: Entailed, *, alone: bool
    ) -> Judgement:
        """The judgement of the rules, turned over where the model is of another mind.

        `alone`: where nothing else is cited, what neither bears out is not shown, not even as partial.
        """
        probability = self._weigher.probability(features_of(pair, judgement, entailed))
        by_rules = judgement.verdict is Verdict.SUPPORTED
        invented = is_invented(claim, judgement)
        stands = self._weigher.supports(probability, by_rules=by_rules, invented=invented)
        if by_rules and stands:
            return judgement
        if stands:
            span = judgement.span
            if span.start == span.end:
                span = Span(0, len(pair.evidence))
            return replace(judgement, verdict=Verdict.SUPPORTED, reason=_IN_OTHER_WORDS, span=span)
        doubt = f'; most in doubt: "{entailed.words}"' if entailed.words else ""
        if by_rules:
            # What is far from borne out is not shown; what is nearly so is shown as partial.
            far = probability < self._weigher.keep / 2
            reason = f"what is cited has most of these words but does not bear the sentence out{doubt}"
            return replace(judgement, verdict=Verdict.NOT_FOUND if far else Verdict.PARTIAL, reason=reason)
        if judgement.verdict is Verdict.PARTIAL and alone:
            reason = f"{judgement.reason}; the paragraph does not bear the sentence out{doubt}"
            return replace(judgement, verdict=Verdict.NOT_FOUND, reason=reason)
        return judgement


def pair_of(sentence: str, passages: Sequence[Passage]) -> Pair:
    """A sentence with all that it cites."""
    contexts = dict.fromkeys(context_of(p.hit.header, p.hit.paragraph) for p in passages)
    return Pair(sentence, "; ".join(contexts), "\n".join(p.text for p in passages))
