"""Training examples for the reader: the project's own questions over documents and telegrams.

The own questions (`questions.jsonl`) name their words by file and offsets: in Documents on Australian Foreign
Policy, those of round 3 in telegrams of the 1970s, those over `telegrams/` in invented ones. The
text is read from a collection into which all were ingested, so that no text of the corpora is in this
repository, and so that a question meets the paragraphs that a search for it finds.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.finding.retrieve import HybridSearch
from rag.index.collection import Collection
from rag.models.reader import read_context
from rag.text.citations import split_sentences
from rag.types import Cable, Filters, Hit, Paragraph, Query, Span

HERE = Path(__file__).resolve().parent
# Of the own questions, one document in so many is never trained on, by the hash of its name; only of these
# rounds: the reader that training starts from has seen the first, and the third is of few telegrams.
HELD_OUT_ONE_IN = 7
LAST_ROUND = 6
HELD_OUT_ROUNDS = (2, 4, 5, LAST_ROUND)
# The corpus, as it is named when they are ingested, of the invented telegrams, and their folder.
TELEGRAMS = "telegrams"
SUMMARY = "1"
FOUND = 30
# A paragraph found at a rank of at most so many is what the reader will have to tell from the answer.
HARD_RANK = 8


@dataclass(frozen=True, slots=True)
class Example:
    """A question with a passage and the words of it that answer, if any."""

    question: str
    context: str
    text: str
    answers: tuple[Span, ...]

    def evidence(self) -> list[Span]:
        """The sentences that the answers stand in."""
        return [
            sentence
            for sentence in split_sentences(self.text)
            if any(a.start < sentence.end and a.end > sentence.start for a in self.answers)
        ]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the passages that are read for it: those that answer, and others that were found.

    `round` is the round of writing of an own question, 0 for one of a public set; `subject` is what others
    are asked about too: an article, a volume.
    """

    name: str
    subject: str
    round: int
    type: str
    held_out: bool
    answering: tuple[Example, ...]
    others: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A line of `questions.jsonl`: offsets are characters of the file."""

    number: int
    file: str
    near: tuple[int, int]
    question: str
    answers: Sequence[tuple[int, int]]
    type: str
    round: int

    @property
    def cable(self) -> str:
        return cable_id_of(self.file)

    @property
    def held_out(self) -> bool:
        """Whether its document is never trained on; the same on every machine."""
        return self.round in HELD_OUT_ROUNDS and zlib.crc32(self.cable.encode()) % HELD_OUT_ONE_IN == 0


def own_rows() -> list[OwnRow]:
    """Every line of `questions.jsonl`."""
    lines = (HERE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [OwnRow(number, **json.loads(line)) for number, line in enumerate(lines)]


def own_questions(collection: Collection, rows: Sequence[OwnRow]) -> Iterator[Asked]:
    """The project's own questions, each with the paragraphs that a search of the collection finds.

    One over an invented telegram meets paragraphs of such telegrams, its own among them.
    """
    search = HybridSearch(collection)
    cables: dict[str, Cable] = {}
    for row in rows:
        name = row.cable
        if name not in cables:
            cables[name] = collection.store.get_cable(name)
        cable, question = cables[name], row.question
        gold: dict[str, list[Span]] = {}
        for start, end in row.answers:
            place = find_place(cable, start, end)
            if place is not None:
                gold.setdefault(place[0].label, []).append(place[1])
        if row.answers and not gold:
            continue
        near = find_place(cable, *row.near)
        paragraphs = {p.label: p for p in cable.paragraphs}
        answering = tuple(
            Example(
                question, read_context(cable.header, paragraphs[label]), paragraphs[label].text, tuple(spans)
            )
            for label, spans in gold.items()
        )
        invented = row.file.startswith(TELEGRAMS)
        filters = Filters(corpora=(TELEGRAMS,)) if invented else Filters()
        found = search.find(Query(question, question, filters), FOUND)
        # Another paragraph of a document that answers may say the same: it is no example of what does not.
        # Of an invented telegram only the summary may.
        others = [
            hit
            for hit in found
            if not gold
            or hit.paragraph.cable_id != name
            or (invented and hit.paragraph.label not in (SUMMARY, *gold))
        ]
        if near is not None and not gold:
            others = [hit for hit in others if hit.paragraph.sha256 != near[0].sha256]
        negatives = [_unanswered(question, hit) for hit in others[:HARD_RANK]]
        if near is not None and not gold:
            negatives.insert(0, Example(question, read_context(cable.header, near[0]), near[0].text, ()))
        subject = row.file.partition("/")[0]
        yield Asked(
            f"own-{row.number}", subject, row.round, row.type, row.held_out, answering, tuple(negatives)
        )


def _unanswered(question: str, hit: Hit) -> Example:
    return Example(question, read_context(hit.header, hit.paragraph), hit.paragraph.text, ())


def cable_id_of(file: str) -> str:
    """``volume-15-1949-indonesia/103-burton.md`` -> ``DFAT15-103-burton``; a telegram's is its file name."""
    folder, _, name = file.partition("/")
    if folder in ("nara", TELEGRAMS):
        return Path(name).stem
    return f"DFAT{folder.split('-')[1]}-{Path(name).stem}"


def find_place(cable: Cable, start: int, end: int) -> tuple[Paragraph, Span] | None:
    """The paragraph that holds a run of the raw text, and the run's characters in it."""
    pieces = [
        (
            max(start, s.raw_start) - s.raw_start + s.start,
            min(end, s.raw_start + s.length) - s.raw_start + s.start,
        )
        for s in cable.segments
        if s.raw_start < end and start < s.raw_start + s.length
    ]
    if not pieces:
        return None
    first, last = min(a for a, _ in pieces), max(b for _, b in pieces)
    for paragraph in cable.paragraphs:
        if paragraph.start <= first < paragraph.end:
            last = min(last, paragraph.end)
            return paragraph, Span(first - paragraph.start, last - paragraph.start)
    return None
