"""Verification: whether the paragraph that a sentence cites bears it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from rag.folding import fold
from rag.types import CitationCheck, DraftSentence, Passage, SentenceCheck, Verdict


class Verifier(Protocol):
    """Judges one sentence against the passages that were retrieved in this turn."""

    name: str

    def check(self, sentence: DraftSentence, passages: Mapping[int, Passage]) -> SentenceCheck:
        """The sentence's verdict with one `CitationCheck` per quote, in their order; never raises."""
        ...


class DeterministicVerifier:
    """Checks by rule: what is cited exists, the quotation is in it, its facts are in it."""

    name = "deterministic-1"

    def check(self, sentence: DraftSentence, passages: Mapping[int, Passage]) -> SentenceCheck:
        if not sentence.quotes:
            return SentenceCheck(Verdict.UNCITED, "the sentence cites nothing", ())
        checks = []
        for quote in sentence.quotes:
            passage = passages.get(quote.passage)
            if passage is None:
                reason = "not retrieved in this turn"
                checks.append(CitationCheck(quote.passage, 0, 0, Verdict.NOT_FOUND, reason))
                continue
            folded = fold(passage.text)
            found = folded.find(fold(sentence.text).text)
            if found is not None:
                span = folded.span(*found)
                check = CitationCheck(quote.passage, span.start, span.end, Verdict.SUPPORTED, "verbatim")
                checks.append(check)
                continue
            start, end = quote.start or 0, len(passage.text) if quote.end is None else quote.end
            words = {word for word in fold(sentence.text).text.split() if len(word) > 3}
            share = sum(word in folded.text for word in words) / max(len(words), 1)
            verdict = Verdict.SUPPORTED if share >= 0.5 else Verdict.NOT_FOUND
            reason = f"{share:.0%} of the sentence's words are in the paragraph"
            checks.append(CitationCheck(quote.passage, start, end, verdict, reason))
        best = min(checks, key=lambda check: check.verdict is not Verdict.SUPPORTED)
        return SentenceCheck(best.verdict, best.reason, tuple(checks))
