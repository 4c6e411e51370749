"""What is kept of texts does not grow with how many there were."""

from __future__ import annotations

import gc
import subprocess
import sys

from rag.text.kept import KEPT_CITED, KEPT_TEXTS
from rag.verifying.checks.cited import Context, prepare
from rag.verifying.checks.claim import claim_of


def check_texts(first: int, last: int) -> None:
    """Check against paragraphs, each of another number."""
    for n in range(first, last):
        claim_of(f"Post {n} counted {n} barges on May {n % 28 + 1}.")
        prepare(f"The port of Tallinn counted {n} barges on 3 May 2007; {n + 1} were expected.", Context())


def blocks_of_rounds() -> list[int]:
    """Python's blocks before any text, after as many as are kept, and after as many again."""
    texts = max(KEPT_TEXTS, KEPT_CITED)
    gc.collect()
    blocks = [sys.getallocatedblocks()]
    for round_ in range(2):
        check_texts(round_ * texts, (round_ + 1) * texts)
        gc.collect()
        blocks.append(sys.getallocatedblocks())
    return blocks


def test_ever_new_paragraphs_take_no_more_than_the_first_ones_did() -> None:
    # In a process of its own: here other tests have filled what is kept.
    program = "from tests.rag.test_kept import blocks_of_rounds; print(*blocks_of_rounds())"
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    before, full, after = map(int, ran.stdout.split())
    assert after - full < (full - before) / 10
