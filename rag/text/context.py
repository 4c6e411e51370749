"""What a paragraph leaves unsaid, in a line that the project's own networks read before it."""

from __future__ import annotations

from rag.types import CableHeader, DatePrecision, Kind, Paragraph


def context_line(header: CableHeader, paragraph: Paragraph, *, with_day: bool) -> str:
    """Who reported, when, about what: what a question asks for and a sentence about a paragraph names.

    The networks were trained on it as it is here, the reader without the day. Example, without:
    ``"Embassy Tallinn. April 2007. HARBOR FEES RISE. comment"``.
    """
    when = None
    if header.date_from is not None:
        exact = {DatePrecision.YEAR: "%Y", DatePrecision.MONTH: "%B %Y"}
        when = header.date_from.strftime(
            exact.get(header.date_precision, "%d %B %Y" if with_day else "%B %Y")
        )
    parts = [header.origin, when, header.subject, paragraph.heading]
    if paragraph.kind in (Kind.COMMENT, Kind.SUMMARY):
        parts.append(paragraph.kind.value)
    return ". ".join(part for part in parts if part)
