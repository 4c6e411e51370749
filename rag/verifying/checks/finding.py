"""What a check has to say: a verdict, its reason for a reader, and the words of the paragraph it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rag.types import Span, Verdict


class Ground(StrEnum):
    """Which check a verdict rests on."""

    QUOTATION = "quotation"
    NUMBER = "number"
    MISSING = "missing"
    NEGATION = "negation"
    OPPOSITE = "opposite"
    CHANGE = "change"
    SPEAKER = "speaker"
    STRENGTH = "strength"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Finding:
    """One objection to a sentence; `span` is in the cited text, None where nothing there is meant."""

    verdict: Verdict
    reason: str
    span: Span | None = None
    ground: Ground = Ground.WORDS
