"""Training pairs for the entailment model out of public sets; none of their text is in this repository."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.loaders.claims import ClaimRow, load_factcheck, load_summedits, load_wice
from rag.text.citations import split_sentences
from rag.types import Span
from rag.verifying.entailment import Pair
from training.edits import changed_words, likeness
from training.entailment_data import WORDS, Example, edits_of


def summedits(path: Path) -> Iterator[Example]:
    """Summaries and their edits; what sets an inconsistent one off from the nearest consistent is doubted."""
    rows = load_summedits(path)
    consistent: dict[str, list[str]] = {}
    for row in rows:
        if row.supported:
            consistent.setdefault(row.document, []).append(row.claim)
    for row in rows:
        doubts: tuple[Span, ...] | None = () if row.supported else None
        if not row.supported and row.document in consistent:
            nearest = max(consistent[row.document], key=lambda one: likeness(one, row.claim))
            doubts = changed_words(nearest, row.claim)
        yield _foreign(row, "summedits", False if row.supported else None, doubts)


def wice(path: Path) -> Iterator[Example]:
    """Claims of Wikipedia against a cited page; partial support counts as none."""
    for row in load_wice(path):
        yield _foreign(row, "wice", False if row.supported else None, () if row.supported else None)


def factcheck(path: Path) -> Iterator[Example]:
    """Claims with pieces of web pages."""
    for row in load_factcheck(path):
        yield _foreign(row, "factcheck", row.label == "refute", () if row.supported else None)


def _foreign(
    row: ClaimRow, source: str, contradicted: bool | None, doubts: tuple[Span, ...] | None
) -> Example:
    pair = Pair(row.claim, "", "\n".join(row.evidence))
    return Example(pair, row.supported, contradicted, doubts, source, row.document, row.reported, row.label)


def clapnq(path: Path, seed: int) -> Iterator[Example]:
    """Sentences of written answers against the passage that they were written from, and edits of them."""
    chance = random.Random(seed)
    for row in _rows(path):
        passage = row["passages"][0]
        for output in row["output"]:
            answer = output["answer"]
            for span in split_sentences(answer):
                sentence = answer[span.start : span.end]
                if len(sentence.split()) in WORDS:
                    pair = Pair(sentence, passage["title"], passage["text"])
                    true = Example(pair, True, False, (), "clapnq", passage["title"], False, "true")
                    yield true
                    yield from edits_of(true, chance, falsehoods=2)


def squad2(path: Path) -> Iterator[Example]:
    """Questions that ask who did something, told as statements; with the plausible answer they are false."""
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        title = article["title"].replace("_", " ")
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                answers = asked["answers"] or asked.get("plausible_answers", [])
                statement = _statement(asked["question"].strip(), answers[0]["text"]) if answers else None
                if statement is not None:
                    supported = not asked["is_impossible"]
                    pair = Pair(statement, title, paragraph["context"])
                    yield Example(
                        pair, supported, False if supported else None, () if supported else None,
                        "squad2", title, False, "who",
                    )  # fmt: skip


def _statement(question: str, answer: str) -> str | None:
    first, _, rest = question.rstrip("?").strip().partition(" ")
    verb = rest.partition(" ")[0]
    asks = (
        first.lower() == "who"
        and verb.isalpha()
        and verb not in {"did", "do", "does", "was", "were", "is", "are"}
    )
    return f"{answer[0].upper()}{answer[1:]} {rest}." if asks and len(answer.split()) < 10 else None


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
