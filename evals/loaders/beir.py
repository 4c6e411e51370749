"""BEIR folders (Thakur et al. 2021): ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/SPLIT.tsv``."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from pydantic import BaseModel, Field

from evals.loaders.public import PublicPassage, PublicSet
from evals.loaders.records import public_set, read_bytes, read_lines
from evals.samples import ParagraphKey, Sample
from rag.errors import UsageError

COLUMNS = ["query-id", "corpus-id", "score"]


class _Document(BaseModel):
    id: str = Field(alias="_id")
    title: str = ""
    text: str


class _Query(BaseModel):
    id: str = Field(alias="_id")
    text: str


def load_beir(folder: Path, split: str = "test") -> PublicSet:
    """The judged queries of a split; documents with a positive score are gold. Grades are not kept."""
    paths = [folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels" / f"{split}.tsv"]
    passages = [
        PublicPassage(ParagraphKey(f"BEIR-{document.id}", "1"), document.title or None, document.text)
        for document in read_lines(paths[0], _Document)
    ]
    gold = _judgements(paths[2])
    samples = [
        Sample(
            id=query.id,
            question=query.text,
            type="retrieval",
            gold=tuple(gold[query.id]),
            also=(),
            answer=None,
            key_facts=(),
            answerable=True,
            # Documents are judged for many queries; queries are what is drawn independently.
            cluster=query.id,
        )
        for query in read_lines(paths[1], _Query)
        if gold[query.id]
    ]
    return public_set(folder.name, paths, samples, passages)


def _judgements(path: Path) -> dict[str, list[ParagraphKey]]:
    gold: dict[str, list[ParagraphKey]] = defaultdict(list)
    rows = csv.reader(read_bytes(path).decode("utf-8", errors="replace").splitlines(), delimiter="\t")
    if next(rows, None) != COLUMNS:
        raise UsageError(f"{path}:1: the columns must be {', '.join(COLUMNS)}, with tabs between")
    for number, row in enumerate(rows, start=2):
        try:
            query, document, score = row
            positive = int(score) > 0
        except ValueError as error:
            raise UsageError(f"{path}:{number}: not a query, a document and a whole score") from error
        if positive:
            gold[query].append(ParagraphKey(f"BEIR-{document}", "1"))
    return gold
