"""MTRAG-UN (Katsis et al. 2025): conversations whose last turn is asked, over the pool of all contexts.

Gold is a row's own contexts; rows without any are for abstention only. An underspecified turn has
contexts and yet no answer: it counts for retrieval, and as unanswerable.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel, Field

from evals.loaders.public import PublicPassage, PublicSet
from evals.loaders.records import public_set, read_lines
from evals.samples import ParagraphKey, Sample
from rag.types import Turn

ANSWERABLE = frozenset({"ANSWERABLE", "PARTIAL"})


class _Context(BaseModel):
    document_id: str
    text: str


class _Turn(BaseModel):
    speaker: str
    text: str


class _Row(BaseModel):
    task_id: str
    conversation_id: str
    contexts: list[_Context]
    input: list[_Turn] = Field(min_length=1)
    targets: list[_Turn]
    answerability: list[str] = Field(min_length=1)


def load_mtrag(path: Path) -> PublicSet:
    """Each row is one sample; turns before the last one are its history."""
    samples: list[Sample] = []
    passages: dict[str, PublicPassage] = {}
    for row in read_lines(path, _Row):
        gold = []
        for context in row.contexts:
            key = ParagraphKey(f"MTRAG-{context.document_id}", "1")
            gold.append(key)
            passages.setdefault(context.document_id, PublicPassage(key, None, context.text.strip()))
        label = row.answerability[0]
        samples.append(
            Sample(
                id=row.task_id,
                question=row.input[-1].text,
                type=label.lower(),
                gold=tuple(dict.fromkeys(gold)),
                also=(),
                answer=row.targets[0].text if row.targets else None,
                key_facts=(),
                answerable=label in ANSWERABLE,
                history=_history(row.input[:-1]),
                cluster=row.conversation_id,
            )
        )
    return public_set(path.name, [path], samples, tuple(passages.values()))


def _history(turns: list[_Turn]) -> tuple[Turn, ...]:
    """Pairs of what the user asked and the agent said."""
    pairs = pairwise(turns)
    return tuple(
        Turn(asked.text, said.text)
        for asked, said in pairs
        if asked.speaker == "user" and said.speaker == "agent"
    )
