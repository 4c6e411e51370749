"""Follow-ups made to stand alone, by rule: what a question leans on is put behind it.

History is context for finding, never evidence: of an answer only the names come along, since the rest of it
draws the search to the paragraph that has answered already.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.asking.gazetteer import find_places
from rag.text import lexicon
from rag.text.citations import MARKER
from rag.text.mrn import read_mrn
from rag.text.periods import read_periods
from rag.text.words import Word, place_of, words_of
from rag.types import Turn

# Who made a follow-up stand alone, where no language model did.
RULES = "rules"
_GOES_ON = re.compile(r"^(?:and|but|also|so|or|then)\b|^(?:what|how) about\b", re.IGNORECASE)
# "That" before a clause of its own ("said that the ...", "the vaccine that USAID bought") stands for nothing.
_STANDS_FOR = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|those|this|these|there|then|one|ones"
    r"|that(?!\s+(?:(?-i:[A-Z\d])|(?:an?|the|s?he|it|they|there|no|some|all|its|his|her|their|our)\b))"
    r"|the same|the (?:rest|others?|former|latter)(?! of\b)|did so|do so)\b",
    re.IGNORECASE,
)
# Below this many words a question such as "Why?" or "On which date?" says too little to stand alone.
_SHORT_QUESTION_WORDS = 5
# Small words between those of a search by words: "hostages in Tehran".
_BETWEEN_WORDS = frozenset("and at by for from in of on or to with".split())
# What asks for more of what was said, or for what any subject has; offices ("Who was President?" asks for the
# one of the talk); and days without a year. None opens a subject.
_ASKS_ON = frozenset(
    """
    again aim anything else everything amount analysis answer attitude background briefly cause chronology
    clarify comment conclusion condition consequence context continue correct date decision definition
    detail details effect elaborate evidence example exact expand explain explanation extent fact figure
    final full give go government history impact implication issue language length limit list location
    long longer meaning method more motivation motive name next number official ok okay opinion opposition
    original outcome paragraph participant percent percentage please point position precise press previous
    problem proof proposal public purpose quotation quote reaction reason recommendation reply response
    result role short shorter show significance simple situation source specific stance status step sum
    summaries summarise summarize summary sure table tell term text thank thanks time timeline total
    translate translation value verbatim version view whole word wording yes
    ambassador attache chairman chairperson charge chief commissioner consul counselor deputy director
    emperor foreign general governor head king lady leader lord member minister officer pope premier
    president prime prince princess queen secretary senator shah speaker spokesman vice
    january february april june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday today yesterday tomorrow year quarter half month week day decade
    season early mid late first second third fourth last
    """.split()
)
_ADVERB = re.compile(r"\w{2,}(?:al|ive|ate|ed|ing|ous|ant|ent)ly")
_WHO_IS = re.compile(
    r"(?i:who|what)\s+(?:is|are|was|were)\s+(?P<name>[A-Z][\w'’-]*(?:\s+[A-Z][\w'’-]*)*)[\s?.!]*"
)
# In a question of so many words a name or year before the pronoun is what it stands for: "Which Norwegian
# minister told London in 1973 that he would mediate?"
_FULL_QUESTION_WORDS = 12
_NAMED = re.compile(r"(?<!^)\b[A-Z][\w'’-]|\b(?:1[89]|20)\d\d\b")
# Of an earlier question or answer no more is taken along: some sixty tokens.
_TURN_CHARS = 300
# A name, with the small words within it: "Anders Thunborg", "Foreign Minister Van der Klaauw".
_NAME = re.compile(r"[A-Z][\w'’-]*(?:\s+(?:(?:of|the|and|de|van|der|den|al|bin|la)\s+){0,2}[A-Z][\w'’-]*)*")
_FIRST_WORDS = frozenset(
    (
        "a an and are as at but by did do does for from had has have he her his how i in is it its no not of "
        "on or our several she so some that the their then there these they this those to was we were what "
        "when where which who why will with yes you your"
    ).split()
)


def is_follow_up(text: str, talk: Sequence[Turn] = ()) -> bool:
    """Whether a question leans on what was said before: "And wholesale prices?", "Why?".

    What is short leans, unless it opens a subject that the `talk` before it has no word of; and so does what
    has no word of a subject at all: "Give me the full text".
    """
    words = len(text.split())
    if _GOES_ON.search(text):
        return True
    if words < _SHORT_QUESTION_WORDS:
        return not _opens_a_subject(text, talk)
    if not _of_a_subject(text, dated=True):
        return True
    pronoun = _STANDS_FOR.search(text)
    if pronoun is None:
        return False
    return words < _FULL_QUESTION_WORDS or _NAMED.search(text, 0, pronoun.start()) is None


def standalone(text: str, history: tuple[Turn, ...]) -> str:
    """The question with what it leans on behind it: the question before, and the names of its answer.

    Where the question before leans itself, the last one that did not comes along too. The question stands
    first, since encoder and reader cut what is too long at its end. Example: "What job had he held?" becomes
    "What job had he held? Which employee was detained in 1979? John Dookley".
    """
    if not history or not is_follow_up(text, history):
        return text
    turns = [history[-1]]
    opened = len(history) - 1
    while opened and is_follow_up(history[opened].question, history[:opened]):
        opened -= 1
    if opened < len(history) - 1:
        turns.insert(0, history[opened])
    names = dict.fromkeys(name for turn in turns for name in _names(plain_turn(turn.answer)))
    # A question of blanks is refused before it comes here; one in the history says nothing.
    return " ".join(part for part in (text, *(plain_turn(turn.question) for turn in turns), *names) if part)


def _opens_a_subject(text: str, talk: Sequence[Turn]) -> bool:
    """Whether a short text stands alone: words to search by ("hostages"), or "Who was Idi Amin?".

    An ellipsis asks: "Casualties?" is what the talk is asked for, and "casualties" what the collection is.
    """
    who = _WHO_IS.fullmatch(text.strip())
    if who is None and "?" in text:
        return False
    named = who["name"] if who else text
    subject = words_of(named)
    if _names_a_cable(named):
        return True
    if not subject or not subject[0].content or _ADVERB.fullmatch(subject[0].base):
        return False
    opening = _of_a_subject(named)
    if not opening:
        return False
    # "Danish demands" may be those of another side; "Bonn summit" and "Soviet grain imports" are new.
    if len(opening) == 1 and _is_of_a_people(named, subject[: subject.index(opening[0])]):
        return False
    said = {word.stem for turn in talk for word in words_of(f"{turn.question} {turn.answer}")}
    return all(
        word.base in _BETWEEN_WORDS
        or (word.content and word.base not in lexicon.glue() and word.stem not in said)
        for word in subject
    )


def _of_a_subject(text: str, *, dated: bool = False) -> list[Word]:
    """The words of a text that tell what it is about: not how it asks; when and where only if `dated`."""
    dates = read_periods(text)
    return [
        word
        for word in words_of(text)
        if word.content
        and _ASKS_ON.isdisjoint((word.base, word.base.removesuffix("s")))
        and word.base not in lexicon.glue()
        and (dated or not (word.number or place_of(word.stem)))
        and (dated or not any(date.start <= word.start < date.end for date in dates))
    ]


def _names_a_cable(text: str) -> bool:
    """Whether the whole of a text is a message number: "05TALLINN7", "Astana 1206", and not "Oslo 1978"."""
    number = read_mrn(text)
    if number is None or number.year is not None:
        return number is not None
    return bool(find_places(text)) and not read_periods(text)


def _is_of_a_people(text: str, words: Sequence[Word]) -> bool:
    """Whether one of the words is of a people ("Danish"), and neither its country nor a city of it."""
    cities = {place.start for place in find_places(text) if not place.is_country}
    countries = {row[0] for row in lexicon.places()}
    return any(
        place_of(word.stem) and word.base not in countries and word.start not in cities for word in words
    )


def plain_turn(text: str) -> str:
    """One line without citation markers, cut between words."""
    plain = " ".join(MARKER.sub(" ", text).split())
    return plain if len(plain) <= _TURN_CHARS else plain[:_TURN_CHARS].rsplit(" ", 1)[0]


def _names(text: str) -> list[str]:
    """Runs of capitalized words; the word that opens a sentence counts only within a run of others."""
    names = []
    for match in _NAME.finditer(text):
        words = match.group().split()
        while words and words[0].lower() in _FIRST_WORDS:
            words = words[1:]
        opens = match.start() == 0 or text[: match.start()].rstrip().endswith((".", "!", "?"))
        if len(words) == 1 and opens and len(match.group().split()) == 1 and len(text.split()) > 1:
            continue
        if words:
            names.append(" ".join(words))
    return names
