"""One heap for all threads of a server."""

from __future__ import annotations

import ctypes

# Of glibc's <malloc.h>.
_M_ARENA_MAX = -8


def one_heap() -> None:
    """Have all threads of this process allocate from one heap; to be called before there is a second one.

    glibc gives each thread a heap of its own, and what is free in one no other can use: of a server whose
    passes are computed by whichever thread asks, 144 MB were free so after 300 answers, and ever more; with
    one heap 40, and no more. Where another library allocates, nothing is done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
