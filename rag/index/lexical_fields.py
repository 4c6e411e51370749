"""What of a paragraph is indexed by words: the fields, their weights, and how their text is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.text.tags import meaning_of
from rag.types import CableHeader, Paragraph

# Weights of the fields. Subject and heading say what a paragraph is about but are shared by many.
BOOSTS = {"text": 1.0, "heading": 0.5, "subject": 0.3, "origin": 0.3, "cable_id": 0.5, "tags": 0.1}
# Words that stand in most paragraphs and in most questions: without them a question's words count.
STOP_WORDS = (
    "a an and are as at be been but by did do does for from had has have he her his how i if in into is it "
    "its many much no not of on or our she so such that the their them then there these they this to was we "
    "were what when where which who whom whose why will with would you your"
).split()

# Among so many paragraphs, words that stand in more than a fifth of them are not looked for while so many
# others of a question remain: they took a third of the time. Without them the development sets' questions are
# as well answered, whatever their size; smaller collections are searched in no time.
MANY, COMMON, ENOUGH = 100_000, 1 / 5, 3

_ACRONYM = re.compile(r"\b(?:[A-Za-z]\.){2,}")
# Patterns that begin with a sign are looked for many times faster: every text goes through here.
_IN_ACRONYM = re.compile(r"\.[A-Za-z]\.")
_THOUSANDS = re.compile(r",(?<=\d,)(?=\d{3}\b)")


@dataclass(frozen=True, slots=True)
class ScoredParagraph:
    """A paragraph and its BM25 score, summed over fields with their weights."""

    cable_id: str
    label: str
    score: float


def indexed_fields(paragraph: Paragraph, header: CableHeader) -> dict[str, str]:
    """The text of every field of `BOOSTS` for a paragraph."""
    return {
        "text": fold(paragraph.text),
        "heading": fold(paragraph.heading or ""),
        **_of_cable(paragraph.cable_id, header.subject or "", header.origin or "", header.tags),
    }


# The paragraphs of a cable come one behind the other.
@lru_cache(maxsize=4)
def _of_cable(cable_id: str, subject: str, origin: str, tags: tuple[str, ...]) -> Mapping[str, str]:
    return {
        "subject": fold(subject),
        "origin": fold(origin),
        "cable_id": _spell_out(cable_id),
        "tags": fold(" ".join([*tags, *_meanings(tags)])),
    }


def telling_terms(terms: dict[str, float], counts: Mapping[str, int], paragraphs: int) -> dict[str, float]:
    """Those of the `terms` that are looked for among all of so many paragraphs.

    `counts` has of each in how many texts it stands. Those that stand in none, such as a slip of the pen,
    say nothing; they are looked for, since a subject or a post may have them.
    """
    rarer = {term: weight for term, weight in terms.items() if counts[term] <= COMMON * paragraphs}
    enough = sum(counts[term] > 0 for term in rarer) >= ENOUGH
    return rarer if paragraphs >= MANY and enough else terms


def fold(text: str) -> str:
    """What a tokenizer would tear apart in one piece: ``"U.S." -> "US"``, ``"80,000" -> "80000"``."""
    if _IN_ACRONYM.search(text):
        text = _ACRONYM.sub(lambda match: match[0].replace(".", ""), text)
    return _THOUSANDS.sub("", text)


def _meanings(tags: Sequence[str]) -> Iterator[str]:
    """What codes stand for, so that "trafficking in persons" finds what is tagged KTIP."""
    return (meaning for tag in tags if (meaning := meaning_of(tag)))


def _spell_out(cable_id: str) -> str:
    """``"09ASTANA1206" -> "09ASTANA1206 09 ASTANA 1206"``: the id whole and in parts."""
    return f"{cable_id} {' '.join(re.findall(r'[0-9]+|[^0-9]+', cable_id))}"
