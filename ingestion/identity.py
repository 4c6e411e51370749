"""A cable's id: from its own lines, its source, its file name; canonical form and other spellings."""

from __future__ import annotations

import re
from functools import lru_cache

from ingestion.posts import find_post
from rag.text.mrn import MessageNumber, read_mrn

_ARCHIVE = re.compile(r"^(?P<year>19\d\d)(?P<post>[A-Z]{2,6})(?P<serial>\d{5,6})$")
_SHORT = re.compile(r"^(?P<year>\d\d)(?P<post>[A-Z]{3,24})(?P<serial>\d{1,8})$")
# "09SECTION01OF03SANJOSE525": a banner glued to the post by whoever extracted the id.
_GLUED = re.compile(r"(?<=\d\d)(?:(?:UNCLAS|CONFIDENTIAL|SECRET)?SECTION\d{1,2}OF\d{1,2}|UNCLAS(?=[A-Z]))")

_NO_SIGN_OF_IDS = re.compile(r"[^A-Z0-9]")

# The archive prints serials with five digits, the Department's own with six.
_DIGITS = 5
_STATE_DIGITS = 6


def is_archive_id(text: str) -> bool:
    """Whether `text` has the form of the 1973-79 archive: ``1978GUATEM00316``."""
    return _ARCHIVE.match(text) is not None


# The formats and the parser ask for the id of the same file several times.
@lru_cache(maxsize=64)
def mend_id(text: str) -> str:
    """A message number as printed, without a banner that was glued to it and without leading zeros."""
    plain = _GLUED.sub("", _NO_SIGN_OF_IDS.sub("", text.upper()))
    archive = _ARCHIVE.match(plain)
    if archive:
        # Some records print a sixth digit that their own id does not have: 1973ABIDJA000073.
        surplus = (
            archive["post"] != "STATE" and len(archive["serial"]) > _DIGITS and archive["serial"][0] == "0"
        )
        return f"{archive['year']}{archive['post']}{archive['serial'][surplus:]}"
    found = _SHORT.match(plain)
    return f"{found['year']}{found['post']}{int(found['serial'])}" if found else plain


def names_post(cable_id: str) -> bool:
    """Whether the post in a message number is on the closed list."""
    number = read_mrn(cable_id)
    return number is not None and find_post(number.post) is not None


def short_id(year: int, post: str, serial: int) -> str:
    """``(2009, "Astana", 1206) -> "09ASTANA1206"``, the post in its form on the closed list."""
    known = find_post(post)
    return MessageNumber(year, known.short if known else re.sub(r"[^A-Z]", "", post.upper()), serial).short_id


def archive_id(year: int, post: str, serial: int) -> str:
    """``(1976, "New Delhi", 13223) -> "1976NEWDE13223"``."""
    known = find_post(post)
    code = known.archive if known else re.sub(r"[^A-Z]", "", post.upper())[:6]
    return f"{year:04d}{code}{serial:0{_STATE_DIGITS if code == 'STATE' else _DIGITS}d}"


def spellings(cable_id: str) -> tuple[str, ...]:
    """Other spellings of the id: the modern form and the archive's, without `cable_id` itself."""
    number = read_mrn(cable_id)
    if number is None or number.year is None:
        return ()
    known = find_post(number.post)
    posts = dict.fromkeys((number.post, *((known.short,) if known else ())))
    forms = [MessageNumber(number.year, post, number.serial).short_id for post in posts]
    forms += [f"{number.year:04d}{post}{number.serial}" for post in posts]
    return tuple(form for form in dict.fromkeys(forms) if form != cable_id)
