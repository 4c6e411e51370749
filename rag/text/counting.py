"""Numbers with what they count: "1 cable", "2,304 cables"."""

from __future__ import annotations


def count_of(number: int, noun: str) -> str:
    """Of a noun whose plural is made by an "s"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
