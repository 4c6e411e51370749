"""Quotations: the words between quotation marks must stand in the cited text as one run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from rag.text.folding import Folded, fold
from rag.text.kept import KEPT_TEXTS
from rag.types import Span

_DOUBLE = re.compile(r'"([^"]+)"|“([^”“]+)”|«([^»]+)»|„([^“”]+)[“”]')
# A single mark opens only behind a blank and before a letter, so that an apostrophe is none.
_SINGLE = re.compile(r"(?:(?<=\s)|(?<=[(])|^)['‘](?=\w)([^'‘’\n]*(?:(?<=\w)['’](?=\w)[^'‘’\n]*)*)['’](?!\w)")
_ELISION = re.compile(r"(?:(?<!\s)\s+)?(?:(?:\[\s*)?(?:\.\s?){3,4}\]?|\[?…\]?)\s*")
_INSERTION = re.compile(r"\[([^\]]*)\]")
_EDGE = " ,.;:!?'–-"
# An insertion "[the minister]" may stand for so many characters of the source.
_INSERTION_REACH = 60


@dataclass(frozen=True, slots=True)
class Quotation:
    """What stands between quotation marks in a sentence; `start`..`end` include the marks."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=KEPT_TEXTS)
def quotations_of(text: str) -> tuple[Quotation, ...]:
    """The quotations in a sentence, double marks first; unclosed ones are none."""
    found: list[Quotation] = []
    for pattern in (_DOUBLE, _SINGLE):
        for match in pattern.finditer(text):
            inner = next(group for group in match.groups() if group is not None)
            if any(q.start < match.end() and match.start() < q.end for q in found):
                continue
            if any(c.isalnum() for c in inner):
                found.append(Quotation(inner, match.start(), match.end()))
    return tuple(sorted(found, key=lambda quotation: quotation.start))


def locate(quotation: str, source: Folded) -> Span | None:
    """Where the quotation stands in the source's original text; None where it does not.

    "..." may leave out words and "[...]" may replace some; the parts must follow in order.
    """
    at = 0
    start: int | None = None
    end = 0
    limit: int | None = None
    for part, inserted in _parts(quotation):
        needle = fold(part).text.strip(_EDGE)
        if not needle:
            continue
        found = source.find(needle, at)
        if found is None or (limit is not None and found[0] > at + limit):
            return None
        start = found[0] if start is None else start
        at = end = found[1]
        limit = _INSERTION_REACH if inserted else None
    return None if start is None else source.span(start, end)


def _parts(quotation: str) -> list[tuple[str, bool]]:
    """The verbatim parts, each with whether an insertion (True) or an elision (False) follows it."""
    parts: list[tuple[str, bool]] = []
    for elided in _ELISION.split(quotation):
        plain = re.sub(r"\[(\w)\](?=\w)", r"\1", elided)
        pieces = re.split(r"\[[^\]]*\]", plain)
        parts += [(piece, number < len(pieces) - 1) for number, piece in enumerate(pieces)]
    return parts


def nearest(quotation: str, source: Folded) -> str | None:
    """How the source differs from a quotation that is almost in it, in words for a reader."""
    quoted = fold(_INSERTION.sub(" ", quotation)).text.strip(_EDGE).split()
    given = source.text.split()
    if len(quoted) < 3:
        return None
    matcher = SequenceMatcher(None, given, quoted, autojunk=False)
    block = matcher.find_longest_match()
    if block.size < max(2, len(quoted) // 4):
        return None
    first = max(0, block.a - block.b)
    window = given[first : first + len(quoted) + 3]
    changes = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, window, quoted, autojunk=False).get_opcodes():
        if tag != "equal" and b1 < b2 and a2 - a1 <= 6:
            changes.append((" ".join(window[a1:a2]), " ".join(quoted[b1:b2])))
    if not changes or sum(len(new.split()) for _, new in changes) > len(quoted) / 2:
        return None
    old, new = changes[0]
    return f'it has "{old}" where the quotation has "{new}"' if old else f'the quotation adds "{new}"'
