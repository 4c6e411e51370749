"""Bytes a paragraph that each part of a collection takes: the constants of docs/capacity.md.

python benchmarks/store_size.py DATA_DIR [DATA_DIR ...]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rag.store.cable_store import FILE_NAME, CableStore

PARTS = {"store": f"{FILE_NAME}*", "Chroma": "chroma", "words": "lexical", "matrix": "*.vectors"}


def size(folder: Path, pattern: str) -> int:
    """Bytes of all files below what matches."""
    found = list(folder.glob(pattern))
    files = [path for top in found for path in ([top] if top.is_file() else top.rglob("*"))]
    return sum(path.stat().st_size for path in files if path.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    print(f"| paragraphs | chunks | {' | '.join(PARTS)} | together |\n|{'---|' * (len(PARTS) + 3)}")
    for folder in parser.parse_args().folders:
        store = CableStore.open(folder, write=False)
        counts = store.counts()
        store.close()
        each = [size(folder, pattern) / counts.paragraphs for pattern in PARTS.values()]
        shown = " | ".join(f"{b:,.0f}" for b in (*each, sum(each)))
        print(f"| {counts.paragraphs:,} | {counts.chunks:,} | {shown} |")


if __name__ == "__main__":
    main()
