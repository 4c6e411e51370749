"""Cables that give different figures or dates for the same thing, found so that both can be shown.

A question that asks for a figure or a date is answered from one cable; here the other paragraphs found are
read for a figure of the same kind, of the same thing, that does not agree. It is found by rule, from what is
counted, the names in the question, and the words around both figures; where a cable gives both figures
and sets them against each other ("31, not 34"), that alone is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.answering.figures import Figure, asked_figures, asks_for_a_figure, sentence_of, stems_of
from rag.answering.years import are_far_apart, is_of_its_months, is_of_its_years, name_one_time
from rag.text.dates import dates_of
from rag.text.words import is_capitals, words_of
from rag.types import Citation, Dispute, DisputeSide, Hit, Passage, Span
from rag.verifying.checks.quantities import Measure, agrees, quantities_of

# Between two figures: one is set against the other.
_AGAINST = re.compile(
    r"\b(?:not|instead of|rather than|as against|contrary to|wrongly|earlier (?:count|figure|report)"
    r"|correct(?:s|ed|ion)?|revised|in error|mistaken(?:ly)?|misstated)\b",
    re.IGNORECASE,
)
# A question for several figures is answered by figures that differ: "by spring, and in the end".
_ASKS_SEVERAL = re.compile(
    r"\band,? (?:\w+ )?(?:what|which|who|whom|when|where|why|how)\b|\brespectively\b|\bcompare\b"
    r"|\bfrom .{3,40} to\b",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"[\d.,\s]+|\b(?:thousand|million|billion|mn|bn)\b")
# Of the question's words that the answering cable has, the other must have this share, and a smaller one
# where it sets the figures against each other itself; around the two figures so many words must be the
# same, beside what is counted.
_COVERAGE = 0.75
_COVERAGE_AGAINST = 0.5
_COMMON_WORDS = 2


def dispute_of(question: str, cited: Sequence[Citation], passages: Sequence[Passage]) -> Dispute | None:
    """The figures that cables set against each other for what `question` asks, else None.

    `cited` are the citations of the answer; the first one whose figure another cable disputes counts.
    """
    if not asks_for_a_figure(question):
        return None
    for citation in cited:
        source = next((p for p in passages if p.hit.paragraph == citation.paragraph), None)
        if source is None:
            continue
        for figure in asked_figures(question, source.text, Span(citation.char_start, citation.char_end)):
            sides = list(_other_sides(question, source, figure, passages))
            if sides:
                return Dispute((_side(source, figure), *sides))
    return None


def _other_sides(
    question: str, source: Passage, figure: Figure, passages: Sequence[Passage]
) -> Iterator[DisputeSide]:
    """One side for every other cable that gives another figure, the earliest sent first."""
    sides: dict[str, tuple[Passage, Figure]] = {}
    for other in passages:
        cable_id = other.hit.paragraph.cable_id
        if cable_id == source.hit.paragraph.cable_id or cable_id in sides:
            continue
        shared = _shared(question, source.hit, other.hit)
        if shared < _COVERAGE_AGAINST:
            continue
        if not is_of_its_months(question, other.hit):
            # A later count of the same thing is no contradiction, unless the cable says that it is one.
            shared = _COVERAGE_AGAINST
        whole = Span(0, len(other.text))
        for found in asked_figures(question, other.text, whole):
            alike = shared
            if are_far_apart(source.hit, other.hit) and _may_have_grown(source, figure, other, found):
                alike = min(shared, _COVERAGE_AGAINST)
            if _disagree(question, source.text, figure, other.text, found, alike):
                sides[cable_id] = (other, found)
                break
    for other, found in sorted(sides.values(), key=lambda side: str(side[0].hit.header.date_from)):
        yield _side(other, found)


def _disagree(
    question: str, text: str, figure: Figure, other_text: str, other: Figure, shared: float
) -> bool:
    """Whether two figures of one kind are said of the same thing and cannot both be right."""
    if not _differ(figure, other):
        return False
    said, said_there = sentence_of(text, figure), sentence_of(other_text, other)
    mentions = _mentions(said_there, figure)
    if mentions or _mentions(said, other):
        # One sentence has both: a dispute where it sets them against each other, else two things.
        return _AGAINST.search(said_there if mentions else said) is not None
    if _mentions(other_text, figure) or _mentions(text, other):
        return False
    if _ASKS_SEVERAL.search(question) or shared < _COVERAGE:
        return False
    # The day on which it ended and the one on which it opened are of two events.
    if figure.date and _events(question, said) != _events(question, said_there):
        return False
    common = stems_of(said) & stems_of(said_there)
    return len(common - figure.units - other.units) >= _COMMON_WORDS


def _events(question: str, sentence: str) -> frozenset[str]:
    """Those words of the question beside its names that a sentence has, also within another: "reopened"."""
    said = stems_of(sentence)
    asked = stems_of(_undated(question)) - _names(question)
    return frozenset(word for word in asked if any(word in other for other in said))


def _may_have_grown(source: Passage, figure: Figure, other: Passage, found: Figure) -> bool:
    """Whether a figure told months apart may tell of two times: neither sentence names the other's.

    What happened on one day or in one year is the same thing whenever it is told, and a date does not grow.
    """
    if figure.quantity is None:
        return False
    return not name_one_time(sentence_of(source.text, figure), sentence_of(other.text, found))


def _differ(figure: Figure, other: Figure) -> bool:
    if figure.quantity and other.quantity:
        left, right = figure.quantity, other.quantity
        if left.measure is not right.measure or agrees(left, right) or agrees(right, left):
            return False
        if left.measure is Measure.COUNT:
            return not (figure.units and other.units) or bool(figure.units & other.units)
        return _currency(left.text) == _currency(right.text)
    if figure.date and other.date:
        one, two = figure.date, other.date
        if (one.day is None) != (two.day is None):
            return False
        years_differ = one.year is not None and two.year is not None and one.year != two.year
        return years_differ or (one.month, one.day) != (two.month, two.day)
    return False


def _mentions(text: str, figure: Figure) -> bool:
    """Whether `text` has the figure as well."""
    if figure.quantity is not None:
        same = (q for q in quantities_of(text) if q.measure is figure.quantity.measure)
        return any(q.value == figure.quantity.value for q in same)
    day = figure.date
    return day is not None and any((d.month, d.day) == (day.month, day.day) for d in dates_of(text))


def _shared(question: str, source: Hit, other: Hit) -> float:
    """How far the other cable speaks of what the question asks: the share of its words, 0 where not at all.

    It must have every name of the question, and be of its years or speak of them.
    """
    there = _known(other)
    if not _names(question) <= there:
        return 0.0
    if not is_of_its_years(question, other):
        return 0.0
    here = stems_of(_undated(question)) & _known(source)
    return len(here & there) / len(here) if here else 0.0


def _names(question: str) -> frozenset[str]:
    """Stems of the capitalised words of a question, but for its first and those of its dates."""
    if is_capitals(question):
        return frozenset()
    words = words_of(_undated(question))
    return frozenset(w.stem for w in words[1:] if w.capital and w.content and not w.number)


def _undated(question: str) -> str:
    for mention in reversed(dates_of(question)):
        question = question[: mention.start] + question[mention.end :]
    return question


def _known(hit: Hit) -> frozenset[str]:
    header, paragraph = hit.header, hit.paragraph
    parts = (paragraph.text, paragraph.heading, header.subject, header.origin)
    return frozenset().union(*(stems_of(part) for part in parts if part))


def _currency(text: str) -> str:
    return _SIGNS.sub("", text.lower()).strip()


def _side(passage: Passage, figure: Figure) -> DisputeSide:
    return DisputeSide(passage.number, figure.text, figure.sentence.start, figure.sentence.end)
