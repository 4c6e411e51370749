"""What is asked of a cable's header and of nothing else: when it was sent, who signed it, to whom it went.

"Who signed 05TALLINN7?" is told by the header, and by no paragraph that could be cited; "who signed the
treaty in 05TALLINN7?" is a question for its text. So a question is one of these where nothing is left over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from rag.text.words import words_of
from rag.types import CableHeader, Clue, ClueField, DatePrecision, HeaderFact, Span, Strength

# No question for a header alone is as long.
_LONGEST = 300
_WANTS_CABLES = re.compile(
    r"\b(?:how\s+many|which|what|(?:list|show|find|give|name|enumerate)(?:\s+me)?)\s+"
    r"(?:(?:all|every|the|of|(?-i:[A-Z])[\w'’-]*|secret|confidential|unclassified|restricted|\d{4})\s+){0,5}"
    r"(?:cables|telegrams|cablegrams|airgrams|despatches|dispatches)\b",
    re.IGNORECASE,
)
# Of a matter, or so put that the clues alone would miscount.
_NOT_BY_CLUES = re.compile(
    r"\b(?:about|regarding|concerning|on\s+the|mention\w*|refer\w*|not?|none|nor|or|without|except|but|other|than|most|least|"
    r"more|fewer|fewest|he|she|it|they|him|her|them|his|their|its|who|whom|whose)\b|n['’]t\b",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"\b(?:there|collection|archive|corpus|total|altogether|you\s+have)\b", re.IGNORECASE)
_POST_ALONE = re.compile(r"\b(?:embassy|consulate|mission|post|office|department)\b", re.IGNORECASE)
_CODES = re.compile(
    r"(?i:tagged(?:\s+(?:as|with))?|tags?:?|with\s+(?:the\s+)?tags?)\s+"
    r"[\"'“‘]?[A-Z]{2,4}(?:\W+(?:and\s+)?[A-Z]{2,4})*"
)
# What is left of such a question besides its clues.
_OF_CABLES = frozenset(
    """
    many list show find give name enumerate cable cables telegram telegrams cablegram cablegrams airgram
    airgrams message messages document documents despatch despatches dispatches send sent sending write wrote
    written sign signed come came dated date year collection archive corpus total altogether embassy consulate
    mission post office department hold holds contain contains include includes exist altogether number know
    """.split()
)
# Of addressees or cables so many are named.
NAMED = 20
_THING = r"(?:cable|cablegram|telegram|airgram|message|despatch|dispatch|document)"
_DESIGNATION = rf"(?:{_THING}s?\s+)"
# What names cables was replaced by an underscore.
_NAMED_IT = (
    rf"(?:(?:the|this|that|these|those)\s+)?{_DESIGNATION}?(?:no\.?\s+|number\s+)?"
    r"_(?:\s*(?:,\s*and|,|and|or)\s*_)*"
)
# What was named before: in the question itself, or in the talk so far.
_POINTED_AT = rf"(?:it|they|them|(?:the|this|that|these|those)\s+{_THING}s?)"
_IT = rf"(?:{_NAMED_IT}|{_POINTED_AT})"
_BE = r"(?:was|were|is|are)"
_WHAT = r"(?:what|which)"
_POST = r"(?:post|embassy|consulate|mission|legation|office)"
_SAYS = r"(?:have|has|carry|carries|bear|bears|give|gives)"
_OF = r"(?:of|on|in|for)"
_ASKED_FOR = rf"(?:(?:what(?:\s+{_BE}|'s|’s)\s+)?the\s+)?"
_LEVEL = r"(?:(?:un)?classified|(?:top\s+)?secret|confidential|restricted|limited\s+official\s+use)"
# What follows another question leaves out what that has said: "Who signed 05TALLINN7, and when was it sent?"
_FURTHER = {
    "when": "when was it sent", "to whom": "to whom was it sent", "by whom": "who wrote it",
    "from where": "where was it sent from", "from which post": "which post sent it",
}  # fmt: skip
_AND = re.compile(
    r"\s*(?:,\s*and|,|;\s*and|;|\band)\s+(?=(?:who|whom|whose|when|where|what|which|how|to|by|from|on|is|was)\b)",
    re.IGNORECASE,
)


def _signature(header: CableHeader) -> str:
    return f"is signed {header.signature}" if header.signature else "gives no signature"


def _origin(header: CableHeader) -> str:
    return f"was sent by {header.origin}" if header.origin else "names no post that sent it"


def _author(header: CableHeader) -> str:
    return f"{_origin(header)} and {_signature(header)}"


def _sent(header: CableHeader) -> str:
    day, last = header.date_from, header.date_to
    if header.sent_at is not None:
        return f"was sent on {header.sent_at:%Y-%m-%d at %H:%M} UTC"
    if day is None or header.date_precision is DatePrecision.UNKNOWN:
        return "gives no date"
    if header.date_precision in {DatePrecision.MINUTE, DatePrecision.DAY}:
        return f"was sent on {day}"
    if header.date_precision is DatePrecision.YEAR:
        return f"was sent in {day.year}; the collection has no more exact date"
    return f"was sent between {day} and {last}" if last and last != day else f"was sent on {day}"


def _addressees(header: CableHeader) -> str:
    to = f"is addressed to {listed(header.addressees)}" if header.addressees else "names no addressee"
    return f"{to}, for information to {listed(header.info_addressees)}" if header.info_addressees else to


def _classification(header: CableHeader) -> str:
    known = header.classification
    return f"is marked {known}" if known else "gives no classification"


def _tags(header: CableHeader) -> str:
    return f"has the TAGS {', '.join(header.tags)}" if header.tags else "gives no TAGS"


def _precedence(header: CableHeader) -> str:
    return f"has the precedence {header.precedence}" if header.precedence else "gives no precedence"


def listed(names: Sequence[str]) -> str:
    """The first `NAMED`, and how many more: "05TALLINN7, 06LUSAKA12 and 3 more"."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


