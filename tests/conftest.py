"""Fixtures that several rooms use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(scope="session")
def encoder() -> Iterator[object]:
    """The real encoder, loaded once."""
    from rag.config import PACKAGED_MODEL
    from rag.embeddings import load_encoder

    loaded = load_encoder(PACKAGED_MODEL)
    yield loaded
