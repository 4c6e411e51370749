"""What a paragraph is, by the words with which cables mark summaries, comments and quoted texts."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from rag.types import Kind

_MARK = r"(?:\((?:U|C|S|TS|SBU|LOU|C/NF|S/NF|SBU/NF|U/FOUO)\)\s*)?"
_SUMMARY = re.compile(
    rf"^\W*{_MARK}(?:BEGIN\s+)?(?:EXECUTIVE\s+)?SUMM?A?R?Y\b(?!\s+(?:OF|RECORD|FOR|TABLE)\b)", re.I
)
# Searched for in texts in capitals; each begins with letters, from one of which `re` skips to the next.
_END_SUMMARY = re.compile(r"END(?<!\wEND)\s+(?:OF\s+)?SUMM?A?R?Y\b")
_COMMENT = re.compile(
    rf"^\W*{_MARK}(?:BEGIN\s+)?(?:(?:EMBASSY|MISSION|POST|CONSULATE|EMBOFF|AMBASSADOR'?S?|CHARGE'?S?|USUN|POLOFF|ECONOFF)\s+)?"
    r"(?:COMMENTS?(?:\s+AND\s+\w+)?(?=\s*(?:[.:;,-]|$))|COMMENT\s+AND\b)",
    re.I,
)
_END_COMMENT = re.compile(r"END(?<!\wEND)\s+(?:OF\s+)?COMMENT")
_ACTION = re.compile(
    rf"^\W*{_MARK}(?:BEGIN\s+)?ACTION\s+(?:REQUEST(?:ED|S)?|REQUIRED)\b(?=\s*[.:;,(-]|\s*$|\s+(?:IS|WAS)\b)",
    re.I,
)
_QUOTE = re.compile(
    rf"^\W*{_MARK}(?:BEGIN\s+(?:TEXT|QUOTE|UNOFFICIAL TRANSLATION|TRANSLATION)|QUOTE)\b", re.I
)
_OPENS = re.compile(r"BEGIN(?<!\wBEGIN)\s+(?:TEXT|QUOTE|TRANSLATION|UNOFFICIAL TRANSLATION)\b")
_CLOSES = (
    re.compile(r"END(?<!\wEND)\s?(?:OF\s+)?(?:TEXT|QUOTE|TRANSLATION|UNQUOTE)\b"),
    re.compile(r"UNQUOTE(?<!\wUNQUOTE)\b"),
)
# How texts, in capitals, begin that any of the patterns for beginnings can match: most do not, and need not
# be tried.
_BEGINNING = re.compile(
    rf"^\W*{_MARK}(?:BEGIN|EXECUTIVE|SUM|EMB|MISSION|POST|CONSUL|AMBASS|CHARGE|USUN|POLOFF|ECONOFF|COMMENT"
    r"|ACTION|QUOTE)"
)
_COMMENT_HEADING = re.compile(r"^\W*(?:POST |EMBASSY |MISSION )?COMMENTS?\W*$", re.I)
_SUMMARY_HEADING = re.compile(r"^\W*(?:EXECUTIVE )?SUMMARY(?: AND (?:COMMENT|INTRODUCTION))?\W*$", re.I)
_ACTION_HEADING = re.compile(r"^\W*ACTION REQUEST(?:ED|S)?\W*$", re.I)


def paragraph_kinds(texts: Sequence[str], headings: Sequence[str | None]) -> list[Kind]:
    """The kind of each paragraph, in order.

    A summary or comment that is closed in a later paragraph takes in those between; "END SUMMARY" that
    nothing opened closes one that began with the first paragraph; a text between BEGIN TEXT and END TEXT
    is quoted.
    """
    kinds = [Kind.BODY] * len(texts)
    uppers = [text.upper() for text in texts]
    marked = {index: upper for index, upper in enumerate(uppers) if _has_marks(upper)}
    end_summary = next((index for index, upper in marked.items() if _END_SUMMARY.search(upper)), None)
    beginnings = [text if _BEGINNING.match(upper) else "" for text, upper in zip(texts, uppers, strict=True)]
    opened = next((index for index, text in enumerate(beginnings) if text and _SUMMARY.match(text)), None)
    closings = {
        index: place for index, upper in marked.items() if (place := _last(_CLOSES, upper)) is not None
    }
    last_close = max(closings, default=-1)
    end_comments = [index for index, upper in marked.items() if _END_COMMENT.search(upper)]
    quoting = False
    comment_to = -1
    for index, (text, heading) in enumerate(zip(beginnings, headings, strict=True)):
        opens = _last((_OPENS,), marked[index]) if index in marked and not quoting else None
        closes = closings.get(index)
        if quoting or (text and _QUOTE.match(text)):
            kinds[index] = Kind.QUOTED_TEXT
        elif (text and _SUMMARY.match(text)) or (heading and _SUMMARY_HEADING.match(heading)):
            kinds[index] = Kind.SUMMARY
        elif (text and _COMMENT.match(text)) or (heading and _COMMENT_HEADING.match(heading)):
            kinds[index] = Kind.COMMENT
            comment_to = _comment_end(texts, index, end_comments)
        elif index <= comment_to:
            kinds[index] = Kind.COMMENT
        elif (text and _ACTION.match(text)) or (heading and _ACTION_HEADING.match(heading)):
            kinds[index] = Kind.ACTION_REQUEST
        if opens is not None and index < last_close and (closes is None or closes < opens):
            quoting = True
        elif quoting and closes is not None:
            quoting = False
    if end_summary is not None:
        first = opened if opened is not None and opened <= end_summary else 0
        for index in range(first, end_summary + 1):
            if kinds[index] is Kind.BODY:
                kinds[index] = Kind.SUMMARY
    return kinds


def _has_marks(upper: str) -> bool:
    """Whether the words BEGIN, END or UNQUOTE stand in a text at all: most have none, and need no search."""
    return "END " in upper or "ENDTEXT" in upper or "BEGIN" in upper or "QUOTE" in upper


def _comment_end(texts: Sequence[str], index: int, ends: Sequence[int]) -> int:
    """Where the comment of paragraph `index` is closed, if no other comment begins before."""
    place = bisect_left(ends, index)
    if place == len(ends) or any(_COMMENT.match(texts[i]) for i in range(index + 1, ends[place] + 1)):
        return index
    return ends[place]


def _last(patterns: Iterable[re.Pattern[str]], text: str) -> int | None:
    """Where the last match of any of them begins; each by itself begins with letters to skip to."""
    return max((found.start() for pattern in patterns for found in pattern.finditer(text)), default=None)
