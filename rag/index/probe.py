"""Opens and asks a vector index in a process: ``python -m rag.index.probe CHROMA NAME FINGERPRINT``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from rag.errors import CollectionDamaged
from rag.index.chunks import ChunkIndex
from rag.index.exact import ExactSearch
from rag.store.cable_store import CableStore


def main(chroma: str, name: str, fingerprint: str) -> None:
    """Have some vectors find themselves; any failure ends the process."""
    with tempfile.TemporaryDirectory() as empty:
        exact = ExactSearch(CableStore.open(Path(empty)), fingerprint)
        try:
            index = ChunkIndex.open(Path(chroma), None, fingerprint, name=name, exact=exact, write=False)
        except CollectionDamaged as error:
            # Another encoder's index can be opened all the same: the caller says so, and better.
            if "wanted" in error.detail:
                return
            raise
        if not index.is_sound():
            raise CollectionDamaged("a vector does not find itself")
        index.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
