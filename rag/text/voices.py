"""Whose words a paragraph holds: quoted texts, the post's own comment inside a report, and who says what.

Only what the cable marks is told: a cue that is not there is nobody's, and stays the post's report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rag.text.citations import split_sentences


class VoiceKind(StrEnum):
    """Who speaks: a document that is quoted, the post that comments, or somebody the post reports."""

    QUOTED = "quoted"
    COMMENT = "comment"
    SPEAKER = "speaker"


@dataclass(frozen=True, slots=True)
class Voice:
    """A run of a text in one voice: ``text[start:end]``; `speaker` as the text names them."""

    kind: VoiceKind
    start: int
    end: int
    speaker: str | None = None


_QUOTED = re.compile(
    r"\b(?:BEGIN\s+(?P<what>TEXT|QUOTE|(?:UNOFFICIAL\s+)?TRANSLATION)\b|QUOTE\b(?!\s+OF))[:.\s]*(?P<inner>.*?)"
    r"(?:\bEND\s*(?:OF\s+)?(?:TEXT|QUOTE|TRANSLATION)\b|\bUN-?QUOTE\b|\Z)",
    re.S | re.I,
)
_COMMENT = re.compile(
    r"(?:\(\s*|\[\s*|\bBEGIN\s+)?\b(?:COMMENT|NOTE)\s*[:.]\s(?P<inner>.*?)(?:\bEND\s+(?:COMMENT|NOTE)\b|[)\]](?=\s|$)|\Z)",
    re.S | re.I,
)
_TITLE = (
    r"(?:President|Prime\s+Minister|(?:Deputy\s+|Vice\s+|First\s+|Acting\s+)?(?:Foreign\s+|Finance\s+|Defense\s+)?"
    r"(?:Minister|Secretary|Director|Chairman|Governor|President|Commissioner)|Ambassador|Charg[eé]|Consul\s+General|"
    r"General|Colonel|Captain|Admiral|Dr\.|Mr\.|Mrs\.|Ms\.|Professor|Senator|King|Queen|Prince|Sheikh|Bishop|Judge|Mayor)"
)
_NAME = r"(?:[A-Z][\w’'-]*\.?|al-[A-Z][\w’'-]*|de|van|von|bin|der)"
_VERB = (
    r"(?:said|says|told|tells|stated|noted|added|stressed|emphasized|insisted|claimed|argued|explained|replied|responded"
    r"|remarked|observed|denied|warned|confirmed|admitted|acknowledged|complained|asserted|maintained|declared|announced"
    r"|suggested|predicted|reported|concluded|believed|believes|thought|asked|commented|opined|recalled|assured|informed)"
)
_SPEAKER = re.compile(
    rf"(?P<who>(?:(?:the|The)\s+)?(?:{_TITLE}(?:\s+(?:of|for)(?:\s+{_NAME})+)?(?:\s+{_NAME}){{0,4}}"
    rf"|{_NAME}(?:\s+{_NAME}){{0,3}})(?:\s+(?:of|from)\s+(?:the\s+)?{_NAME}(?:\s+{_NAME}){{0,4}})?)(?:,[^,.;]{{2,80}},)?\s+(?:(?:also|then|later|further|again|in\s+turn|\w+ly)\s+)?"
    rf"{_VERB}\b|\b(?:[Aa]ccording\s+to)\s+(?P<source>(?:the\s+)?(?:{_TITLE}|{_NAME})(?:\s+(?:of\s+)?{_NAME}){{0,5}})"
)  # fmt: skip
_SHOUTED = re.compile(
    rf"(?P<who>(?:THE\s+)?{_TITLE.upper().replace('S+', 's+')}(?:\s+[A-Z][A-Z’'-]+){{0,2}}?)"
    rf"\s+{_VERB.upper()}\b"
)
# Capitalised words that begin sentences and are nobody.
_NOBODY = frozenset(
    "he she they it we i who this that these those there but and however when while as if after before since "
    "although in on at for then later embassy post end summary comment note poloff econoff conoff emboff "
    "emboffs ref reftel".split()
)


def voices_of(text: str) -> tuple[Voice, ...]:
    """The marked voices of a paragraph, in the order in which they begin; they may lie in one another."""
    voices = [
        Voice(VoiceKind.QUOTED, found.start("inner"), found.end("inner"))
        for found in _QUOTED.finditer(text)
        if found["what"] or found[0].startswith("QUOTE")
    ]
    voices += [
        Voice(VoiceKind.COMMENT, found.start("inner"), found.end("inner"))
        for found in _COMMENT.finditer(text)
    ]
    voices += _speakers(text)
    kept = [_trimmed(text, voice) for voice in voices]
    return tuple(
        sorted((voice for voice in kept if voice.end > voice.start), key=lambda v: (v.start, -v.end))
    )


def _speakers(text: str) -> Iterator[Voice]:
    pattern = _SHOUTED if text.isupper() else _SPEAKER
    for sentence in split_sentences(text):
        found = pattern.search(text, sentence.start, sentence.end)
        groups = found.groupdict() if found else {}
        who = groups.get("who") or groups.get("source")
        if who and who.split()[0].lower().strip(".") not in _NOBODY:
            yield Voice(VoiceKind.SPEAKER, sentence.start, sentence.end, _name(who))


def _name(who: str) -> str:
    return re.sub(r"[’']s$|(?<=[a-z]{3})\.$", "", " ".join(who.split()))


def _trimmed(text: str, voice: Voice) -> Voice:
    piece = text[voice.start : voice.end]
    start = voice.start + len(piece) - len(piece.lstrip())
    return Voice(voice.kind, start, max(voice.start + len(piece.rstrip()), start), voice.speaker)
