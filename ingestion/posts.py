"""The closed list of posts: which names a message number may carry, and what each post is called.

Facts and their source: ``rag/data/posts.json``.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rag.text.mrn import POST_CUT

_RANKS = re.compile(
    r"^(?:(?:US|AM|U\.S\.)?(?:EMBASSY|EMB|CONSULATE(?:\s+GENERAL)?|CONSUL|CONGEN|MISSION|OFFICE|LO|INT|DEL)|MEMBASSY)\s+"
)
_GLUED = re.compile(r"^(?:SECTION\d{1,2}OF\d{1,2}|UNCLAS|CONFIDENTIAL|SECRET|EFTO|STADIS)+(?=[A-Z]{3})")


@dataclass(frozen=True, slots=True)
class Post:
    """A post: canonical `name`, its form in modern message numbers, its form in the 1973-79 archive."""

    name: str
    short: str
    archive: str


def letters(text: str) -> str:
    """Upper-case letters of `text`, accents removed: ``"São Paulo" -> "SAOPAULO"``."""
    plain = unicodedata.normalize("NFKD", text).upper()
    return "".join(sign for sign in plain if "A" <= sign <= "Z")


@cache
def _index() -> dict[str, Post]:
    listing = json.loads(files("rag").joinpath("data/posts.json").read_text(encoding="utf-8"))
    index: dict[str, Post] = {}
    cuts: dict[str, Post] = {}
    for entry in listing["posts"]:
        forms: list[str] = entry["forms"]
        # The archive cuts the name with its blanks to six signs, then drops the blanks: NEW DELHI -> NEWDE.
        post = Post(entry["name"], letters(forms[0]), letters(forms[0][:POST_CUT]))
        for form in forms:
            index[letters(form)] = post
            cuts.setdefault(letters(form[:POST_CUT]), post)
            cuts.setdefault(letters(form)[:POST_CUT], post)
        index.setdefault(letters(entry["name"]), post)
    return cuts | index


@cache
def find_post(text: str) -> Post | None:
    """The post that `text` names in any form: ``AMEMBASSY ASTANA``, ``BKK``, ``NEWDE``..."""
    index = _index()
    plain = " ".join(text.upper().split())
    for candidate in (plain, _RANKS.sub("", plain)):
        found = index.get(letters(candidate))
        if found:
            return found
    return index.get(_GLUED.sub("", re.sub(r"[^A-Z0-9]", "", plain)))
