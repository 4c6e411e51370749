"""TAGS codes and what they stand for.

Facts and their source: ``rag/data/tags.json``.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files


@cache
def listed_tags() -> dict[str, str]:
    """Every code with its meaning: subjects, organisations, places."""
    read: dict[str, dict[str, str]] = json.loads(
        files("rag").joinpath("data/tags.json").read_text(encoding="utf-8")
    )
    return read["subjects"] | read["organizations"] | read["places"]


def meaning_of(tag: str) -> str | None:
    """What a tag stands for: ``"PREL" -> "External political relations"``; None where it is not listed."""
    return listed_tags().get(tag.split(" ", 1)[0])


def codes_of(text: str) -> tuple[str, ...]:
    """The tag itself, and every code that means `text`: ``"trafficking in persons" -> (..., "KTIP")``."""
    return (text, *_codes().get(_folded(text), ()))


@cache
def _codes() -> dict[str, tuple[str, ...]]:
    codes: dict[str, tuple[str, ...]] = {}
    for code, meaning in listed_tags().items():
        codes[_folded(meaning)] = (*codes.get(_folded(meaning), ()), code)
    return codes


def _folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
