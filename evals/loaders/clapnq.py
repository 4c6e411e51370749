"""CLAPNQ (Rosenthal et al. 2025): natural questions with a passage each, long answers, unanswerable ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from evals.loaders.public import PublicPassage, PublicSet
from evals.loaders.records import public_set, read_lines
from evals.samples import ParagraphKey, Sample


class _Passage(BaseModel):
    title: str
    text: str


class _Output(BaseModel):
    answer: str
    selected_sentences: list[str]


class _Row(BaseModel):
    id: str
    input: str
    passages: list[_Passage]
    output: list[_Output]


def load_clapnq(paths: Sequence[Path]) -> PublicSet:
    """The answerable and the unanswerable file together: the pool is the passages of both."""
    samples: list[Sample] = []
    passages: dict[tuple[str, str], ParagraphKey] = {}
    for path in paths:
        for row in read_lines(path, _Row):
            # The same passage can serve two questions; it stands once in the pool.
            keys = [
                passages.setdefault((p.title, p.text), ParagraphKey(f"CLAPNQ-{len(passages) + 1}", "1"))
                for p in row.passages
            ]
            answer = next((output.answer for output in row.output if output.answer), None)
            samples.append(_sample(row, keys, answer))
    pool = [PublicPassage(key, title, text) for (title, text), key in passages.items()]
    return public_set("clapnq", paths, samples, pool)


def _sample(row: _Row, keys: list[ParagraphKey], answer: str | None) -> Sample:
    answerable = answer is not None
    return Sample(
        id=row.id,
        question=row.input,
        type="fact" if answerable else "unanswerable",
        gold=tuple(keys) if answerable else (),
        also=(),
        answer=answer,
        key_facts=(),
        answerable=answerable,
    )
