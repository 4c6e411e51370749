"""Where the shared corpora and benchmarks lie; tests that need them skip loudly when they are absent."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"

needs_shared = pytest.mark.skipif(
    not (SHARED / "corpus").is_dir(), reason=f"the shared corpora are not at {SHARED}: this test did NOT run"
)
