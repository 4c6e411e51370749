"""What a public set becomes: passages as cables' paragraphs, and samples that name them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from evals.samples import ParagraphKey, SampleSet
from rag.types import Cable, CableHeader, DatePrecision, Kind, Paragraph, Segment


@dataclass(frozen=True, slots=True)
class PublicPassage:
    """A passage of a public set; those of one article stand together and share ``key.cable``."""

    key: ParagraphKey
    title: str | None
    text: str


@dataclass(frozen=True, slots=True)
class PublicSet:
    """Questions over a pool of passages."""

    questions: SampleSet
    passages: tuple[PublicPassage, ...]

    def cables(self) -> Iterator[Cable]:
        """The passages as cables that a collection can hold: one for each article, its title the subject."""
        for cable_id, group in groupby(self.passages, key=lambda passage: passage.key.cable):
            yield _cable(cable_id, self.questions.name, group)


def _cable(cable_id: str, corpus: str, passages: Iterable[PublicPassage]) -> Cable:
    paragraphs: list[Paragraph] = []
    title, body = None, ""
    for ordinal, passage in enumerate(passages):
        title = passage.title
        body += "\n\n" if body else ""
        paragraphs.append(
            Paragraph(
                cable_id=cable_id,
                label=passage.key.paragraph,
                ordinal=ordinal,
                start=len(body),
                end=len(body) + len(passage.text),
                text=passage.text,
                heading=None,
                kind=Kind.BODY,
                marking=None,
                sha256=hashlib.sha256(passage.text.encode()).hexdigest(),
            )
        )
        body += passage.text
    header = CableHeader(
        cable_id=cable_id,
        corpus=corpus,
        format="public",
        origin=None,
        sent_at=None,
        date_from=None,
        date_to=None,
        date_precision=DatePrecision.UNKNOWN,
        classification=None,
        subject=title,
        tags=(),
        signature=None,
        source=corpus,
    )
    segments = (Segment(0, 0, len(body)),)
    return Cable(header, body, tuple(paragraphs), (), body.encode(), "utf-8", segments)
