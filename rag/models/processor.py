"""The processor: how many of its cores this process may compute on, and whether it computes in bf16."""

from __future__ import annotations

import os
from pathlib import Path

# What a container may use of its cores, in microseconds of a period. In v2 one file: "200000 100000" are two
# cores, "max 100000" all; in v1 a file for each number, -1 for all.
_GROUP = Path("/sys/fs/cgroup")
_V2, _V1 = ("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")


def usable_cores() -> int:
    """The least of the cores that the system gives the process (affinity, a quota of its cgroup) and
    `OMP_NUM_THREADS`; at least one.
    """
    given = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(given, quota_cores(_GROUP) or given, _wished() or given))


def has_bf16() -> bool:
    """Whether it computes in bf16 by instructions of its own."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _wished() -> int | None:
    # OpenMP takes a list as well: the number for each level of threads within threads.
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    # Nought says nothing to OpenMP either; no machine has a million cores.
    return int(first) or None if first.isascii() and first.isdecimal() and len(first) < 7 else None


def quota_cores(group: Path) -> int | None:
    """The whole cores, at least one, that the cgroup at `group` allows; None where it says nothing."""
    for files in (_V2, _V1):
        try:
            most, period = (int(word) for file in files for word in (group / file).read_text().split())
            return max(1, most // period) if most > 0 else None
        except (OSError, ValueError, ZeroDivisionError):
            continue
    return None
