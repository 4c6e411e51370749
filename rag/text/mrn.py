"""Message numbers: every way in which a cable's id is written, read into year, post and serial.

    "Astana 1206 of 2009" -> MessageNumber(year=2009, post="ASTANA", serial=1206) -> "09ASTANA1206"

Reading is by shape only: whether there is such a post or such a cable is for the caller to ask of
the closed list of posts, or of the collection.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# The electronic archive of the State Department begins in 1973; web-archive cables end in 2010.
# Two digits from 66 on are read as 19xx (1966 is the oldest cable in the archives that print them).
_PIVOT = 66
# The older archive cuts a post's name to six letters: "GUATEM" is Guatemala.
POST_CUT = 6


@dataclass(frozen=True, slots=True)
class MessageNumber:
    """A message number as read. `post` is upper-case letters without blanks; `year` has four digits."""

    year: int | None
    post: str
    serial: int

    @property
    def short_id(self) -> str:
        """``09ASTANA1206``: the form with a two-digit year. Without a year: ``ASTANA1206``."""
        year = "" if self.year is None else f"{self.year % 100:02d}"
        return f"{year}{self.post}{self.serial}"

    @property
    def archive_id(self) -> str:
        """``1978GUATEM00316``: four-digit year, post cut to six letters, serial of five digits."""
        year = "" if self.year is None else f"{self.year:04d}"
        return f"{year}{self.post[:POST_CUT]}{self.serial:05d}"


_YEAR = r"(?P<year>(?:19|20)\d\d|\d\d)"
_POST = r"(?P<post>[A-Z][A-Z .'’/-]*?)"
_SERIAL = r"0*(?P<serial>\d{1,7})"
_AFTER = r"(?:\s*(?:,|OF|IN|FROM|\()\s*['’]?(?P<after>(?:19|20)\d\d|\d\d)\s*\)?)"
_NOUN = r"(?:CABLE|TELEGRAM|TEL|MESSAGE|REFTEL|MRN)"
_NUMBER = r"(?:NO\.?\s*|NUMBER\s+|NR\.?\s*|#\s*)?"
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        # 09ASTANA1206, 09 ASTANA 1206, 2009ASTANA1206, 09-ASTANA-1206, 09Astana01206
        rf"['’]?{_YEAR}[\s/-]*{_POST}[\s/-]*{_SERIAL}",
        # Astana 1206, ASTANA 00001206, Astana 1206 of 2009, Astana cable no. 1206, Astana-1206
        rf"{_POST}[\s/-]*(?:{_NOUN}\s+)?{_NUMBER}{_SERIAL}{_AFTER}?",
        # cable 1206 from Astana, telegram no. 1206 of 2009 from Embassy Astana
        rf"{_NOUN}\s+{_NUMBER}{_SERIAL}{_AFTER}?\s+(?:FROM|OF|BY)\s+{_POST}"
        r"(?:\s*(?:,|OF|IN|\()\s*['’]?(?P<late>(?:19|20)\d\d|\d\d)\s*\)?)?",
    )
)
_NO_LETTER = re.compile(r"[^A-Z]")
_LONGEST = 120  # nobody spells one out at that length, and the forms take the square of it
_LEADING = re.compile(
    r"^(?:(?:THE|REF(?:TEL)?\s*[A-Z]?[:.)]|CABLE|TELEGRAM|MESSAGE|MRN[:.]?|US|U\.S\.)\s+)*"
    r"(?:(?:AM)?(?:EMBASSY|CONSUL|CONGEN)|CONSULATE(?:\s+GENERAL)?|MISSION)?(?:\s+(?:IN|AT)\b)?\s*"
)


def full_year(digits: str) -> int:
    """``"09" -> 2009``, ``"73" -> 1973``, ``"1978" -> 1978``."""
    number = int(digits)
    if len(digits) == 4:
        return number
    return number + (1900 if number >= _PIVOT else 2000)


# A cable's own number is asked for several times while it is parsed.
@lru_cache(maxsize=1_024)
def read_mrn(text: str) -> MessageNumber | None:
    """Read a text that is one message number and nothing else; None where it is none."""
    plain = " ".join(unicodedata.normalize("NFKD", text).upper().split()).strip(" .,;:'\"()[]")
    if not plain.isascii():
        plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    if len(plain) > _LONGEST:
        return None
    for candidate in dict.fromkeys((plain, _LEADING.sub("", plain, count=1))):
        for form in _FORMS:
            found = form.fullmatch(candidate)
            if found is None:
                continue
            groups = found.groupdict()
            post = _NO_LETTER.sub("", _LEADING.sub("", groups["post"], count=1))
            year = groups.get("year") or groups.get("after") or groups.get("late")
            if len(post) >= 2 and int(groups["serial"]) > 0:
                return MessageNumber(full_year(year) if year else None, post, int(groups["serial"]))
    return None


def fold_id(text: str) -> str:
    """Letters and digits only, upper case: the loosest form in which two spellings are the same."""
    return re.sub(r"[^A-Z0-9]", "", unicodedata.normalize("NFKD", text).upper())


def lookup_keys(text: str) -> tuple[str, ...]:
    """Keys under which a spelling is stored and looked up, the most exact first.

    ``"09 Astana 1206" -> ("09ASTANA1206", "ASTANA/1206/2009", "ASTANA/1206")``. Keys hold the post cut to
    six letters, so that the two archives' forms of one number meet.
    """
    keys = [fold_id(text)]
    number = read_mrn(text)
    if number is not None:
        post = number.post[:POST_CUT]
        if number.year is not None:
            keys.append(f"{post}/{number.serial}/{number.year}")
        keys.append(f"{post}/{number.serial}")
    return tuple(dict.fromkeys(key for key in keys if key))
