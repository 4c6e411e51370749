"""A small pipeline that implements the measured interfaces by word overlap: no models, no files.

Its steps are methods, so that a planted defect overrides exactly one of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime

from evals.samples import ParagraphKey, Sample, SampleSet
from rag.answering.answer import Answerer
from rag.pipeline import Finder
from rag.types import (
    Answer,
    CableHeader,
    Citation,
    Coverage,
    Filters,
    Found,
    FoundBy,
    Hit,
    MarkerSpan,
    Outcome,
    Paragraph,
    Query,
    Question,
    Sentence,
    Verdict,
)
from rag.verifying.verify import DeterministicVerifier
from tests.made import header, paragraph

WORDS = re.compile(r"\w+")
COMMON = {"the", "a", "of", "in", "did", "who", "how", "what", "many", "was", "were", "to", "and", "is"}

PLACES = ("Arden", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper")
THINGS = ("boats", "nets", "permits", "ledgers", "lamps", "crates")


class Book:
    """A store of paragraphs in memory."""

    def __init__(self, texts: Mapping[ParagraphKey, str]) -> None:
        self.by_key = {key: paragraph(text, key.paragraph, cable_id=key.cable) for key, text in texts.items()}

    def find_paragraph(self, cable_id: str, label: str) -> Paragraph | None:
        return self.by_key.get(ParagraphKey(cable_id, label))

    def paragraphs(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Paragraph]:
        return {key: self.by_key[ParagraphKey(*key)] for key in keys if ParagraphKey(*key) in self.by_key}

    def headers(self, cable_ids: Collection[str]) -> dict[str, CableHeader]:
        return {cable_id: header(cable_id) for cable_id in cable_ids}


class BookPipeline:
    """Answers with the paragraph that shares most words with the question; abstains below two words."""

    verifier = DeterministicVerifier()

    def __init__(self, book: Book) -> None:
        self.book = book
        self.finder: Finder = self

    def unrecorded(
        self, search: Callable[[Finder], Finder] | None = None, llm: Answerer | None = None
    ) -> BookPipeline:
        made = copy(self)
        made.finder = self.finder if search is None else search(self.finder)
        return made

    def search(self, query: Query, k: int) -> Found:
        return Found(self.rank(Question(query.text, filters=query.filters, top_k=k)))

    def answer(self, question: Question) -> Answer:
        query = Query(question.text, question.text, question.filters)
        hits = self.finder.search(query, question.top_k).hits
        best = self.choose(hits)
        if best is None:
            return self.record(question, hits, "That is not in this collection.", (), ())
        text = f"{best.paragraph.text} [1]"
        marker = MarkerSpan(len(text) - 3, len(text), 0)
        citation = Citation(
            1, best.paragraph, best.header, 0, len(best.paragraph.text), Verdict.SUPPORTED, "verbatim"
        )
        sentence = Sentence(text, 0, len(text), (0,), (marker,), Verdict.SUPPORTED, "verbatim")
        return self.record(question, hits, text, (sentence,), (self.cite(citation),))

    def rank(self, question: Question) -> tuple[Hit, ...]:
        asked = content(question.text)
        scored = [(len(asked & content(found.text)), found) for found in self.book.by_key.values()]
        ordered = sorted(scored, key=lambda pair: (-pair[0], pair[1].citation))[: question.top_k]
        return tuple(
            Hit(found, header(found.cable_id), float(score), FoundBy.BOTH, dense_score=score / 10)
            for score, found in ordered
        )

    def choose(self, hits: Sequence[Hit]) -> Hit | None:
        return hits[0] if hits and hits[0].score >= 2 else None

    def cite(self, citation: Citation) -> Citation:
        return citation

    def record(
        self,
        question: Question,
        hits: tuple[Hit, ...],
        text: str,
        sentences: tuple[Sentence, ...],
        citations: tuple[Citation, ...],
    ) -> Answer:
        return Answer(
            answer_id="a1",
            question=question.text,
            standalone_question=question.text,
            outcome=Outcome.ANSWERED if sentences else Outcome.NOT_IN_CORPUS,
            text=text,
            sentences=sentences,
            citations=citations,
            evidence=hits,
            removed=(),
            filters_applied=Filters(),
            coverage=Coverage.SAMPLE,
            answerer="book",
            verifier="book",
            snapshot="s1",
            timings_ms={"total": 1.0},
            policy=question.policy,
            created_at=datetime(2020, 1, 1, tzinfo=UTC),
        )


def content(text: str) -> set[str]:
    return {word.casefold() for word in WORDS.findall(text)} - COMMON


def made_book() -> tuple[Book, SampleSet]:
    """60 paragraphs in ten cables, a question for each, and ten that the book cannot answer."""
    texts: dict[ParagraphKey, str] = {}
    samples: list[Sample] = []
    for row, place in enumerate(PLACES):
        for column, thing in enumerate(THINGS):
            number = 100 + 7 * row + 31 * column
            key = ParagraphKey(f"05{place.upper()}{row + 1}", str(column + 1))
            texts[key] = f"Officials at {place} counted {number} {thing} during the harbor inspection."
            samples.append(
                made_sample(
                    f"q{row}-{column}",
                    f"How many {thing} did officials count at {place}?",
                    [key],
                    [str(number)],
                )
            )
        samples.append(made_sample(f"n{row}", f"Who painted a mural {row}?", [], [], answerable=False))
    return Book(texts), SampleSet("made.jsonl", "0" * 64, tuple(samples))


def made_sample(
    name: str,
    question: str,
    gold: Iterable[ParagraphKey],
    facts: Iterable[str],
    *,
    answerable: bool = True,
    kind: str = "number",
) -> Sample:
    return Sample(
        id=name,
        question=question,
        type=kind if answerable else "unanswerable",
        gold=tuple(gold),
        also=(),
        answer=None,
        key_facts=tuple((fact,) for fact in facts),
        answerable=answerable,
    )


def neighbour(book: Book, found: Paragraph) -> Paragraph:
    """The next paragraph of the book: what an off-by-one would name."""
    keys = list(book.by_key)
    position = keys.index(ParagraphKey(found.cable_id, found.label))
    return book.by_key[keys[(position + 1) % len(keys)]]


def relabelled(found: Paragraph, label: str) -> Paragraph:
    return replace(found, label=label)
