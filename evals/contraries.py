"""Contraries: a sentence with one word turned into its opposite, or given to another who holds it."""

from __future__ import annotations

import random
import re

from rag.text.voices import voices_of
from rag.text.words import is_capitals

SPEECH = (
    "said|stated|told|argued|claimed|noted|added|stressed|declared|announced|believes?|believed|reported|explained"
    "|warned|indicated|commented|suggested|expressed|thinks|feels|felt|observed|replied|emphasized"
)
# Who reports a view or a figure as another's does not hold it: the post may report, not "estimate".
_HELD = re.compile(
    rf"(?i)(?:^|[,;]\s|\bthat\s)(?P<who>[^,;:]{{2,50}}?)\s+(?P<verb>{SPEECH}|estimate[sd]|predict(?:s|ed)"
    r"|expect(?:s|ed)|consider(?:s|ed)|concluded?s?|calculate[sd]|doubt(?:s|ed))\b(?!\s*(?:to|by|based|from|in"
    r"|and|on|for|at|of)\b|\s*[.;,])"
)
_VIEWS = re.compile(
    r"(?i)(?:estimate|predict|expect|consider|conclude|calculate|doubt|argue|believe|think|feel|felt|suggest)"
)
_NO_HOLDER = re.compile(
    r"(?i)\b(?:he|she|it|they|we|i|who|which|that|this|there|these|those|embassy|emboffs?|amembassy|consulate|post|mission"
    r"|ambassador|poloff|econoff|department|is|are|was|were|be|been|has|have|had|to|not|and|but)\b"
)
_OPPOSITES = dict(
    row.split(":")
    for row in """
    agreed:refused agreeing:refusing agree:refuse accepted:rejected accept:reject approved:rejected
    approve:reject increase:decrease increased:decreased increasing:decreasing rise:fall rose:fell
    rising:falling won:lost win:lose winning:losing support:oppose supported:opposed supporting:opposing
    before:after north:south northern:southern east:west eastern:western allowed:banned allow:ban
    permitted:prohibited permit:prohibit arrived:departed arrive:depart arriving:departing
    arrival:departure opened:closed open:closed opening:closing more:less higher:lower high:low
    larger:smaller large:small strong:weak stronger:weaker denied:admitted deny:admit confirmed:denied
    confirm:deny public:private publicly:privately first:last import:export imports:exports
    internal:external improved:worsened improve:worsen improving:worsening better:worse
    continued:stopped continue:stop entered:left success:failure successful:unsuccessful
    possible:impossible able:unable willing:unwilling likely:unlikely begin:end began:ended
    positive:negative favorable:unfavorable legal:illegal official:unofficial majority:minority
    major:minor old:new buy:sell bought:sold appointed:dismissed arrested:released praised:criticized
    optimistic:pessimistic included:excluded early:late raised:lowered raise:lower strengthen:weaken
    strengthened:weakened
    """.split()
)
_TURNED = _OPPOSITES | {right: left for left, right in _OPPOSITES.items() if right not in _OPPOSITES}


def change_holder(sentence: str, paragraph: str, rng: random.Random) -> str | None:
    """Give a statement to another one whom the paragraph has speaking, or a view to the embassy."""
    held = [m for m in _HELD.finditer(sentence) if not _NO_HOLDER.search(m["who"])]
    if not held:
        return None
    match = held[0]
    mine = {word.lower() for word in re.findall(r"\w+", sentence)} - {"the", "of"}
    speakers = {voice.speaker for voice in voices_of(paragraph) if voice.speaker}
    others = sorted(s for s in speakers if mine.isdisjoint(word.lower() for word in re.findall(r"\w+", s)))
    who = rng.choice(others) if others else None
    if who is None:
        if not _VIEWS.match(match["verb"]) or re.search(r"(?i)\b(?:we|our|us)\b", sentence):
            return None
        who = "The embassy"
    return put(sentence, *match.span("who"), who.upper() if is_capitals(sentence) else who)


def change_opposite(sentence: str, paragraph: str, rng: random.Random) -> str | None:
    """Exchange one word for its opposite, which the paragraph does not have."""
    held = set(re.findall(r"\w+", paragraph.lower()))
    words = [m for m in re.finditer(r"\w+", sentence) if m[0].lower() in _TURNED]
    found = [m for m in words if _TURNED[m[0].lower()] not in held]
    if not found:
        return None
    chosen = rng.choice(found)
    other = _TURNED[chosen[0].lower()]
    cased = other.upper() if chosen[0].isupper() else other.title() if chosen[0].istitle() else other
    return put(sentence, *chosen.span(), cased)


def put(text: str, start: int, end: int, new: str) -> str:
    """The text with ``text[start:end]`` exchanged for `new`."""
    return text[:start] + new + text[end:]
