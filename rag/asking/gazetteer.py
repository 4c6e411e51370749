"""Places in a question: posts, cities and countries under every name, with the origins that stand for them.

Facts and their source: ``rag/data/posts.json``, ``rag/data/countries.json``, ``rag/data/tags.json``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

# A name of at most so many letters is also a word ("nice", "pole"): it counts only with a capital.
_SHORT_NAME = 5
_ALSO_WORDS = frozenset({"turkey", "polish", "jordan", "georgia", "victoria", "welsh", "english", "mexico"})
_RANKED = re.compile(r"^(?:Embassy|Consulate|Interests Section|Mission|Office|REO) (?P<city>.+)$")
_DEPARTMENT = "Secretary of State"
_DEPARTMENT_NAMES = (
    "Department of State", "State Department", "SecState", "Secretary of State", "the Department"
)  # fmt: skip
_HEADQUARTERS = re.compile(r"Washington|JCS|National Security|traveling|Secretary of State|SALT")


@dataclass(frozen=True, slots=True)
class Place:
    """``text[start:end]`` names a place; `origins` are the canonical names of its posts.

    `is_country` where many posts may be meant.
    """

    start: int
    end: int
    origins: tuple[str, ...]
    is_country: bool


@dataclass(frozen=True, slots=True)
class _Listing:
    names: dict[str, tuple[tuple[str, ...], bool]]
    pattern: re.Pattern[str]


def _load(name: str, key: str) -> list[dict[str, str | list[str]]]:
    loaded = json.loads(files("rag").joinpath("data", name).read_text(encoding="utf-8"))
    found = loaded[key]
    assert isinstance(found, list)
    return found


@cache
def _listing() -> _Listing:
    names: dict[str, tuple[tuple[str, ...], bool]] = {}
    of_city: dict[str, list[str]] = {}
    for post in _load("posts.json", "posts"):
        name = str(post["name"])
        ranked = _RANKED.match(name)
        if ranked:
            of_city.setdefault(ranked["city"], []).append(name)
        if not _HEADQUARTERS.search(name):
            for form in post["forms"]:
                names.setdefault(form.casefold(), ((name,), False))
        names[name.casefold()] = ((name,), False)
    for city, posts in of_city.items():
        names[city.casefold()] = (tuple(posts), False)
    for country in _load("countries.json", "countries"):
        origins = tuple(post for city in country["cities"] for post in of_city.get(city, ()))
        for name in (str(country["name"]), *country["also"]):
            # "Guatemala" and "Kuwait" are country and post: the country's posts hold both.
            names[name.casefold()] = (origins, True)
    for name in _DEPARTMENT_NAMES:
        names[name.casefold()] = ((_DEPARTMENT,), False)
    # By first letters, so that at each place of a text a few of the thousand names are tried and not all.
    behind: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        behind.setdefault(name[0], []).append(re.escape(name[1:]))
    any_name = "|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in behind.items())
    pattern = re.compile(rf"(?<![\w-])(?:{any_name})(?![\w-])", re.IGNORECASE)
    return _Listing(names, pattern)


@cache
def one_word_places() -> dict[str, str]:
    """Cities of posts and countries, whose names are one word, in small letters, each with what it names.

    Example: ``{"morocco": "Morocco", "moroccan": "Morocco", "rabat": "Rabat"}``.
    """
    names: dict[str, str] = {}
    for post in _load("posts.json", "posts"):
        if ranked := _RANKED.match(str(post["name"])):
            names |= {name.casefold(): ranked["city"] for name in (ranked["city"], *post["forms"])}
    for country in _load("countries.json", "countries"):
        names |= {name.casefold(): str(country["name"]) for name in (str(country["name"]), *country["also"])}
    return {name: named for name, named in names.items() if name.isalpha()}


@lru_cache(maxsize=64)
def find_places(text: str) -> tuple[Place, ...]:
    """The places that a text names, longest names first where they overlap, in the order of the text.

    Example: "cables from Kuala Lumpur" -> one place with the origin "Embassy Kuala Lumpur".
    """
    listing = _listing()
    found = []
    for match in listing.pattern.finditer(text):
        name = match.group()
        lowered = name.casefold()
        origins, is_country = listing.names[lowered]
        plain_word = len(name) <= _SHORT_NAME or lowered in _ALSO_WORDS
        if plain_word and not name[0].isupper():
            continue
        found.append(Place(match.start(), match.end(), origins, is_country))
    return tuple(found)


@cache
def tag_meanings() -> dict[str, str]:
    """What every listed TAGS code stands for: ``{"PREL": "External political relations", ...}``."""
    loaded = json.loads(files("rag").joinpath("data", "tags.json").read_text(encoding="utf-8"))
    return {**loaded["subjects"], **loaded["organizations"], **loaded["places"]}


@cache
def tags_meaning(words: str) -> tuple[str, ...]:
    """The codes whose meaning is `words`, or begins with it: "human rights" -> ("PHUM", "SHUM")."""
    wanted = " ".join(words.casefold().split())
    exact = [code for code, meaning in tag_meanings().items() if _plain(meaning) == wanted]
    if exact or len(wanted) < 4:
        return tuple(sorted(exact))
    return tuple(
        sorted(code for code, meaning in tag_meanings().items() if _plain(meaning).startswith(wanted))
    )


def _plain(meaning: str) -> str:
    return re.sub(r"\s*\(.*\)", "", meaning).casefold()
