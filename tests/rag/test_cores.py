"""What may be computed on is asked in one place, and what shares work out keeps to it."""

from __future__ import annotations

import os
import subprocess
import sys

COUNT = "from rag.cores import usable_cores; print(usable_cores())"


def said(program: str, *, threads: str | None = None, cores: set[int] | None = None) -> int:
    """What a process of its own prints."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    if threads is not None:
        environment["OMP_NUM_THREADS"] = threads
    narrowed = f"import os; os.sched_setaffinity(0, {cores or os.sched_getaffinity(0)})\n"
    done = subprocess.run(
        [sys.executable, "-c", narrowed + program],
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    return int(done.stdout)


def test_cores_are_those_of_the_process_and_no_more_than_it_was_told() -> None:
    own = os.sched_getaffinity(0)
    whole = said(COUNT)
    assert 1 <= whole <= len(own)
    assert said(COUNT, cores={min(own)}) == 1
    assert said(COUNT, threads="1") == said(COUNT, threads="1,4") == 1
    for nothing in ("", "many", "0", "999", "9" * 5_000):
        assert said(COUNT, threads=nothing) == whole
