"""A question as a paragraph is to answer it: without the cable that it names.

No paragraph says its own number, and a reader that looks for one in it finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.types import Span

_SAID = r"(?:told|reported|said|described|stated|mentioned|noted|given|set out)"
# What leads to a name: "according to the cable", "as reported in", "in telegram no.".
# A run of blanks is tried from its beginning alone, and one of stops below: else each takes its square.
_LEAD = re.compile(
    rf"(?:(?<!\s)|(?=\S))(?:\b(?:according\s+to|as\s+{_SAID}\s+(?:in|by)|{_SAID}\s+(?:in|by)|see|per|in|from|of|by)\s+)?"
    r"(?:\b(?:the|this|that)\s+)?(?:\b(?:cable|telegram|cablegram|message|reftel)s?\s+)?"
    r"(?:\b(?:no\.?|number)\s*)?[(\[]?\s*$",
    re.IGNORECASE,
)
_TRAIL = re.compile(r"\s*[)\]]|\s*['’]s\b")
# "What does ... say about the bus?"
_SAYS_ABOUT = re.compile(
    r"^\s*what\s+(?:does|did|do)\s+(?:say|tell(?:\s+us)?|report|state|mention)\s+(?:about|of|on)\b",
    re.IGNORECASE,
)
# With fewer words left a question asks nothing any more.
_LEAST_WORDS = 3


def unnamed(text: str, naming: Sequence[Span]) -> str:
    """`text` without the words at `naming`, and what leads to them; as it is where too little would be left.

    Example: ``"Who drove the bus, according to 07TALLINN412?"`` -> ``"Who drove the bus?"``.
    """
    rest = text
    for span in sorted(naming, key=lambda one: -one.start):
        lead = _LEAD.search(rest, 0, span.start)
        trail = _TRAIL.match(rest, span.end)
        start = span.start if lead is None else lead.start()
        rest = f"{rest[:start].rstrip()} {rest[span.end if trail is None else trail.end() :].lstrip()}"
    rest = _SAYS_ABOUT.sub("What is said about", " ".join(rest.split()))
    rest = re.sub(r"(?<![\s,])[\s,]*(\s,|[?.!])", r"\1", rest).replace(" ,", ",").lstrip(" ,;:")
    return rest if len(re.findall(r"\w+", rest)) >= _LEAST_WORDS else text
