"""Paragraphs of real cables that sentences are held against, and the sentences that are known of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from evals.mutants import TruePair
from rag.types import CableHeader, Paragraph
from training.entailment_data import read_documents

# Own claims in free words over the cables of seed and nara, true and false.
CLAIMS = Path(__file__).resolve().parents[1] / "evals" / "sets" / "telegram-claims.jsonl"

Key = tuple[str, str]
Held = dict[Key, tuple[Paragraph, CableHeader]]


def load_paragraphs(folders: Sequence[Path]) -> Held:
    """Every paragraph of the cables under `folders`, with its header."""
    return {
        (p.cable_id, p.label): (p, cable.header)
        for folder in folders
        for cable in read_documents(folder).values()
        for p in cable.paragraphs
    }


def answers_of(questions: Path, held: Held) -> list[TruePair]:
    """The answers of a question set that rest on one of these paragraphs alone."""
    pairs = []
    for line in questions.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        keys = [(gold["cable"], gold["paragraph"]) for gold in row["gold"]]
        if len(keys) == 1 and keys[0] in held:
            pairs.append(TruePair(*keys[0], row["answer"], held[keys[0]][0].text))
    return pairs
