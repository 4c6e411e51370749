"""Clues: what a question says of the cables it means, by date, place, TAGS, classification, people and kind.

Said of the cables themselves ("cables from Astana", "telegrams sent in May 1976") a clue is a filter. Said of
what they tell, a date is a boost ("the strike in 1976"), and an embassy's own view lifts its COMMENT; places
and TAGS so implied gained nothing on the development questions, beyond what their words find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.asking.gazetteer import Place, find_places, tag_meanings, tags_meaning
from rag.text.periods import LOOKED_BACK, Period, read_periods
from rag.types import Catalogue, Clue, ClueField, Kind, Strength

# A letter or a message may be what a cable tells of; these are cables.
_CABLES = r"(?:cables?|telegrams?|cablegrams?|airgrams?|desp?atch(?:es)?|dispatch(?:es)?|documents?|reftels?)"
_SENT = r"(?:sent|dated|written|filed|transmitted|received|drafted|originating|coming|issued|signed)"
_TO_A_CABLE = re.compile(
    rf"\b{_CABLES}\s+(?:(?:that|which)\s+)?(?:(?:was|were|is|are)\s+)?(?:{_SENT}\s+)?"
    r"(?:(?:out\s+of|in|on|from|of|during|between|within|by|at|for|the|throughout|back)\s+)*$"
    rf"|\b{_CABLES}\s+(?:{_SENT}\s+)?(?:from|by|to|out\s+of)\s+"
    r"(?:(?:the|in|at|of|for|our|embassy|mission|consulate|(?-i:[A-Z])[\w.’'-]*)\s+){1,6}"
    r"(?:(?:in|on|of|from|during)\s+)?$"
    rf"|\b{_CABLES}\b[^.?!;]{{0,60}}?\b{_SENT}\s+(?:(?:in|on|from|of|during|between|by|at|the)\s+)*$",
    re.IGNORECASE,
)
_CABLE_AFTER = re.compile(rf"^\s*(?:['’]s?\s+)?{_CABLES}\b", re.IGNORECASE)
# "the 1974 cables", but not "the commission's 1974 telegram", which is an event.
_DETERMINED = re.compile(
    r"(?:^|\b(?:a|an|the|any|all|every|each|which|what|these|those|this|that|our|in|from|of|no|many|list|find|show)"
    r"\s+)$",
    re.IGNORECASE,
)
_FROM_A_PLACE = re.compile(
    rf"\b{_CABLES}\s+(?:(?:that|which)\s+)?(?:(?:was|were|is|are|come|came)\s+)?(?:(?:{_SENT}|cabled)\s+)?(?:out\s+of|from|by)\s+"
    r"(?:(?:the|our|us|u\.s\.|american|embassy|consulate|consulate\s+general|mission|legation|post|in|at)\s+)*$",
    re.IGNORECASE,
)
# "How many cables did Embassy Tallinn send?"
_DID = re.compile(
    rf"\b{_CABLES}\s+did\s+(?:(?:the|our|us|u\.s\.|american|embassy|consulate|consulate\s+general|mission|legation|post|in|at)\s+)*$",
    re.IGNORECASE,
)
_SEND = re.compile(r"^\s+(?:send|write|transmit|cable|file)\b", re.IGNORECASE)
_TO_A_PLACE = re.compile(
    r"\b(?:cables|telegrams|cablegrams|airgrams|documents)\s+(?:(?:that|which)\s+)?(?:(?:was|were)\s+)?(?:(?:sent|addressed)\s+)?to\s+(?:the\s+)?"
    r"(?:(?:us|american|embassy|consulate|mission)\s+(?:(?:in|at)\s+)?)*$|\baddressed\s+to\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_CLASSES = (
    "TOP SECRET", "SECRET", "CONFIDENTIAL", "RESTRICTED", "LIMITED OFFICIAL USE",
    "SENSITIVE BUT UNCLASSIFIED",
    "UNCLASSIFIED",
)  # fmt: skip
_CLASS = "|".join(name.replace(" ", r"\s+") for name in _CLASSES)
_CLASSIFIED = re.compile(
    rf"\b(?:classified(?:\s+as)?|classification(?:\s+of)?:?|marked)\s+[\"'“‘]?(?P<after>{_CLASS})\b"
    rf"|\b(?P<before>{_CLASS})\s+{_CABLES}\b",
    re.IGNORECASE,
)
_TAGGED = re.compile(
    r"\b(?:tagged(?:\s+(?:as|with))?|tags?:?|with\s+(?:the\s+)?tags?)\s+"
    r"[\"'“‘]?(?P<words>[A-Za-z]{2,4}\b(?:(?:\s*,\s*|\s+(?:and|or)\s+)[A-Z]{2,4}\b)*|[a-z][a-z -]+[a-z])",
)
_PARTICLE = r"(?:van|von|den|der|de|la|al)"
_NAME = rf"(?P<name>(?:{_PARTICLE}\s+)*[A-Z][\w’'-]+\.?(?:\s+(?:[A-Z][\w’'-]+\.?|{_PARTICLE})){{0,4}})"
_SIGNED = re.compile(
    rf"\b(?:[Ss]igned\s+(?:by\s+)?|{_CABLES}\s+(?:(?:that\s+)?(?:sent|written|signed|was|were)\s+)*(?:by|from)\s+){_NAME}"
)
_SIGNING = re.compile(rf"\b{_CABLES}\s+[Dd]id\s+(?:the\s+)?{_NAME}\s+sign\b")
_KIND_NOUN = re.compile(
    r"\b(?P<kind>comments?|summary|summaries|action[ -]requests?|quoted[ -]texts?|notes?)\s+"
    r"(?:paragraphs?|sections?)\b"
    r"|\bparagraphs?\s+of\s+(?P<of>comment|summary|action[ -]request)\b",
    re.IGNORECASE,
)
_POST = r"(?:embassy|mission|consulate(?:\s+general)?|post|legation|diplomats?|ambassador|consul|emboffs?)"
_OURS = r"(?:(?:the|us|u\.s\.|american|our|an?)\s+){1,4}"
_JUDGED = (
    r"(?:think|thought|believe[sd]?|feel|felt|expect(?:s|ed)?|see|sees|saw|view(?:s|ed)?|siz(?:e|es|ed)\s+up|judge[sd]?|"
    r"comment(?:s|ed)?|assess(?:es|ed)?|foresee|foresaw|predict(?:s|ed)?|consider(?:s|ed)?|conclude[sd]?|"
    r"regard(?:s|ed)?|interpret(?:s|ed)?|(?:make|made)\s+of)"
)
# What a post thinks of a matter stands in its COMMENT; "the Soviet embassy" is no post of ours.
_OWN_VIEW = re.compile(
    rf"\b{_OURS}{_POST}\b[^?.!;]{{0,80}}?\b{_JUDGED}\b"
    rf"|\b{_OURS}{_POST}(?:['’]s)\s+(?:own\s+)?(?:view|opinion|judge?ment|assessment|comment|analysis|reading)\b"
    r"|\b(?:in|did|does)\s+(?:the\s+)?(?:its\s+)?comment\b",
    re.IGNORECASE,
)
_IN_SUMMARY = re.compile(
    r"\b(?:what\s+(?:was|is)\s+the\s+summary|in\s+(?:the|its)\s+summary)\b", re.IGNORECASE
)


def read_clues(text: str, catalogue: Catalogue, *, asks_for_all: bool = False) -> tuple[Clue, ...]:
    """The clues of a question, read against the values that the collection has.

    Where all cables are asked for, every date is one of theirs.
    """
    found = [
        *_dates(text, asks_for_all),
        *_origins(text),
        *_tags(text),
        *_classifications(text),
        *_senders(text, catalogue),
        *_kinds(text),
    ]
    return tuple(dict.fromkeys(found))


def _dates(text: str, asks_for_all: bool) -> Iterator[Clue]:
    for period in read_periods(text):
        of_cables = asks_for_all or _said_of_cables(text, period)
        strength = Strength.FILTER if of_cables else Strength.BOOST
        days = (period.first, period.last) if of_cables else period.reported()
        values = tuple("" if day is None else day.isoformat() for day in days)
        yield Clue(ClueField.DATE, strength, text[period.start : period.end], values)


def _said_of_cables(text: str, period: Period) -> bool:
    before = _before(text, period.start)
    if _TO_A_CABLE.search(before):
        return True
    after = _CABLE_AFTER.match(text[period.end :])
    return after is not None and _DETERMINED.search(before) is not None


def _before(text: str, place: int) -> str:
    return text[max(0, place - LOOKED_BACK) : place]


def _origins(text: str) -> Iterator[Clue]:
    for place in find_places(text):
        words = text[place.start : place.end]
        if _TO_A_PLACE.search(_before(text, place.start)):
            yield Clue(ClueField.ADDRESSEE, Strength.FILTER, words, (words.upper(),))
        elif _sent_from(text, place):
            yield Clue(ClueField.ORIGIN, Strength.FILTER, words, place.origins)


def _sent_from(text: str, place: Place) -> bool:
    before = _before(text, place.start)
    if _FROM_A_PLACE.search(before) or (_DID.search(before) and _SEND.match(text[place.end :])):
        return True
    # "Tokyo cables" are from Tokyo; "Japanese cables" need not be.
    return not place.is_country and _CABLE_AFTER.match(text[place.end :]) is not None


def _tags(text: str) -> Iterator[Clue]:
    for match in _TAGGED.finditer(text):
        words = match["words"]
        codes = tuple(word for word in re.findall(r"[A-Z]{2,4}", words) if word in tag_meanings())
        meant = codes or _meant(words.split())
        if meant:
            yield Clue(ClueField.TAG, Strength.FILTER, match.group(), meant)


def _meant(words: list[str]) -> tuple[str, ...]:
    """The codes of the longest beginning that is a meaning: "human rights in" -> that of "human rights"."""
    beginnings = (" ".join(words[:size]) for size in range(len(words), 0, -1))
    return next((codes for beginning in beginnings if (codes := tags_meaning(beginning))), ())


def _classifications(text: str) -> Iterator[Clue]:
    for match in _CLASSIFIED.finditer(text):
        name = " ".join((match["after"] or match["before"]).upper().split())
        yield Clue(ClueField.CLASSIFICATION, Strength.FILTER, match.group(), (name,))


def _senders(text: str, catalogue: Catalogue) -> Iterator[Clue]:
    for match in (*_SIGNED.finditer(text), *_SIGNING.finditer(text)):
        name = _longest_known(match["name"].upper().rstrip(".").split(), catalogue.signatures)
        if name is not None:
            yield Clue(ClueField.SENDER, Strength.FILTER, match.group(), (name,))


def _longest_known(words: list[str], known: frozenset[str]) -> str | None:
    """The longest run of words that is a signature: "Ambassador Van den Heuvel" -> "VAN DEN HEUVEL"."""
    for size in range(len(words), 0, -1):
        for first in range(len(words) - size + 1):
            run = " ".join(words[first : first + size])
            for spelled in (run, re.sub(r"['’]S$", "", run)):
                if spelled in known:
                    return spelled
    return None


def _kinds(text: str) -> Iterator[Clue]:
    for match in _KIND_NOUN.finditer(text):
        name = (match["kind"] or match["of"]).lower().replace("-", " ")
        kind = next(kind for kind in Kind if kind.value.startswith(name.replace(" ", "_")[:5]))
        yield Clue(ClueField.KIND, Strength.FILTER, match.group(), (kind.value,))
    for pattern, kind in ((_OWN_VIEW, Kind.COMMENT), (_IN_SUMMARY, Kind.SUMMARY)):
        view = pattern.search(text)
        if view is not None:
            yield Clue(ClueField.KIND, Strength.BOOST, view.group(), (kind.value,))
