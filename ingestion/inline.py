"""Page furniture inside a line: stamps, and banners that were glued to the text beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ingestion.lines import Lines
from ingestion.patterns import CLASS
from ingestion.posts import find_post
from ingestion.views import Cut, View, compose, cut_out

_STAMP = re.compile(
    r"(?:Declassified/|DECLASSIFIED/)?(?:Released|RELEASED|Declassified|DECLASSIFIED)\s(?i:US\sDepartment\sof\sState\s"
    r"EO\sSystematic\sReview)\s\d{1,2}\s[A-Za-z]{3}\s\d{4}"
    r"|UNCLASSIFIED[ \t]+U\.S\.[ \t]+Department[ \t]+of[ \t]+State[ \t]+Case[ \t]+No\.[^\n]*"
    r"|^[ \t]*(?:RELEASED?|Released?)[ \t]+(?:IN|in)[ \t]+(?i:FULL|PART)(?:[ \t]+[AB]\d(?:\.\d)?)*[ \t]*$"
    r"|^[ \t]*(?:DECLASSIFIED|Declassified)[ \t]+(?i:BY|AUTHORITY)[: \t][^\n]*$",
    re.M,
)
# The name of the official who signed the stamp stands before it: "Sheryl P. Walter Declassified/Released".
_SIGNER = re.compile(
    r"(?:(?<=^)|(?<=\s))(?:[A-Z][a-z'-]+|[A-Z]\.)(?:[ \t](?:[A-Z][a-z'-]+|[A-Z]\.)){1,3}[ \t]+$"
)
# With one of these words every stamp begins, whatever blanks stand before it.
_STAMP_WORDS = ("DECLASSIFIED", "Declassified", "RELEASE", "Release", "UNCLASSIFIED")

_SECTION = re.compile(
    rf"^[ \t]*\*?{CLASS}\s+(?:FINAL\s+)?SECTION\s+\d{{1,2}}\s+OF\s+\d{{1,2}}\s+[A-Z][A-Z .]*?\s+\d{{3,8}}"
    r"(?=[ \t]+[A-Z0-9(\"])",
    re.M,
)
# What every such header ends with: cheap to look for.
_SECTION_END = re.compile(r"SECTION\s+\d{1,2}\s+OF\s+\d{1,2}\s+[A-Z][A-Z .]*?\s+\d{3,8}[ \t]+[A-Z0-9(\"]")
_ROUTING = re.compile(r"(?<=[^\s-])[ \t]+-{6,}\d{6}Z?[ \t]+\d{6}Z?[^\n]{0,10}$", re.M)
_ROUTING_END = re.compile(r"------\d{6}Z?[ \t]+\d{6}")
_BANNER = re.compile(r"0(?<= 0)\d{7}\s{1,3}\d{3}(?:\.\d{1,2})?\s{1,2}OF\s{1,2}\d{3}(?!\d)")
# Some texts print a hanging indent as dashes.
_DASHES = re.compile(r"^-{3}[ ](?=[A-Z])", re.M)
_REST_OF_LINE = re.compile(r"[^\r\n]*")
_POST_WORD = re.compile(r"[A-Z'.-]+")
_StampedLine = tuple[int, int, tuple[tuple[int, int], ...]]
_LONGEST_POST = 4
_SIGNER_LENGTH = 40


def without_inline_furniture(visible: View) -> View:
    """`visible` without what stands in its lines beside text: stamps, section and page banners."""
    cuts = sorted(_cuts(visible.text), key=lambda cut: cut.start)
    if not cuts:
        return visible
    apart = [
        cut for last, cut in zip([None, *cuts], cuts, strict=False) if last is None or last.end <= cut.start
    ]
    return compose(cut_out(visible.text, apart), visible)


def _cuts(text: str) -> Iterator[Cut]:
    yield from _stamps(text)
    if "SECTION" in text and _SECTION_END.search(text):
        yield from (Cut(found.start(), found.end(), "section_header") for found in _SECTION.finditer(text))
    if "------" in text and _ROUTING_END.search(text):
        yield from (Cut(found.start(), found.end(), "section_header") for found in _ROUTING.finditer(text))
    if "--- " in text:
        yield from (Cut(found.start(), found.end(), "rule") for found in _DASHES.finditer(text))
    if " OF " in text:
        yield from _banners(text)


def _stamps(text: str) -> Iterator[Cut]:
    """Stamps beside text; those that fill a line are left for `strip_stamp_lines`."""
    for start, end, spans in _stamped_lines(text):
        if not _is_all_stamps(text, start, end, spans):
            yield from (Cut(first, last, "declassification_stamp") for first, last in spans)


def strip_stamp_lines(lines: Lines) -> None:
    """Give the lines that hold stamps and nothing else their reason."""
    full = {
        start
        for start, end, spans in _stamped_lines(lines.text)
        if _is_all_stamps(lines.text, start, end, spans)
    }
    if full:
        for index, start in enumerate(lines.starts):
            if start in full and lines.roles[index] is None:
                lines.roles[index] = "declassification_stamp"
    _stamped_lines.cache_clear()


# Asked twice of a text from which nothing is cut, and let go of behind the second time.
@lru_cache(maxsize=1)
def _stamped_lines(text: str) -> tuple[_StampedLine, ...]:
    """Lines with stamps, trimmed: start, end, and where in the text their stamps stand."""
    found: list[_StampedLine] = []
    begin = end = after = 0
    spans: list[tuple[int, int]] = []
    for first in _stamp_places(text):
        if first < after:
            continue
        indent = first
        while indent > after and text[indent - 1] in " \t":
            indent -= 1
        last = end if first < end else len(text)
        stamp = _STAMP.match(text, indent, last) or _STAMP.match(text, first, last)
        if stamp is None:
            continue
        if first >= end:
            if spans:
                found.append((*_trimmed(text, begin, end), tuple(spans)))
            begin = max(text.rfind("\n", 0, stamp.start()), text.rfind("\r", 0, stamp.start())) + 1
            rest = _REST_OF_LINE.match(text, stamp.end())
            end = rest.end() if rest else stamp.end()
            spans, after = [], begin
        signer = _SIGNER.search(text[max(stamp.start() - _SIGNER_LENGTH, after) : stamp.start()])
        after = stamp.end()
        spans.append((stamp.start() - len(signer[0]) if signer else stamp.start(), after))
    if spans:
        found.append((*_trimmed(text, begin, end), tuple(spans)))
    return tuple(found)


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    line = text[begin:end]
    return begin + len(line) - len(line.lstrip()), begin + len(line.rstrip())


def _stamp_places(text: str) -> list[int]:
    """Where the words stand with which stamps begin: finding them is far cheaper than trying the pattern."""
    places: list[int] = []
    for word in _STAMP_WORDS:
        place = text.find(word)
        while place >= 0:
            places.append(place)
            place = text.find(word, place + 1)
    return sorted(places)


def _is_all_stamps(text: str, start: int, end: int, spans: tuple[tuple[int, int], ...]) -> bool:
    places = [start, *(place for span in spans for place in span), end]
    return not any(text[places[i] : places[i + 1]].strip() for i in range(0, len(places), 2))


def _banners(text: str) -> Iterator[Cut]:
    """Page banners with text on their line: "for the ASTANA 00001206  002 OF 003 government"."""
    for found in _BANNER.finditer(text):
        begin = max(text.rfind("\n", 0, found.start()), text.rfind("\r", 0, found.start())) + 1
        words = list(_POST_WORD.finditer(text[max(begin, found.start() - 60) : found.start()]))[
            -_LONGEST_POST:
        ]
        origin = max(begin, found.start() - 60)
        start = next(
            (origin + w.start() for w in words if find_post(text[origin + w.start() : found.start()])), None
        )
        if start is None:
            continue
        rest = _REST_OF_LINE.match(text, found.end())
        if text[begin:start].strip(" *") or (rest and rest[0].strip()):
            yield Cut(start, found.end(), "page_banner")
