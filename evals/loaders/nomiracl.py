"""NoMIRACL (Thakur et al. 2024): each question with its own ten passages, which answer it or do not."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from evals.loaders.public import PublicPassage, PublicSet
from evals.loaders.records import public_set, read_lines
from evals.samples import ParagraphKey, Sample


class _Passage(BaseModel):
    docid: str
    text: str


class _Row(BaseModel):
    id: str
    question: str
    passages: list[_Passage]
    answerable: Literal[0, 1]


def load_nomiracl(path: Path) -> PublicSet:
    """Samples are narrowed to their own passages; which of them answers is not said, so gold is empty."""
    samples: list[Sample] = []
    passages: dict[str, PublicPassage] = {}
    for row in read_lines(path, _Row):
        for passage in row.passages:
            key = ParagraphKey(f"NOMIRACL-{passage.docid}", "1")
            passages.setdefault(passage.docid, PublicPassage(key, None, passage.text))
        samples.append(
            Sample(
                id=row.id,
                question=row.question,
                type="answerable" if row.answerable else "unanswerable",
                gold=(),
                also=(),
                answer=None,
                key_facts=(),
                answerable=bool(row.answerable),
                within=tuple(dict.fromkeys(f"NOMIRACL-{p.docid}" for p in row.passages)),
            )
        )
    return public_set(path.name, [path], samples, tuple(passages.values()))
