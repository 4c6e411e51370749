"""Exhaustive questions: "how many cables mention ...", "does any cable ...", and what they look for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.types import Clue, ClueField, Mention

_THINGS = (
    r"(?:cables?|telegrams?|cablegrams?|airgrams?|messages?|documents?|paragraphs?|despatches|dispatches|"
    r"passages?)"
)
_SAYING = (
    r"(?:mention(?:s|ed|ing)?|refer(?:s|red|ring)?\s+to|name(?:s|d)?|contain(?:s|ed|ing)?|use(?:s|d)?|discuss(?:es|ed|ing)?|"
    r"speak(?:s|ing)?\s+of|talk(?:s|ing)?\s+(?:about|of)|deal(?:s|ing)?\s+with|cite[sd]?|cover(?:s|ed)?|"
    r"(?:is|are)\s+about|about|on|with)"
)
# "all secret cables", "which 2007 telegrams": what narrows them is read as clues.
_KINDS = r"(?:[\w'’-]+\s+){0,3}?"
_ASKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bhow\s+many\s+{_KINDS}{_THINGS}\b(?P<rest>.*)",
        rf"\b(?:list|show|find|give|name|enumerate)\s+(?:me\s+)?(?:all|every|each)\s+(?:of\s+)?(?:the\s+)?{_KINDS}{_THINGS}\b(?P<rest>.*)",
        r"\b(?:all|every|each)\s+(?:the\s+)?(?:mentions?|occurrences?|references?)\s+(?:of|to)\s+(?P<what>.+)",
        rf"\bwhich\s+{_KINDS}{_THINGS}\s+(?P<rest>(?:[^?]*\b)?(?:mention|refer\s+to|name|contain|discuss|use)\b.*)",
        rf"\b(?:is|are)\s+there\s+(?:a|an|any)\s+{_KINDS}{_THINGS}\b(?P<rest>.*)",
        rf"\b(?:does|do|did)\s+(?:any|no)\s+(?:of\s+the\s+)?{_KINDS}{_THINGS}\b(?P<rest>.*)",
        rf"\bno\s+{_KINDS}{_THINGS}\s+(?P<rest>(?:[^?]*\b)?(?:mention|refer|name|contain|discuss|use)\w*\b.*)",
        r"\bhow\s+(?:often|many\s+times)\s+(?:is|are|was|were)\s+(?P<what>\S.*?)\s+(?:mentioned|named|referred\s+to)\b",
    )
)
_SAID = re.compile(rf"\b{_SAYING}\s+(?P<what>.+)", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“«]([^\"”»]+)[\"”»]|(?<!\w)['‘]([^'’]+)['’](?!\w)")
_ENDS = re.compile(r"[?!]|\.(?:\s|$)|\bin\s+(?:the|this)\s+(?:collection|archive|corpus)\b", re.IGNORECASE)
_LEAD = re.compile(r"^(?:(?:the|a|an|any|of|to|either|word|words|name|phrase|term)\s+)+", re.IGNORECASE)
_TAIL = re.compile(
    r"\s*\b(?:at\s+all|anywhere|by\s+name|there|in|on|from|of|during|between|and|since|before)\s*$",
    re.IGNORECASE,
)


def is_exhaustive(text: str) -> bool:
    """Whether a question asks for everything rather than for the best."""
    return any(ask.search(text) for ask in _ASKS)


def read_mentions(text: str, clues: Iterable[Clue]) -> tuple[Mention, ...]:
    """What an exhaustive question looks for, any of them; empty where only its clues narrow it.

    Quoted words and names must stand together: 'How many cables mention Ministry of Interior or "poll"?'.
    """
    found = next((match for ask in _ASKS if (match := ask.search(text))), None)
    if found is None:
        return ()
    groups = found.groupdict()
    what = groups.get("what")
    if what is None:
        said = _SAID.search(groups.get("rest") or "")
        what = said["what"] if said else ""
    quoted = [Mention(" ".join((double or single).split()), True) for double, single in _QUOTED.findall(what)]
    if quoted:
        return tuple(quoted)
    # "mention Pelly in May 1976": the date narrows the cables, and is no word to look for.
    for clue in clues:
        if clue.field in (ClueField.DATE, ClueField.SENDER, ClueField.TAG, ClueField.CLASSIFICATION):
            what = what.replace(clue.text, " ")
    what = _ENDS.split(what)[0]
    mentions = []
    for part in re.split(r"\s+or\s+|\s*,\s*or\s+", what):
        words = _LEAD.sub("", " ".join(part.split()))
        while (shorter := _TAIL.sub("", words)) != words:
            words = shorter
        words = words.strip(" ,;:")
        if any(sign.isalnum() for sign in words):
            mentions.append(Mention(words, _is_name(words)))
    return tuple(mentions)


def _is_name(words: str) -> bool:
    """All words but the smallest begin with a capital."""
    parts = [
        word for word in words.split() if word.lower() not in ("of", "the", "and", "for", "de", "van", "der")
    ]
    return len(parts) > 1 and all(part[0].isupper() or part[0].isdigit() for part in parts)
