"""Holds both indexes against the store, in a process of its own that prints what is wrong as JSON.

    python -m rag.index.comparison ENCODER_FINGERPRINT INDEX_FINGERPRINT < SETTINGS

SETTINGS is JSON: where the data directory, the store and the vectors are. Ids must be the same, each once;
every vector must be the one that the store keeps, and find itself; files of the words must have their
checksums, and a paragraph must be found by all of its own words. The last two are asked of all, or of so many
chosen evenly.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from rag.config import Settings
from rag.errors import CollectionError
from rag.index.agreement import require_words_of
from rag.index.chunks import ChunkIndex
from rag.index.exact import ExactSearch
from rag.index.generations import Places, generation
from rag.index.lexical import LexicalIndex
from rag.index.matrix import ScoredChunk
from rag.index.segments import damaged_files
from rag.store.cable_store import CableStore

ASKED = 1_000
NEIGHBOURS = 10
# Chroma keeps float32 as it gets them.
TOLERANCE = 1e-5
T = TypeVar("T")


def main(vectors_of: str, fingerprint: str) -> None:
    settings = Settings.model_validate_json(sys.stdin.read())
    store = CableStore.open(settings.data_dir, write=False, url=settings.store_url)
    places = Places.of(store, generation(store))
    exact = ExactSearch(store, vectors_of)
    problems: dict[str, list[str]] = {}
    try:
        chunks = ChunkIndex.open(
            places.chroma, settings.chroma_url, fingerprint, name=places.name, exact=exact, write=False
        )
        problems["vector index"] = list(_chunk_problems(store, chunks, vectors_of))
        chunks.close()
    except CollectionError as error:
        problems["vector index"] = [error.message]
    try:
        problems["word index"] = _word_problems(store, places.lexical)
    except CollectionError as error:
        problems["word index"] = [error.message]
    store.close()
    print(json.dumps(problems))


def _chunk_problems(store: CableStore, chunks: ChunkIndex, vectors_of: str) -> list[str]:
    kept: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = {}
    for ids, rows in store.vectors.of_chunks(vectors_of):
        kept.update(zip(ids, rows, strict=True))
    seen: list[str] = []
    other = 0
    for ids, rows in chunks.vectors():
        seen += ids
        for chunk_id, row in zip(ids, rows, strict=True):
            mine = kept.get(chunk_id)
            other += mine is not None and (
                mine.shape != row.shape or float(np.abs(mine - row).max()) > TOLERANCE
            )
    found = _difference(list(store.census.chunk_ids()), seen, "chunks")
    if other:
        found.append(f"{other} vectors are not those that the store keeps")
    lost = sum(
        not _finds_itself(chunk_id, chunks.search(kept[chunk_id], NEIGHBOURS))
        for chunk_id in _evenly([chunk_id for chunk_id in seen if chunk_id in kept])
    )
    return found + ([f"{lost} vectors do not find themselves"] if lost else [])


def _finds_itself(chunk_id: str, nearest: Sequence[ScoredChunk]) -> bool:
    """Among the nearest, or crowded out by others of the very same vector."""
    return nearest[-1].similarity > 1 - TOLERANCE or chunk_id in {one.chunk_id for one in nearest}


def _word_problems(store: CableStore, folder: Path) -> list[str]:
    if damaged := damaged_files(folder) if folder.is_dir() else []:
        return [f"{len(damaged)} files have not their checksum: {', '.join(damaged[:3])}"]
    require_words_of(store, folder)
    lexical = LexicalIndex.open(folder, write=False)
    keys = sorted(store.census.paragraph_keys())
    found = _difference(keys, list(lexical.keys()), "paragraphs")
    asked = _evenly(keys)
    texts = store.paragraphs(asked)
    lost = 0
    for key in asked:
        holding = lexical.holding(texts[key].text, frozenset({key[0]}))
        # A text of stop words alone is found by none.
        lost += bool(holding) and key not in {(one.cable_id, one.label) for one in holding}
    lexical.close()
    return found + ([f"{lost} paragraphs are not found by their own words"] if lost else [])


def _difference(wanted: Sequence[T], found: Sequence[T], noun: str) -> list[str]:
    twice = len(found) - len(set(found))
    missing, extra = len(set(wanted) - set(found)), len(set(found) - set(wanted))
    problems = [f"{twice} {noun} are in it twice"] if twice else []
    if missing or extra:
        problems.append(f"{missing} {noun} are missing and {extra} should not be there")
    return problems


def _evenly(items: Sequence[T]) -> list[T]:
    step = max(len(items) // ASKED, 1)
    return list(items[::step])


if __name__ == "__main__":
    main(*sys.argv[1:])