_TOLD: dict[HeaderFact, Callable[[CableHeader], str]] = {
    HeaderFact.SIGNATURE: _signature,
    HeaderFact.AUTHOR: _author,
    HeaderFact.ORIGIN: _origin,
    HeaderFact.DATE: _sent,
    HeaderFact.ADDRESSEES: _addressees,
    HeaderFact.CLASSIFICATION: _classification,
    HeaderFact.TAGS: _tags,
    HeaderFact.PRECEDENCE: _precedence,
}
_ASKED: dict[HeaderFact, tuple[str, ...]] = {
    HeaderFact.SIGNATURE: (
        rf"who\s+(?:has\s+)?sign(?:ed|s)\s+{_IT}",
        rf"by\s+whom\s+{_BE}\s+{_IT}\s+signed",
        rf"who\s+{_BE}\s+{_IT}\s+signed\s+by",
        rf"who(?:\s+{_BE}|'s|’s)\s+the\s+sign(?:er|atory)\s+{_OF}\s+{_IT}",
        rf"whose\s+signature\s+(?:is|stands)\s+(?:on|under|below)\s+{_IT}",
        rf"{_ASKED_FOR}signature\s+(?:of|on|under)\s+{_IT}",
        rf"did\s+[\w .'’-]{{2,40}}\s+sign\s+{_IT}",
    ),
    HeaderFact.AUTHOR: (
        rf"who\s+(?:wrote|sent|authored)\s+{_IT}",
        rf"by\s+whom\s+{_BE}\s+{_IT}\s+(?:sent|written)",
        rf"who\s+{_BE}\s+{_IT}\s+(?:sent\s+|written\s+)?(?:by|from)",
        rf"who(?:\s+{_BE}|'s|’s)\s+the\s+(?:author|sender)s?\s+of\s+{_IT}",
    ),
    HeaderFact.ORIGIN: (
        rf"{_WHAT}\s+{_POST}\s+(?:sent|wrote|issued|transmitted)\s+{_IT}",
        rf"where\s+{_BE}\s+{_IT}\s+(?:sent\s+|written\s+)?from",
        rf"(?:from\s+)?(?:where|{_WHAT}\s+{_POST})\s+(?:does|do|did)\s+{_IT}\s+(?:come|originate)(?:\s+from)?",
        rf"{_WHAT}\s+{_POST}\s+{_BE}\s+{_IT}\s+(?:sent\s+)?(?:from|by)",
        rf"{_ASKED_FOR}origin\s+of\s+{_IT}",
    ),
    HeaderFact.DATE: (
        rf"(?:when|(?:on|in)?\s*{_WHAT}\s+(?:day|date|month|year))\s+{_BE}\s+{_IT}\s+(?:sent|written|transmitted|dated|issued|from)",
        rf"{_ASKED_FOR}dates?\s+{_OF}\s+{_IT}",
        rf"{_WHAT}\s+date\s+(?:does|do|did)\s+{_IT}\s+{_SAYS}",
        rf"how\s+(?:is|are)\s+{_IT}\s+dated",
    ),
    HeaderFact.ADDRESSEES: (
        rf"(?:to\s+)?whom?\s+{_BE}\s+{_IT}\s+(?:sent|addressed|transmitted)(?:\s+to)?",
        rf"where\s+{_BE}\s+{_IT}\s+(?:sent|addressed)(?:\s+to)?",
        rf"who\s+(?:received|got)\s+{_IT}",
        rf"(?:who\s+{_BE}\s+the\s+|{_ASKED_FOR})(?:addressee|recipient)s?\s+of\s+{_IT}",
    ),
    HeaderFact.CLASSIFICATION: (
        rf"how\s+{_BE}\s+{_IT}\s+classified",
        rf"{_ASKED_FOR}classification(?:\s+level)?\s+{_OF}\s+{_IT}",
        rf"{_WHAT}\s+classification\s+(?:(?:does|do|did)\s+)?{_IT}\s+{_SAYS}",
        rf"{_BE}\s+{_IT}\s+(?:(?:un)?classified|marked)?(?:\s*\b(?:as\s+)?(?:or\s+)?{_LEVEL}){{0,2}}",
    ),
    HeaderFact.TAGS: (
        rf"{_ASKED_FOR}tags\s+{_OF}\s+{_IT}",
        rf"{_WHAT}\s+tags\s+(?:does|do|did)\s+{_IT}\s+{_SAYS}",
    ),
    HeaderFact.PRECEDENCE: (
        rf"{_ASKED_FOR}precedence\s+of\s+{_IT}",
        rf"{_WHAT}\s+precedence\s+(?:does|do|did)\s+{_IT}\s+{_SAYS}",
        rf"(?:with|at)\s+{_WHAT}\s+precedence\s+{_BE}\s+{_IT}\s+sent",
    ),
}  # fmt: skip
_PATTERNS = {fact: re.compile("|".join(forms), re.IGNORECASE) for fact, forms in _ASKED.items()}


