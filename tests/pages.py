"""Memory in pages of 4 kB, and how much of it lies in huge pages."""

from __future__ import annotations

import ctypes
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENABLED = Path("/sys/kernel/mm/transparent_hugepage/enabled")
_PIECE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) .*?^AnonHugePages:\s+(\d+) kB", re.MULTILINE | re.DOTALL)
_HUGE, _MADV_COLLAPSE = 2 * 1024 * 1024, 25
PATTERN = bytes(range(256)) * 16


class Memory:
    """What a process has written, in pages of 4 kB: `PATTERN` over and over."""

    def __init__(self, held: mmap.mmap, address: int) -> None:
        self._held, self._address = held, address

    def huge_kb(self) -> int:
        """How many kB lie in huge pages."""
        pieces = _PIECE.findall(Path("/proc/self/smaps").read_text())
        end = self._address + len(self._held)
        return sum(
            int(huge)
            for first, last, huge in pieces
            if int(first, 16) < end and int(last, 16) > self._address
        )

    def is_as_written(self) -> bool:
        return self._held[:] == PATTERN * (len(self._held) // len(PATTERN))


def why_not() -> str | None:
    """Why nothing can be moved into huge pages here; None where it can."""
    if not ENABLED.exists() or "[never]" in ENABLED.read_text():
        return "this kernel has no huge pages: this test did NOT run"
    with _written(2 * _HUGE) as (held, address):
        held.madvise(mmap.MADV_HUGEPAGE)
        one = ctypes.c_void_p(address + -address % _HUGE)
        if ctypes.CDLL(None).madvise(one, ctypes.c_size_t(_HUGE), _MADV_COLLAPSE):
            return "this kernel moves nothing into huge pages: this test did NOT run"
    return None


@contextmanager
def memory_in_small_pages(size: int) -> Iterator[Memory]:
    with _written(size) as (held, address):
        yield Memory(held, address)


@contextmanager
def _written(size: int) -> Iterator[tuple[mmap.mmap, int]]:
    """Private memory with its address, which the kernel moves nowhere by itself."""
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as held:
        held.madvise(mmap.MADV_NOHUGEPAGE)
        held[:] = PATTERN * (size // len(PATTERN))
        first = ctypes.c_char.from_buffer(held)
        address = ctypes.addressof(first)
        # While it lives, the memory cannot be given back.
        del first
        yield held, address
