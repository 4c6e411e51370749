"""How many cores this process may compute on: asked here by all that share work out."""

from __future__ import annotations

import os
from pathlib import Path

# What a container may use of its cores: "200000 100000" are two, "max 100000" all.
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores() -> int:
    """The least of the cores that the system gives the process (affinity, a cgroup v2 quota) and
    `OMP_NUM_THREADS`; at least one.
    """
    given = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(given, _quota() or given, _wished() or given))


def _wished() -> int | None:
    # OpenMP takes a list as well: the number for each level of threads within threads.
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    # Nought says nothing to OpenMP either; no machine has a million cores.
    return int(first) or None if first.isascii() and first.isdecimal() and len(first) < 7 else None


def _quota() -> int | None:
    try:
        most, period = _QUOTA.read_text(encoding="ascii").split()
        return None if most == "max" else max(1, int(most) // int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return None
