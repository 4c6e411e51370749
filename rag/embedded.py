"""What is embedded for a chunk: a function, not a field."""

from __future__ import annotations

from rag.types import Chunk, Paragraph

# Part of the index fingerprint: raise it with every change of `embedded_text`.
EMBEDDED_VERSION = 1


def embedded_text(paragraph: Paragraph, chunk: Chunk) -> str:
    """The chunk under its paragraph's heading: ``"RESULTS OF POLL\\nFifty percent..."``."""
    return chunk.text if paragraph.heading is None else f"{paragraph.heading}\n{chunk.text}"
