"""Questions that set two things side by side: "Compare Egypt's prices with Israel's" asks for both."""

from __future__ import annotations

import re

from rag.text.words import is_same, words_of

# Of a question without its last marks and with single spaces, so that no run of them can be read in two ways.
_SIDES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:please )?(?:compare|contrast) (?P<one>.+?) (?:and|with|to|against|versus|vs\.?) (?P<other>.+)$",
        r"^how (?:did|do|does) (?P<one>.+?) (?:differ|deviate) from (?P<other>.+)$",
        r"^(?:what (?:is|are|was|were) )?(?:the )?differences? between (?P<one>.+?) and (?P<other>.+)$",
    )
)
_POSITIONS = re.compile(
    r"^how (?:did|do|does) (?P<one>.+?) and (?P<other>.+?) (?:differ|disagree) "
    r"(?P<matter>(?:on|over|about|in|as to) .+)$",
    re.IGNORECASE,
)
# A side that asks for itself is no thing to be set beside another.
_ASKS = re.compile(r"\b(?:what|who|whom|whose|when|where|why|how|which)\b", re.IGNORECASE)
_YEAR = re.compile(r"\s+(?:in|during|of|for)\s+(?:[A-Z][a-z]+\s+)?(?:19|20)\d\d$")
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_POSSESSIVE = re.compile(r"(?:['’]s|s['’])$")
_PREPOSITIONS = frozenset("of in on at for about over to toward towards from with by regarding".split())


def compared(question: str) -> list[str]:
    """A question for each of the two sides that one question sets beside each other; else none.

    What the sides share and one of them leaves out is said of both: "Compare oil prices in Egypt and in Gabon
    in 1979" -> "What were oil prices in Egypt in 1979?", "What were oil prices in Gabon in 1979?".
    """
    text = " ".join(question.split()).rstrip(" ?.!")
    if match := _POSITIONS.match(text):
        return [f"What was the position of {match[side]} {match['matter']}?" for side in ("one", "other")]
    match = next((found for form in _SIDES if (found := form.match(text))), None)
    if match is None or _ASKS.search(match["one"]) or _ASKS.search(match["other"]):
        return []
    one, other = match["one"], match["other"]
    years = [found[0] for side in (one, other) if (found := _YEAR.search(side))]
    if len(years) == 1:
        one, other = (_YEAR.sub("", side) for side in (one, other))
    whole = (_completed(one, other, last=False), _completed(other, one, last=True))
    year = years[0] if len(years) == 1 else ""
    return [f"{_opening(side)} {side}{year}?" for side in whole]


def speaks_of(side: str, beside: str, said: str) -> bool:
    """Whether `said` has a word that tells this side from the one beside it; a name, where it has one.

    Else what is said of Egypt would be taken for what is asked of Israel.
    """
    known = {word.stem for word in words_of(beside)}
    own = [word for word in words_of(side)[1:] if word.content and word.stem not in known]
    telling = [word.stem for word in own if word.capital] or [word.stem for word in own]
    spoken = {word.stem for word in words_of(said)}
    return not telling or any(is_same(stem, other) for stem in telling for other in spoken)


def _completed(side: str, beside: str, *, last: bool) -> str:
    """A side with what it leaves out, as the one beside it has it."""
    said, words = _ARTICLE.sub("", side).split(), _ARTICLE.sub("", beside).split()
    lowered = [word.lower() for word in words]
    if said[0].lower() in _PREPOSITIONS and said[0].lower() in lowered:
        return " ".join([*words[: lowered.index(said[0].lower())], side])
    owner = next((place for place, word in enumerate(words) if _POSSESSIVE.search(word)), -1)
    if said[0].lower() in {"that", "those"}:
        return " ".join([*words[owner + 1 : _before_preposition(lowered)], *said[1:]])
    if _POSSESSIVE.search(said[-1]):
        return " ".join([side, *words[max(owner, 0) + 1 :]])
    if said[-1].lower() in lowered:
        return " ".join([side, *words[lowered.index(said[-1].lower()) + 1 :]])
    if len(said) == 1 and last and side[0].isupper() and (place := _before_preposition(lowered)) < len(words):
        return " ".join([*words[: place + 1], side])
    if len(said) == 1 and not last and len(words) > 1:
        return " ".join([side, *words[1:]])
    return side


def _before_preposition(words: list[str]) -> int:
    return next((place for place, word in enumerate(words) if word in _PREPOSITIONS), len(words))


def _opening(side: str) -> str:
    words = side.split()
    if all(word[0].isupper() for word in words):
        return "What is said of"
    head = words[max(_before_preposition([word.lower() for word in words]) - 1, 0)]
    return "What were" if head.endswith("s") and not head.endswith("ss") else "What was"
