"""The cited side of a check: a paragraph prepared once for all sentences that cite it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rag.text import lexicon
from rag.text.citations import split_sentences
from rag.text.dates import DateMention, dates_of, relative_dates
from rag.text.folding import Folded, fold
from rag.text.kept import KEPT_CITED
from rag.text.words import Word, classes_of, is_capitals, stem_of, words_of
from rag.types import CableHeader, DatePrecision, Kind, Paragraph, Span
from rag.verifying.checks.quantities import Quantity, quantities_of

# Words that name the cable itself; every cable is "the embassy's telegram".
_ALWAYS_KNOWN = "cable telegram message report embassy post paragraph document"
_ACRONYM = range(2, 8)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the cable beside the paragraph's words."""

    text: str = ""
    sent_from: date | None = None
    sent_to: date | None = None
    exact_day: bool = False
    label: str = ""
    comment: bool = False
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Cited:
    """A paragraph's words, numbers, dates and sentences, and where each stem stands in it."""

    text: str
    context: Context
    folded: Folded
    words: tuple[Word, ...]
    sentences: tuple[Span, ...]
    sentence_numbers: tuple[int, ...]
    places: dict[str, tuple[int, ...]]
    class_places: dict[int, tuple[int, ...]]
    context_stems: frozenset[str]
    context_classes: frozenset[int]
    quantities: tuple[Quantity, ...]
    dates: tuple[DateMention, ...]
    capitals: bool

    def positions(self, stem: str) -> tuple[int, ...]:
        """Where a word of the same form, or of the same meaning by list, stands; as word numbers."""
        exact = self.places.get(stem, ())
        if exact:
            return exact
        found: list[int] = []
        for number in classes_of(stem):
            found.extend(self.class_places.get(number, ()))
        return tuple(sorted(found))

    def knows(self, stem: str) -> bool:
        """Whether the cable's header (post, subject, id, heading) has the word."""
        return stem in self.context_stems or not self.context_classes.isdisjoint(classes_of(stem))


def cite(paragraph: Paragraph, header: CableHeader) -> Cited:
    """Prepare a paragraph with what its header makes known."""
    known = (
        header.origin,
        header.subject,
        header.cable_id,
        paragraph.heading,
        header.sender,
        header.signature,
    )
    context = Context(
        " ".join(part for part in known if part),
        header.date_from,
        header.date_to,
        header.date_precision in {DatePrecision.MINUTE, DatePrecision.DAY},
        paragraph.label,
        paragraph.kind is Kind.COMMENT,
        paragraph.kind is Kind.QUOTED_TEXT,
    )
    return prepare(paragraph.text, context)


@lru_cache(maxsize=KEPT_CITED)
def prepare(text: str, context: Context) -> Cited:
    """Prepare any text; the latest are kept, since the sentences of an answer share their passages."""
    words = words_of(text)
    sentences = tuple(split_sentences(text))
    starts = [span.start for span in sentences]
    numbers = tuple(max(0, bisect_right(starts, word.start) - 1) for word in words)
    capitals = is_capitals(text)
    places: dict[str, list[int]] = {}
    for at in range(len(words)):
        for stem in _stems_at(words, at, capitals, text):
            places.setdefault(stem, []).append(at)
    for stem, at in _acronyms(words):
        places.setdefault(stem, []).append(at)
    class_places: dict[int, list[int]] = {}
    for stem, found in places.items():
        for number in classes_of(stem):
            class_places.setdefault(number, []).extend(found)
    known = frozenset(
        word.stem for word in words_of(f"{_ALWAYS_KNOWN} {_spaced(context.text)}") if word.content
    )
    days = dates_of(text)
    sent = context.sent_from if context.exact_day else None
    return Cited(
        text,
        context,
        fold(text),
        words,
        sentences,
        numbers,
        {stem: tuple(found) for stem, found in places.items()},
        {number: tuple(found) for number, found in class_places.items()},
        known,
        frozenset(number for stem in known for number in classes_of(stem)),
        tuple(
            q for q in quantities_of(text) if not any(d.month and d.start <= q.start < d.end for d in days)
        ),
        days + relative_dates(text, sent),
        capitals,
    )


def _spaced(text: str) -> str:
    # "09ASTANA1206" makes "Astana" known.
    return re.sub(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)", " ", text)


def _stems_at(words: tuple[Word, ...], at: int, capitals: bool, text: str) -> set[str]:
    word = words[at]
    stems = {word.stem}
    if at + 1 < len(words) and not word.number and not words[at + 1].number:
        stems.add(stem_of(word.base + words[at + 1].base))
    if capitals or not text[word.start : word.end].islower():
        for expansion in expansions_of(word.base):
            stems.update(expansion)
    return stems


@lru_cache(maxsize=4096)
def expansions_of(base: str) -> tuple[tuple[str, ...], ...]:
    """The stems of each expansion of an abbreviation; "GO" + letter is some country's government."""
    listed = [tuple(stem_of(w) for w in words) for words in lexicon.abbreviations().get(base, ())]
    if (
        len(base) in {3, 4}
        and base.startswith("go")
        and base not in {"goal", "goat", "gold", "golf", "gone", "good", "got", "gods", "god"}
    ):
        listed += [
            ("govern", stem_of(row[0]))
            for row in lexicon.places()
            if row[0].startswith(base[2]) and len(base) == 3
        ] or [("govern",)]
    return tuple(listed)


def _acronyms(words: tuple[Word, ...]) -> list[tuple[str, int]]:
    """Initials of runs of words, so that "ILO" is found in "International Labour Organisation"."""
    found = []
    content = [(at, word) for at, word in enumerate(words) if word.content and not word.number]
    for first in range(len(content)):
        initials = content[first][1].base[0]
        for at, word in content[first + 1 : first + _ACRONYM.stop - 1]:
            if at - content[first][0] > 2 * len(initials) + 1:
                break
            initials += word.base[0]
            if len(initials) >= 3:
                found.append((initials, content[first][0]))
    return found
