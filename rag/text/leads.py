"""Leads: what a quotation is set under, so that a reader knows at once who says it and when."""

from __future__ import annotations

from collections.abc import Iterable

from rag.types import CableHeader, DatePrecision, Passage


def by_post_and_date(header: CableHeader) -> str:
    """Who said it and when: "Embassy Tallinn, 2007-02-16"; the cable where its post is not known."""
    sent = header.date_from
    exact = header.date_precision in {DatePrecision.MINUTE, DatePrecision.DAY}
    day = None if sent is None else sent.isoformat() if exact else str(sent.year)
    return ", ".join(part for part in (header.origin or header.cable_id, day) if part)


def lead_to(passage: Passage) -> str:
    """Example: "Embassy Tallinn, 2007-02-16, ¶4"."""
    return f"{by_post_and_date(passage.hit.header)}, ¶{passage.hit.paragraph.label}"


def without_lead(sentence: str, cited: Iterable[Passage]) -> str:
    """A sentence without the lead to one of the passages that it cites; one to another is left to be judged.

    Example: "Embassy Tallinn, 2007-02-16: “Fees rose.”" -> "“Fees rose.”".
    """
    for passage in cited:
        for lead in (lead_to(passage), by_post_and_date(passage.hit.header)):
            if sentence.startswith(f"{lead}: "):
                return sentence[len(lead) + 2 :]
    return sentence
