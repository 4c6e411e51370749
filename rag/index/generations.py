"""Generations of the indexes: a rebuild makes the next one beside the one in use, and then points there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from rag.index.chroma_client import drop_collections
from rag.store.cable_store import CableStore
from rag.store.work import GENERATION


@dataclass(frozen=True, slots=True)
class Places:
    """Where the indexes of one generation are."""

    chroma: Path
    lexical: Path
    name: str

    @classmethod
    def of(cls, store: CableStore, generation: int) -> Places:
        store_id = store.get_meta("store_id") or ""
        return cls(
            chroma=store.path / "chroma" / str(generation),
            lexical=store.path / "lexical" / str(generation),
            name=f"cableqa-{store_id}-{generation}",
        )


def generation(store: CableStore) -> int:
    """Which of the built indexes is the one in use."""
    return int(store.get_meta(GENERATION) or "1")


def remove_old_generations(store: CableStore, chroma_url: str | None) -> int:
    """Delete indexes that are not in use, while nobody reads them; says how many went."""
    current = generation(store)
    removed = 0
    if chroma_url is not None:
        used, ours = Places.of(store, current).name, Places.of(store, 0).name.removesuffix("0")
        removed += drop_collections(chroma_url, lambda name: name.startswith(ours) and name != used)
    for kind in ("chroma", "lexical"):
        for folder in (store.path / kind).glob("*"):
            if folder.is_dir() and folder.name != str(current):
                shutil.rmtree(folder)
                removed += 1
    return removed
