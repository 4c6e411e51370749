"""Pointers in a text to what its cable refers to: "REF A", "reftel B, para 2", "para 3 of ref C"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.types import Reference

_LETTER = r"(?:\([A-Z]\)|[A-Z](?![A-Za-z’']))"
_PARA = r"(?:PARAS?|PARAGRAPHS?|Paras?|Paragraphs?|paras?|paragraphs?)\.?"
_LABEL = r"\d{1,2}(?:\s?\.?\s?[A-Z](?![A-Za-z]))?"
_POINTER = re.compile(
    rf"(?:\b{_PARA}\s+(?P<before>{_LABEL})(?:\s*,\s*|\s+(?:OF|IN|of|in)\s+|\s+))?"
    r"(?<![\w-])(?:REF(?:S|TELS?|ERENCES?|\(S\))?|Ref(?:s|tels?)?|ref(?:s|tels?)?)"
    rf"(?:\.?\s*(?P<letters>{_LETTER}(?:\s*(?:,|&|/|-|–|\b(?:AND|TO|THROUGH|THRU|and|to|through)\b)\s*{_LETTER})*)"
    r"|(?![\w:]))"
    rf"(?:\s*,?\s*\(?{_PARA}\s+(?P<after>{_LABEL}))?"
)  # fmt: skip
_RANGE = re.compile(r"\(?([A-Z])\)?\s*(?:-|–|\b(?:TO|THROUGH|THRU|to|through)\b)\s*\(?([A-Z])\)?(?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a text points, and to what: ``text[start:end]``; `paragraph` is a label of that other cable."""

    start: int
    end: int
    reference: Reference
    paragraph: str | None


def find_pointers(text: str, references: Sequence[Reference]) -> tuple[Pointer, ...]:
    """Every pointer that one of `references` resolves, in the order of the text.

    A letter means the entry of that letter; "reftel" without one means the only reference there is.
    ``"as in REF B, PARA 2"`` -> the entry B, paragraph "2".
    """
    if not references:
        return ()
    return tuple(
        Pointer(found.start(), found.end(), reference, _paragraph(found))
        for found in _POINTER.finditer(text)
        for reference in _meant(found["letters"], references)
    )


def _meant(letters: str | None, references: Sequence[Reference]) -> Iterator[Reference]:
    if letters is None:
        if len(references) == 1:
            yield references[0]
        return
    wanted = set(re.findall(r"[A-Z]", re.sub(r"[A-Za-z]{2,}", "", letters)))
    for first, last in _RANGE.findall(letters):
        wanted.update(chr(code) for code in range(ord(first), ord(last) + 1))
    yield from (reference for reference in references if reference.letter in wanted)


def _paragraph(found: re.Match[str]) -> str | None:
    label = found["after"] or found["before"]
    return ".".join(re.findall(r"\d+|[A-Z]", label)) if label else None
