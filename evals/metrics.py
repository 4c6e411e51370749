"""The metrics, each a pure function. None is "unscored": there is nothing to judge, which is not a zero.

Names and definitions are the contract's. Ranks are 1-based; shares lie between 0 and 1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

ABSTAINED = "not_in_corpus"
SUPPORTED = "supported"


def hit_at(ranked: Sequence[Key], relevant: Collection[Key], k: int) -> float | None:
    """1 when any relevant item is among the first `k`. ``hit_at([a, b], {b}, 1) -> 0.0``"""
    if not relevant:
        return None
    return float(any(item in relevant for item in ranked[:k]))


def recall_at(ranked: Sequence[Key], gold: Collection[Key], k: int) -> float | None:
    """Share of gold items among the first `k`. ``recall_at([a, b], {b, c}, 2) -> 0.5``"""
    if not gold:
        return None
    return len(set(ranked[:k]) & set(gold)) / len(set(gold))


def reciprocal_rank(ranked: Sequence[Key], relevant: Collection[Key], k: int = 10) -> float | None:
    """1 / rank of the first relevant item within `k`, else 0. ``reciprocal_rank([a, b], {b}) -> 0.5``"""
    if not relevant:
        return None
    return next((1 / rank for rank, item in enumerate(ranked[:k], start=1) if item in relevant), 0.0)


def share(judgements: Iterable[bool]) -> float | None:
    """Share of true ones; None where there are none. ``share([True, False]) -> 0.5``"""
    values = list(judgements)
    return sum(values) / len(values) if values else None


def citation_validity(
    cited: Collection[Key], existing: Collection[Key], retrieved: Collection[Key]
) -> float | None:
    """Share of cited paragraphs that exist in the collection and were retrieved in this turn."""
    return share(key in existing and key in retrieved for key in cited)


def quote_fidelity(quotes: Iterable[tuple[str, str | None, int, int]]) -> float | None:
    """Share of (quote, stored paragraph text, start, end) where the quote is those characters of the text.

    An empty quotation, or one of a paragraph that does not exist, is unfaithful.
    """
    return share(
        bool(quote) and text is not None and start >= 0 and text[start:end] == quote
        for quote, text, start, end in quotes
    )


def citation_precision(cited: Collection[Key], accepted: Collection[Key]) -> float | None:
    """Share of distinct cited paragraphs that are in gold or also; unscored when nothing is cited."""
    distinct = set(cited)
    return len(distinct & set(accepted)) / len(distinct) if distinct else None


def citation_recall(cited: Collection[Key], gold: Collection[Key], *, abstained: bool) -> float | None:
    """Share of gold that is cited; 0 when the answer abstained."""
    if not gold:
        return None
    return 0.0 if abstained else len(set(cited) & set(gold)) / len(set(gold))


def key_facts(text: str, facts: Sequence[Sequence[str]], *, abstained: bool) -> float | None:
    """Share of facts of which a variant stands in `text` at word boundaries; 0 when the answer abstained.

    ``key_facts("It cost 2,400 dollars.", [["400"], ["2,400", "2400"]], abstained=False) -> 0.5``
    """
    if not facts:
        return None
    if abstained:
        return 0.0
    folded = fold(text)
    return share(any(contains(folded, fold(variant)) for variant in fact) for fact in facts)


def fold(text: str) -> str:
    """Case, compatibility forms, curly quotation marks, dashes and runs of blanks made alike."""
    plain = unicodedata.normalize("NFKC", text).translate(_ALIKE).casefold()
    return " ".join(plain.split())


_ALIKE = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "–": "-", "—": "-"})


def contains(text: str, phrase: str) -> bool:
    """Whether `phrase` stands in `text` at word boundaries; a number is one word ("400" not in "2,400")."""
    before = r"(?<![\w])(?<!\d[.,])" if phrase[:1].isdigit() else r"(?<![\w])"
    after = r"(?![\w])(?![.,]\d)" if phrase[-1:].isdigit() else r"(?![\w])"
    # A phrase that begins or ends with a sign ("$24,000", "70%") has its boundary in the sign itself.
    before = before if phrase[:1].isalnum() else ""
    after = after if phrase[-1:].isalnum() else ""
    return re.search(before + re.escape(phrase) + after, text) is not None


def abstention_error(outcome: str, *, answerable: bool) -> float | None:
    """1 when an answerable question was abstained from; unanswerable ones are not judged."""
    return float(outcome == ABSTAINED) if answerable else None


def abstention_hallucination(outcome: str, *, answerable: bool) -> float | None:
    """1 when an unanswerable question was answered; answerable ones are not judged."""
    return None if answerable else float(outcome != ABSTAINED)


def sentence_supported(verdicts: Collection[str]) -> float | None:
    """Share of the answer's sentences that the verifier found supported: self-graded."""
    return share(verdict == SUPPORTED for verdict in verdicts)


def premise_corrected(outcome: str, *, gold_cited: bool, denied: bool | None) -> float | None:
    """1 when a false premise was answered, with gold cited, and the premise found denied.

    `denied` is the finding of a person or the verifier; None where neither has judged.
    """
    if outcome == ABSTAINED or not gold_cited:
        return 0.0
    return None if denied is None else float(denied)


def premise_accepted(outcome: str, text: str, truth: Sequence[Sequence[str]]) -> float:
    """1 when a wrong premise was answered without saying what is true.

    ``premise_accepted("answered", "In 1987 it was 12.", [["2005"]]) -> 1.0``
    """
    if outcome == ABSTAINED:
        return 0.0
    return float(key_facts(text, truth, abstained=False) != 1.0)


def length_words(text: str) -> float:
    """Words of an answer, counted between blanks."""
    return float(len(text.split()))
