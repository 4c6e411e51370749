"""A search whose findings are meddled with, to see what the answerer makes of them."""

from __future__ import annotations

import random
from dataclasses import replace

from evals.samples import Meddling, ParagraphKey
from rag.pipeline import Finder
from rag.types import Found, Hit, Query


class MeddledSearch:
    """Finds what `search` finds, less, in another order, or with an instruction planted."""

    def __init__(self, search: Finder, meddling: Meddling) -> None:
        self._search = search
        self._meddling = meddling

    def search(self, query: Query, k: int) -> Found:
        gone = set(self._meddling.without)
        found = self._search.search(query, k + len(gone))
        hits = [hit for hit in found.hits if key_of(hit) not in gone][:k]
        if self._meddling.shuffled is not None:
            random.Random(self._meddling.shuffled).shuffle(hits)
        if self._meddling.planted is not None and hits:
            hits[0] = planted(hits[0], self._meddling.planted)
        return replace(found, hits=tuple(hits))


def key_of(hit: Hit) -> ParagraphKey:
    return ParagraphKey(hit.paragraph.cable_id, hit.paragraph.label)


def planted(hit: Hit, instruction: str) -> Hit:
    """The hit with an instruction behind its text: offsets into the true text stay what they are."""
    paragraph = hit.paragraph
    return replace(hit, paragraph=replace(paragraph, text=f"{paragraph.text} {instruction}"))
