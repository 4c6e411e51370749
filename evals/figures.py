"""What the pages say of each metric, in which order, and how its values are written."""

from __future__ import annotations

from datetime import datetime

from evals.report import ANSWER_LENGTH, LATENCIES

BY_TYPE = (
    "retrieval.hit@1",
    "retrieval.hit@5",
    "citation.precision",
    "citation.recall",
    "answer.key_facts",
    "abstention.error",
    "abstention.hallucination",
)
BY_FAMILY = (
    "retrieval.hit@1",
    "retrieval.hit@10",
    "citation.recall",
    "abstention.error",
    "abstention.hallucination",
    "premise.accepted",
    "consistency.same_answer",
)
GROUPS = (
    ("Finding the paragraph", "retrieval."),
    ("Citing it", "citation."),
    ("Quoting it", "quote."),
    ("Answering", "answer."),
    ("Knowing when not to", "abstention."),
    ("Bearing it out, by its own verifier", "sentence."),
    ("Bearing it out, by its own verifier", "alce."),
    ("Premises and sameness", "premise."),
    ("Premises and sameness", "consistency."),
    ("Time", "latency."),
)
MEANING = {
    "retrieval.hit@1": "a gold or equivalent paragraph is the first piece of evidence",
    "retrieval.hit@3": "… among the first 3",
    "retrieval.hit@5": "… among the first 5",
    "retrieval.hit@10": "… among the first 10",
    "retrieval.recall@5": "share of the gold paragraphs among the first 5",
    "retrieval.recall@10": "share of the gold paragraphs among the first 10",
    "retrieval.mrr@10": "1 / rank of the first gold or equivalent paragraph",
    "citation.validity": "the cited paragraph exists and was retrieved; must be 1",
    "quote.fidelity": "the quotation is those characters of the stored paragraph; must be 1",
    "citation.precision": "cited paragraphs that are gold or equivalent",
    "citation.recall": "gold paragraphs that are cited",
    "answer.key_facts": "facts of the reference answer found in the answer",
    ANSWER_LENGTH: "words of an answer, median",
    "abstention.error": "abstained although the collection answers it",
    "abstention.hallucination": "answered although the collection does not",
    "sentence.supported": "sentences that the product's own verifier finds supported",
    "premise.corrected": "false premises denied with the gold paragraph cited",
    "premise.accepted": "wrong premises answered as if they were true",
    "alce.citation_recall": "sentences that all they cite together bears out",
    "alce.citation_precision": "citations that their sentence needs to be borne out",
    "consistency.same_answer": "variants answered like the question itself: outcome and cited paragraphs",
    "latency.p50_ms": "half of the questions are answered within",
    "latency.p95_ms": "19 of 20 questions are answered within",
}


def figure(value: float | None, name: str) -> str:
    """A value as the page shows it: three decimals for a share, a unit for a time."""
    if value is None:
        return "—"
    if name in LATENCIES:
        return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.3g} ms"
    return f"{value:.0f}" if name == ANSWER_LENGTH else f"{value:.3f}"


def moment(written: str) -> str:
    """``"2026-11-25T07:50:33+00:00" -> "25 November 2026, 07:50 UTC"``"""
    at = datetime.fromisoformat(written)
    return f"{at.day} {at:%B %Y, %H:%M %Z}"


def signed(value: float) -> str:
    """A difference with its sign: ``-0.0421 -> "−0.042"``, and no sign on what rounds to nothing."""
    written = f"{value:+.3f}".replace("-", "−")
    return "0.000" if written[1:] == "0.000" else written
