"""What may be computed on is asked in one place, and what shares work out keeps to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag.models.processor import quota_cores

COUNT = "from rag.models.processor import usable_cores; print(usable_cores())"


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


V1 = "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "200000 100000\n"}, 2),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "max 100000\n"}, None),
        ({V1[0]: "250000\n", V1[1]: "100000\n"}, 2),
        ({V1[0]: "20000\n", V1[1]: "100000\n"}, 1),
        ({V1[0]: "-1\n", V1[1]: "100000\n"}, None),
        ({V1[0]: "250000\n"}, None),
        ({V1[0]: "250000\n", V1[1]: "0\n"}, None),
        ({"cpu.max": "odd\n"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_a_quota_is_read_from_either_kind_of_cgroup(
    tmp_path: Path, files: dict[str, str], cores: int | None
) -> None:
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert quota_cores(tmp_path) == cores