def asked_of_header(text: str, naming: Iterable[Span]) -> tuple[HeaderFact, ...]:
    """The facts of headers that are all that is asked of the cables named in the characters `naming`.

    Example: "When was 05TALLINN7 sent, and by whom?" -> (HeaderFact.DATE, HeaderFact.AUTHOR).
    """
    for span in sorted(naming, key=lambda span: -span.start):
        text = f"{text[: span.start]}_{text[span.end :]}"
    asked = " ".join(text.split())
    if len(asked) > _LONGEST:
        return ()
    facts = [_fact(part.strip(" ?.!\"“”'")) for part in _AND.split(asked)]
    return tuple(dict.fromkeys(fact for fact in facts if fact)) if all(facts) else ()


def _fact(asked: str) -> HeaderFact | None:
    asked = _FURTHER.get(asked.lower(), asked)
    return next((fact for fact, pattern in _PATTERNS.items() if pattern.fullmatch(asked)), None)


def wants_cables(text: str) -> bool:
    """Whether a question may want cables counted or listed by their headers: its clues tell."""
    return _WANTS_CABLES.search(text) is not None and _NOT_BY_CLUES.search(text) is None


def only_clues_narrow(text: str, clues: Iterable[Clue]) -> bool:
    """Whether a question that wants cables has no condition beside its clues, which are of their headers.

    Example: "How many cables did Embassy Tallinn send in 2007?", but not "How many cables mention cod?".
    """
    filters = [clue for clue in clues if clue.strength is Strength.FILTER]
    if any(clue.field is ClueField.TAG and not _CODES.fullmatch(clue.text.strip()) for clue in filters):
        # What follows a meaning may be more than that: "tagged human rights describe torture".
        return False
    for clue in filters:
        text = text.replace(clue.text, " ")
    if not filters and _WHOLE.search(text) is None:
        return False
    if _POST_ALONE.search(text) and not any(clue.field is ClueField.ORIGIN for clue in filters):
        return False
    return all(word.base in _OF_CABLES for word in words_of(text) if word.content)


def told_by_header(fact: HeaderFact, header: CableHeader) -> str:
    """The sentence that tells it. Example: "05TALLINN7 was sent on 2005-05-04 at 09:30 UTC."."""
    return f"{header.cable_id} {_TOLD[fact](header)}."
