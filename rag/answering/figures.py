"""The figures and dates that a text gives for what a question asks, each with its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text.citations import split_sentences
from rag.text.dates import DateMention, dates_of
from rag.text.words import words_of
from rag.types import Span
from rag.verifying.checks.quantities import Measure, Quantity, quantities_of

_ASKS_FIGURE = re.compile(
    r"\bhow (?:many|much|long|old|far|large|big|great|high|deep|tall|heavy|fast|wide)\b"
    r"|\b(?:what|which)\b.{0,40}\b(?:number|share|percentage|proportion|sum|amount|price|cost|figure|total|toll"
    r"|tonnage|size|count|rate|value|length|weight|depth|height)\b"
    r"|\bnumber of\b",
    re.IGNORECASE,
)
_ASKS_DATE = re.compile(r"\bwhen\b|\b(?:what|which) (?:date|day|month|year)\b", re.IGNORECASE)
_MONEY = re.compile(r"\b(?:how much|cost|price|worth|pay|paid|sum|amount|value|budget|fine)\b", re.IGNORECASE)
_SHARE = re.compile(r"\b(?:share|percent(?:age)?|proportion|rate|how much)\b", re.IGNORECASE)
_COUNTED = re.compile(r"\b(?:how many|number of|count of|total of)\s+((?:\S+\s+){0,2}\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure or date with the sentence that it stands in."""

    text: str
    sentence: Span
    quantity: Quantity | None = None
    date: DateMention | None = None

    @property
    def units(self) -> frozenset[str]:
        return frozenset(self.quantity.units) if self.quantity else frozenset()


def asks_for_a_figure(question: str) -> bool:
    """Whether a question asks for a figure or a date."""
    return bool(_ASKS_FIGURE.search(question) or _ASKS_DATE.search(question))


def asked_figures(question: str, text: str, within: Span) -> Iterator[Figure]:
    """The figures in a part of `text` that are of the kind that the question asks for."""
    sentences = split_sentences(text)

    def sentence_at(place: int) -> Span:
        return next((s for s in sentences if s.start <= place < s.end), Span(0, len(text)))

    if _ASKS_FIGURE.search(question):
        asked = stems_of(question)
        things = frozenset().union(*(stems_of(match[1]) for match in _COUNTED.finditer(question)))
        days = dates_of(text)
        for quantity in quantities_of(text):
            if not within.start <= quantity.start < within.end:
                continue
            if any(day.start <= quantity.start < day.end for day in days):
                continue
            # "The count of lost containers is 41": what is counted may stand elsewhere in the sentence.
            sentence = sentence_at(quantity.start)
            near = quantity.units or things & stems_of(text[sentence.start : sentence.end])
            counted = quantity.measure is Measure.COUNT and asked.intersection(near)
            paid = quantity.measure is Measure.MONEY and _MONEY.search(question)
            shared = quantity.measure is Measure.PERCENT and _SHARE.search(question)
            if counted or paid or shared:
                yield Figure(quantity.text, sentence_at(quantity.start), quantity=quantity)
    if _ASKS_DATE.search(question):
        for mention in dates_of(text):
            if within.start <= mention.start < within.end and mention.month is not None:
                yield Figure(mention.text, sentence_at(mention.start), date=mention)


def stems_of(text: str) -> frozenset[str]:
    return frozenset(word.stem for word in words_of(text) if word.content and not word.number)


def sentence_of(text: str, figure: Figure) -> str:
    return text[figure.sentence.start : figure.sentence.end]
