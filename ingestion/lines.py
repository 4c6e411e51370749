"""A visible text as lines, each with what it is: text, blank, or the reason why it is no text."""

from __future__ import annotations

import re
from itertools import accumulate
from operator import add

_BREAK = re.compile(r"\r\n|\n|\r|\f|\v")
# Blank to the eye, and to str.isspace(): what a line is trimmed of.


class Lines:
    """Lines of a text with offsets. `roles[i]` is None for text, "" for a blank line, else a reason.

    `starts[i]` and `ends[i]` bound the trimmed line in the text; `texts[i]` is the trimmed line.
    """

    __slots__ = ("ends", "roles", "starts", "text", "texts")

    def __init__(self, text: str) -> None:
        self.text = text
        if "\r" in text or "\f" in text or "\v" in text:
            pieces, lengths = _split(text)
        else:
            pieces = text.split("\n")
            lengths = [len(piece) + 1 for piece in pieces]
        self.texts = [piece.strip() for piece in pieces]
        begins = accumulate(lengths, initial=0)
        self.starts = [
            at if line is piece or not line else at + piece.find(line)
            for at, piece, line in zip(begins, pieces, self.texts, strict=False)
        ]
        self.ends = list(map(add, self.starts, map(len, self.texts)))
        self.roles: list[str | None] = [None if line else "" for line in self.texts]

    def __len__(self) -> int:
        return len(self.texts)

    def next_filled(self, index: int) -> int | None:
        """The first line from `index` on that is not blank, whatever its role."""
        for line in range(index, len(self.texts)):
            if self.texts[line]:
                return line
        return None


def _split(text: str) -> tuple[list[str], list[int]]:
    pieces = text.split("\r\n")
    breaks = len(pieces) - 1
    if text.count("\r") == text.count("\n") == breaks and "\f" not in text and "\v" not in text:
        return pieces, [len(piece) + 2 for piece in pieces]
    pieces, lengths, at = [], [], 0
    for found in _BREAK.finditer(text):
        pieces.append(text[at : found.start()])
        lengths.append(found.end() - at)
        at = found.end()
    pieces.append(text[at:])
    lengths.append(len(text) - at)
    return pieces, lengths
