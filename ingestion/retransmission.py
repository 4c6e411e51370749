"""Near-identical texts: a cable sent again under another number, or the same one from another archive.

MinHash over runs of five words (Broder 1997) with banding (Leskovec et al., Mining of Massive
Datasets, ch. 3): 16 bands of 4 find 99.99 % of the pairs that share 80 % of their runs and 3 % of
those that share a quarter. A pair that is found is compared exactly.
"""

from __future__ import annotations

import re
import zlib

import numpy as np

RUN_WORDS = 5
BANDS = 16
ROWS = 4
# Share of common runs from which two texts say the same: a changed header line or some lost words.
SAME_TEXT = 0.8
# Texts below this are formulas ("text not available") that many cables share.
MIN_WORDS = 40
# Beyond this the beginnings tell: a 50 MB text has nine million runs.
COMPARED_CHARS = 200_000

_PRIME = (1 << 31) - 1
# Runs that are mixed at once: what a core's cache holds. A text as a whole took more than twice as long.
_TOGETHER = 512
_RANDOM = np.random.default_rng(1997)
_FACTORS = _RANDOM.integers(1, _PRIME, size=(BANDS * ROWS, 1), dtype=np.uint64)
_SHIFTS = _RANDOM.integers(0, _PRIME, size=(BANDS * ROWS, 1), dtype=np.uint64)
_WORD = re.compile(r"\w+")
# ASCII with a blank for all that is in no word.
_BLANKED = bytes(code if _WORD.match(chr(code)) else ord(" ") for code in range(256))


def signature(text: str) -> tuple[int, ...]:
    """16 band hashes of a text, equal bands for likely copies; none for a text too short to tell."""
    joined = _joined(text)
    # No word has a blank inside, and no other letter has its byte in UTF-8.
    blanks = np.flatnonzero(np.frombuffer(joined, dtype=np.uint8) == ord(" "))
    if not joined or len(blanks) + 1 < MIN_WORDS:
        return ()
    starts = [0, *(blanks[: -RUN_WORDS + 1] + 1).tolist()]
    ends = [*blanks[RUN_WORDS - 1 :].tolist(), len(joined)]
    runs = map(joined.__getitem__, map(slice, starts, ends))
    hashes = np.fromiter(map(zlib.crc32, runs), dtype=np.uint64, count=len(starts)) % _PRIME
    smallest = _smallest(hashes).astype(np.uint64)
    return tuple(zlib.crc32(band.tobytes()) for band in smallest.reshape(BANDS, ROWS))


def _smallest(hashes: np.ndarray) -> np.ndarray:
    """The least value of each of the 64 hash functions over the hashes of all runs; uint32, (64,)."""
    least = np.full(BANDS * ROWS, _PRIME, dtype=np.uint32)
    for start in range(0, len(hashes), _TOGETHER):
        mixed = hashes[None, start : start + _TOGETHER] * _FACTORS
        mixed += _SHIFTS
        # The remainder by 2^31 - 1, without a division: the upper bits are added to the lower, which leaves
        # less than twice the prime; what is less than the prime wraps around when it is taken away.
        upper = mixed >> np.uint64(31)
        mixed &= np.uint64(_PRIME)
        mixed += upper
        rest = mixed.astype(np.uint32)
        np.minimum(least, np.minimum(rest, rest - np.uint32(_PRIME)).min(axis=1), out=least)
    return least


def similarity(text: str, other: str) -> float:
    """The share of runs of five words that two texts have in common (Jaccard), 0..1."""
    runs, others = _runs(text), _runs(other)
    return len(runs & others) / len(runs | others) if runs or others else 0.0


def _runs(text: str) -> set[str]:
    words = _joined(text).decode().split()
    if len(words) < MIN_WORDS:
        return set()
    return {" ".join(words[i : i + RUN_WORDS]) for i in range(len(words) - RUN_WORDS + 1)}


def _joined(text: str) -> bytes:
    """The words of what is compared, case folded, with a blank between each two."""
    folded = text[:COMPARED_CHARS].casefold()
    if folded.isascii():
        return b" ".join(folded.encode().translate(_BLANKED).split())
    return " ".join(_WORD.findall(folded)).encode()
