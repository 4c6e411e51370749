"""Compound questions: what each part of one asks, and what was found for all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from rag.asking.comparing import compared
from rag.asking.followups import standalone
from rag.types import Found, Hit, Turn

# "Which status did X suggest, and whose agreement did Y want?" asks two things.
_NEXT_PART = re.compile(
    r"[,;]?\s+and\s+(?=(?:in |on |at |by |for |from |to |with |about |of )?"
    r"(?:what|which|who|whom|whose|when|where|why|how)\b)",
    re.IGNORECASE,
)
_SHORTEST_PART_WORDS = 4


def question_parts(question: str) -> list[str]:
    """The questions that one question asks, where it asks more than one; else none.

    One that sets two things side by side asks for each of them.
    A part that leans on the one before it stands alone: "who was elected to lead it?" takes "it" along.
    """
    if sides := compared(question):
        return sides
    parts = [part.strip() for part in _NEXT_PART.split(question)]
    if len(parts) < 2 or any(len(part.split()) < _SHORTEST_PART_WORDS for part in parts):
        return []
    return [
        standalone(part, (Turn(before, ""),) if before else ())
        for before, part in zip(["", *parts], parts, strict=False)
    ]


def found_together(whole: Found, parts: Sequence[Found], k: int) -> Found:
    """The best `k` hits of a question and of its parts, by their highest score.

    They are taken in turn, so that no part is crowded out by another.
    """
    best: dict[tuple[str, str], Hit] = {}
    for row in zip_longest(*(found.hits for found in (whole, *parts))):
        for hit in row:
            if hit is None:
                continue
            key = (hit.paragraph.cable_id, hit.paragraph.label)
            known = best.get(key)
            if known is None and len(best) == k:
                continue
            if known is None or hit.score > known.score:
                best[key] = hit
    ranked = sorted(best.values(), key=lambda hit: -hit.score)
    notes = dict.fromkeys(note for found in (whole, *parts) for note in found.notes)
    return replace(whole, hits=tuple(ranked), notes=tuple(notes))
