"""Web pages: HTML to its visible text, with the map back to the source."""

from __future__ import annotations

import html
import re
from functools import lru_cache

from ingestion.views import Cut, View, cut_out

_HTML = re.compile(r"<\s*(?:!doctype\s+html|html|head|body|table|div|pre|p|code)\b", re.I)
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<hidden>script|style|head|nav|template)\b.*?(?:</(?P=hidden)\s*>|\Z)"
    r"|<\s*(?P<close>/?)\s*(?P<tag>[a-zA-Z][\w:-]*)(?:[^<>\"']|\"[^\"<]{0,2000}\"|'[^'<]{0,2000}')*>|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|\w{2,31});",
    re.S | re.I,
)
_LINE_TAGS = frozenset(
    "br p div tr li ul ol table thead tbody pre h1 h2 h3 h4 h5 h6 hr td th dt dd section article"
    " header footer form".split()
)


def is_html(sample: str) -> bool:
    """Whether a text's beginning is HTML."""
    head = sample.lstrip("\ufeff \t\r\n")[:2000]
    return head.startswith("<") and _HTML.search(head) is not None


# Asked for when the format is looked for, and again when the page is read; the reader lets go of it.
@lru_cache(maxsize=1)
def visible_page(text: str) -> View:
    """The visible text of an HTML page; block elements end a line, entities become their characters."""
    return cut_out(text, (_cut(found) for found in _MARKUP.finditer(text)))


def _cut(found: re.Match[str]) -> Cut:
    tag = found["tag"]
    if tag and tag.lower() == "br" and found.string[found.end() : found.end() + 1] in ("\n", "\r"):
        return Cut(found.start(), found.end(), "markup")
    if tag:
        return Cut(found.start(), found.end(), "markup", "\n" if tag.lower() in _LINE_TAGS else "")
    if found[0].startswith("&"):
        return Cut(found.start(), found.end(), "entity", html.unescape(found[0]).replace("\xa0", " "))
    return Cut(found.start(), found.end(), "markup")
