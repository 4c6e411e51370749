"""Huge pages for memory that is read all over the place, as the vectors of a graph are when it is searched.

In pages of 4 kB nearly every vector costs a walk through the tables that say where a page lies
(benchmarks/huge_pages.py). Nothing is done without a Linux of 6.1 or later, or where it is set to `never`.
"""

from __future__ import annotations

import ctypes
import logging
import re
from collections.abc import Iterable
from pathlib import Path

# Linux, asm-generic/mman-common.h: huge pages from now on, and for what is there already.
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25
_HUGE = 2 * 1024 * 1024
# Smaller pieces are not worth the call; a graph is one large piece.
LARGE = 16 * _HUGE
MAPS = Path("/proc/self/maps")
# Its words are "always", "madvise" and "never", the one that holds in brackets.
ENABLED = Path("/sys/kernel/mm/transparent_hugepage/enabled")
# A line of it without a file: "7f45c3000000-7f463be00000 rw-p 00000000 00:00 0".
_ANONYMOUS = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0\s*$", re.MULTILINE)
log = logging.getLogger(__name__)


def use_huge_pages(maps: Path = MAPS, enabled: Path = ENABLED) -> None:
    """Move what lies in this process's large pieces of memory into huge pages: 2 GB take some 3 s.

    What is not to be had, such as so much memory in one piece, stays as it is. `maps` and `enabled` are where
    the kernel says what memory there is, and whether huge pages are wanted.
    """
    try:
        if maps.exists() and enabled.exists() and "[never]" not in enabled.read_text():
            _collapse(_ANONYMOUS.findall(maps.read_text()))
    except OSError:  # a system that hides one of them
        log.exception("memory could not be moved into huge pages: searches are somewhat slower")


def _collapse(pieces: Iterable[tuple[str, str]]) -> None:
    libc = ctypes.CDLL(None)
    for first, last in pieces:
        start, end = int(first, 16) + _HUGE - 1 & -_HUGE, int(last, 16) & -_HUGE
        if end - start >= LARGE:
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_HUGEPAGE)
            # One after the other: the first that cannot be had ends a call.
            for page in range(start, end, _HUGE):
                libc.madvise(ctypes.c_void_p(page), ctypes.c_size_t(_HUGE), _MADV_COLLAPSE)
