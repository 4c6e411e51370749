"""Folding: the form in which two spellings of the same words are equal, with a way back.

Cable text is broken by its carriage: ``INTERES- TED``, ``PETROL .``, two kinds of quotation marks, capitals
only. Quotations are compared after folding; what is shown is always the original.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.text.kept import KEPT_TEXTS
from rag.types import Span

_SIGNS = {
    **dict.fromkeys("\"'`´‘’‚‛“”„‟«»‹›", "'"),
    **dict.fromkeys("\u2010\u2011", "-"),
    **dict.fromkeys("–—―‒−", "–"),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\ufeff", ""),
}

# In this order. Quotation marks go, apostrophes within a word stay. A hyphen between letters goes (with the
# line break after it), so that "INTERES- TED" equals "interested" and "POINT-OF- VIEW" "point-of-view"; a
# dash between words or digits stays. Teleprinters had no apostrophe: "CARTER S" and "CARTERS" are "Carter's",
# and "9 TH" is "9th".
_REWRITES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![^\W\d_])'|'(?![^\W\d_])"), ""),
    (re.compile(r"\s+"), " "),
    (re.compile(r"(?<=[^\W\d_][^\W\d_])[' ]s(?![^\W\d_])"), "s"),
    (re.compile(r"(?<=\d) (?=(?:st|nd|rd|th)(?![^\W\d_]))"), ""),
    (re.compile(r"-{2,}"), "–"),
    (re.compile(r"(?<=[^\W\d_])- ?(?=[^\W\d_])"), ""),
    (re.compile(r"(?<=\d) ?[-–] ?(?=\d)"), "-"),
    (re.compile(r" ?– ?| - "), "–"),
    (re.compile(r" (?=[,.;:!?%)\]])"), ""),
    (re.compile(r"(?<=[(\[$]) "), ""),
    (re.compile(r"(?<=[,;:.!?)\]]) (?!\d)"), ""),
)


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; character `i` of it stands for ``original[starts[i]:ends[i]]``."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> Span:
        """The original's span for ``text[start:end]``, which must not be empty."""
        return Span(self.starts[start], self.ends[end - 1])

    def find(self, needle: str, start: int = 0) -> tuple[int, int] | None:
        """Where the folded `needle` stands in `text` as whole words, as offsets of the folded text."""
        if not needle:
            return None
        at = self.text.find(needle, start)
        while at >= 0:
            end = at + len(needle)
            if _is_edge(self.text, at) and _is_edge(self.text, end):
                return at, end
            at = self.text.find(needle, at + 1)
        return None


def _is_edge(text: str, at: int) -> bool:
    return at in (0, len(text)) or not (text[at - 1].isalnum() and text[at].isalnum())


@lru_cache(maxsize=KEPT_TEXTS)
def fold(text: str) -> Folded:
    """Fold case, accents, white space, hyphen breaks and dashes; drop quotation marks, blanks at punctuation.

    Example: ``fold("INTERES- TED , HE SAID").text == "interested,he said"``.
    """
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for i, char in enumerate(text):
        for piece in _fold_char(char):
            chars.append(piece)
            starts.append(i)
            ends.append(i + 1)
    for pattern, replacement in _REWRITES:
        chars, starts, ends = _rewrite(chars, starts, ends, pattern, replacement)
    first = 1 if chars and chars[0] == " " else 0
    last = len(chars) - 1 if len(chars) > first and chars[-1] == " " else len(chars)
    # Numbers in four bytes, since as objects they take ten times that.
    return Folded("".join(chars[first:last]), array("I", starts[first:last]), array("I", ends[first:last]))


@lru_cache(maxsize=2048)
def _fold_char(char: str) -> str:
    if char in _SIGNS:
        return _SIGNS[char]
    plain = (c for c in unicodedata.normalize("NFKD", char.casefold()) if not unicodedata.combining(c))
    return "".join(_SIGNS.get(c, c) for c in plain).casefold()


def _rewrite(
    chars: list[str], starts: list[int], ends: list[int], pattern: re.Pattern[str], replacement: str
) -> tuple[list[str], list[int], list[int]]:
    new_chars: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    at = 0
    for match in pattern.finditer("".join(chars)):
        start, end = match.span()
        if start == end:
            continue
        new_chars += chars[at:start]
        new_starts += starts[at:start]
        new_ends += ends[at:start]
        if replacement:
            new_chars.append(replacement)
            new_starts.append(starts[start])
            new_ends.append(ends[end - 1])
        at = end
    if at == 0:
        return chars, starts, ends
    return new_chars + chars[at:], new_starts + starts[at:], new_ends + ends[at:]
