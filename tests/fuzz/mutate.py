"""Inputs from seeds: the n-th is the same on every machine, so that a run is taken up where it stopped."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

# What readers stumble on: ends of ranges, signs that nest or close, characters that change their length.
ODD = [
    *(b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\n\n", b"\t", b"\x0b\x0c"),
    *(b"[1]", b"[", b"]", b"{", b"}", b"<", b">", b"<!--", b"&#x110000;", b"&amp;", b'"', b"'", b"\\"),
    *(b"0", b"-1", b"9" * 25, b"00000000", b"1e999", b"NaN", b"31 FEB 2009", b"302599Z FEB 99", b"1-9999999"),
    *("²½٣०Ⅷ".encode(), "ßİıſ".encode(), "\u202e\u200b".encode(), "𝒢".encode(), "e\u0301".encode(), b"---\n"),
    *(b"REF: A. ", b"SUBJECT: ", b"TAGS: ", b"1. ", b"2) ", b"END SUMMARY.", b"PARA 99", b"\xc2\xb6 3"),
    *("“".encode(), "”".encode(), "…".encode(), b"...", b"U.S. ", b"not ", b"per cent", b"million ", b"[[[["),
]  # fmt: skip
LONGEST = 1_500
# Most inputs are no longer than this: what breaks a reader is nearly always small, and ten small ones take
# no longer than one of the others.
SMALL = 160
SMALL_SHARE = 0.8


def load_corpus(folder: Path) -> list[bytes]:
    """Every seed, in the order of the names."""
    return [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()]


def mutated(seeds: Sequence[bytes], number: int) -> bytes:
    """The `number`-th input: a seed, cut, joined with another, and changed in up to eight places."""
    chance = random.Random(number)
    data = bytearray(chance.choice(seeds))
    longest = chance.randint(1, SMALL) if chance.random() < SMALL_SHARE else LONGEST
    if len(data) > longest:
        start = chance.randrange(len(data) - longest // 2)
        data = data[start : start + longest]
    if chance.random() < 0.3:
        other = chance.choice(seeds)
        data = data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :][:longest]
    for _ in range(chance.randint(0, 8)):
        at = chance.randint(0, len(data))
        kind = chance.randrange(5)
        if kind == 0:
            data[at : at + chance.randint(1, 30)] = b""
        elif kind == 1:
            data[at:at] = chance.choice(ODD)
        elif kind == 2:
            data[at:at] = chance.choice(ODD) * chance.randint(2, 40)
        elif kind == 3:
            data[at : at + 1] = bytes([chance.randrange(256)])
        else:
            piece = data[at : at + chance.randint(1, 60)]
            data[at:at] = piece * chance.randint(1, 5)
    return bytes(data)
