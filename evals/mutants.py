"""Mutants: hard falsehoods made from true (sentence, paragraph) pairs, to audit a verifier.

Where ``evals.mutations`` puts in what stands nowhere in the paragraph, these also move what does stand there:
a number of the paragraph, halves of sentences joined in a quotation, the sentence with another paragraph.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from evals.contraries import SPEECH, change_holder, change_opposite, put
from rag.text.citations import split_sentences
from rag.text.dates import dates_of
from rag.text.lexicon import places
from rag.text.words import is_capitals
from rag.verifying.checks.quantities import Quantity, quantities_of


class MutationKind(StrEnum):
    """What is made false."""

    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    NEGATION = "negation"
    SPEAKER = "speaker"
    HOLDER = "holder"
    OPPOSITE = "opposite"
    SPLICED_QUOTE = "spliced_quote"
    SWAPPED_CITATION = "swapped_citation"


@dataclass(frozen=True, slots=True)
class TruePair:
    """A sentence and the paragraph that bears it out."""

    cable_id: str
    label: str
    sentence: str
    paragraph: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A false sentence with the paragraph `cited` for it, and the true pair that it was made from."""

    kind: MutationKind
    sentence: str
    cited: TruePair
    origin: TruePair


_MONTHS = "January February March April May June July August September October November December".split()
_MONTH = re.compile("|".join(_MONTHS))
_SPEAKERS = (
    "the Swedish ambassador", "the Japanese foreign minister", "the deputy minister of fisheries",
    "General Okonkwo", "Ambassador Lindqvist", "the opposition leader Vasquez", "Minister Tanaka",
)  # fmt: skip
_SPEAKER_BEFORE = re.compile(rf"(?i)^(?:[^,;:]{{0,60}}?,\s)?(?P<who>[^,;:]{{2,60}}?)\s+(?P<verb>{SPEECH})\b")
_AUXILIARY = re.compile(
    r"(?i)\b(is|are|was|were|has|have|had|will|would|could|can|should|did|does|must|may)\b(?!\s+not)"
)
_NOT = re.compile(r"(?i)\b(?:not|never)\s+")
_TITLED = re.compile(
    r"(?i)\b(?:minister|president|ambassador|mr\.?|dr\.?|general|senator|chairman|counselor|secretary)\s+"
    r"(?P<name>[A-Z][A-Za-z'-]{3,})"
)
_TITLE_WORDS = frozenset(
    "minister president ambassador general chairman secretary said told that and the for has was will had his"
    " with would who from stated department foreign affairs deputy vice assistant".split()
)
_SURNAMES = (
    "Okonkwo Lindqvist Vasquez Tanaka Moreau Petrov Haraldsen Mbeki Castellano Novak Abdullahi".split()
)
_STRANGERS = "considerable harvest western reluctant several quarterly disputed".split()
_QUOTED_WORDS = 25


def change_number(sentence: str, paragraph: str, rng: random.Random) -> str | None:
    """Change one number: to another one of the paragraph where it has one, or to one that is near."""
    held = [q for q in quantities_of(sentence) if q.text[0].isdigit() or q.text[0] in "$£€" or q.value >= 4]
    held = [q for q in held if not _in_date(sentence, q)]
    if not held:
        return None
    chosen = rng.choice(held)
    said = {q.value for q in quantities_of(sentence)}
    other = [q for q in quantities_of(paragraph) if q.measure is chosen.measure and q.value not in said]
    elsewhere = [q.text for q in other if q.text[0].isdigit() and not _in_date(paragraph, q)]
    if elsewhere and rng.random() < 0.5:
        return put(sentence, chosen.start, chosen.end, rng.choice(elsewhere))
    digits = re.search(r"\d(?:[\d,]*\d)?(?:\.\d+)?", chosen.text)
    if digits is None:
        return put(sentence, chosen.start, chosen.end, str(int(chosen.value) + rng.choice([1, 2, 3, 10])))
    value = digits.group()
    spot = rng.choice([i for i, c in enumerate(value) if c.isdigit()])
    digit = rng.choice([d for d in "123456789" if d != value[spot]])
    start = chosen.start + digits.start()
    return put(sentence, start, start + len(value), value[:spot] + digit + value[spot + 1 :])


def _in_date(text: str, number: Quantity) -> bool:
    return any(d.start < number.end and number.start < d.end for d in dates_of(text))


def change_date(sentence: str, paragraph: str, rng: random.Random) -> str | None:
    """Move one date by its month, its day or its year to one that the paragraph does not have."""
    mentions = dates_of(sentence)
    if not mentions:
        return None
    chosen = rng.choice(mentions)
    there = dates_of(paragraph)
    text = chosen.text
    if chosen.month is not None and (chosen.day is None or rng.random() < 0.5):
        month = rng.choice([m for m in range(1, 13) if m not in {d.month for d in there}])
        name = _MONTHS[month - 1]
        changed = re.sub(r"[A-Za-z]{3,}\.?", name.upper() if text.isupper() else name, text, count=1)
    elif chosen.day is not None:
        taken = {d.day for d in there} | {d.last_day for d in there}
        day = rng.choice([d for d in range(1, 29) if d not in taken])
        changed = re.sub(r"(?<!\d)\d{1,2}(?!\d)", str(day), text, count=1)
    elif chosen.year is not None:
        years = [chosen.year + step for step in (-7, -4, -3, 3, 4, 6)]
        year = rng.choice([y for y in years if y not in {d.year for d in there}])
        changed = re.sub(r"\d{4}", str(year), text)
    else:
        return None
    return None if changed == text else put(sentence, chosen.start, chosen.end, changed)


def change_name(sentence: str, paragraph: str, rng: random.Random) -> str | None:
    """Put another person or country in a name's place, one that the paragraph does not have."""
    lowered = paragraph.lower()
    spots = [m.span("name") for m in _TITLED.finditer(sentence) if m["name"].lower() not in _TITLE_WORDS]
    candidates: list[tuple[int, int, Sequence[str]]] = [(a, b, _SURNAMES) for a, b in spots]
    countries = {row[0]: row for row in places() if len(row[0]) > 3}
    strangers = [name.title() for name, row in countries.items() if not any(word in lowered for word in row)]
    for name in countries:
        for match in re.finditer(rf"(?i)\b{name}\b", sentence):
            if match.group()[0].isupper():
                candidates.append((*match.span(), strangers))
    if not is_capitals(sentence):
        for match in re.finditer(r"(?<=[a-z,] )[A-Z][a-z]{3,}(?=[ ,.])", sentence):
            if not _MONTH.match(match.group()):
                candidates.append((*match.span(), _SURNAMES))
    if not candidates:
        return None
    start, end, pool = rng.choice(candidates)
    name = rng.choice([n for n in pool if n.lower() not in lowered])
    return put(sentence, start, end, name.upper() if sentence[start:end].isupper() else name)


def change_negation(sentence: str, paragraph: str, rng: random.Random) -> str | None:
    """Take a "not" out, or put one behind an auxiliary verb."""
    if found := list(_NOT.finditer(sentence)):
        chosen = rng.choice(found)
        return sentence[: chosen.start()] + sentence[chosen.end() :]
    auxiliaries = list(_AUXILIARY.finditer(sentence))
    if not auxiliaries:
        return None
    chosen = rng.choice(auxiliaries)
    word = "NOT" if is_capitals(sentence) else "not"
    return f"{sentence[: chosen.end()]} {word}{sentence[chosen.end() :]}"


def change_speaker(sentence: str, paragraph: str, rng: random.Random) -> str | None:
    """Give the words to somebody whom the paragraph does not name."""
    match = _SPEAKER_BEFORE.match(sentence)
    lowered = paragraph.lower()
    strangers = [s for s in _SPEAKERS if not any(word in lowered for word in s.lower().split()[1:])]
    if match is None or not strangers:
        return None
    who = rng.choice(strangers).upper() if is_capitals(sentence) else rng.choice(strangers)
    return put(sentence, *match.span("who"), who)


def splice_quote(sentence: str, paragraph: str, rng: random.Random) -> str | None:
    """Quote what does not stand there: two halves joined, or one word exchanged."""
    spans = split_sentences(paragraph)
    others = [paragraph[s.start : s.end] for s in spans if paragraph[s.start : s.end] != sentence]
    words = sentence.rstrip(".").split()
    if len(words) < 8:
        return None
    if others and rng.random() < 0.5:
        other = rng.choice(others).rstrip(".").split()
        if len(other) >= 6:
            cut = rng.randrange(3, min(len(words) - 2, 9))
            return _quoting(words[:cut] + other[-rng.randrange(3, 6) :])
    words = words[:_QUOTED_WORDS]
    plain = [i for i, w in enumerate(words) if i and w.isalpha() and len(w) > 4]
    if not plain:
        return None
    stranger = rng.choice([s for s in _STRANGERS if s not in paragraph.lower()])
    spot = rng.choice(plain)
    words[spot] = stranger.upper() if words[spot].isupper() else stranger
    return _quoting(words)


def _quoting(words: Sequence[str]) -> str:
    inner = " ".join(words).replace('"', "'")
    return f'The embassy reported: "{inner}."'


_CHANGES: dict[MutationKind, Callable[[str, str, random.Random], str | None]] = {
    MutationKind.NUMBER: change_number,
    MutationKind.DATE: change_date,
    MutationKind.NAME: change_name,
    MutationKind.NEGATION: change_negation,
    MutationKind.SPEAKER: change_speaker,
    MutationKind.HOLDER: change_holder,
    MutationKind.OPPOSITE: change_opposite,
    MutationKind.SPLICED_QUOTE: splice_quote,
}


def make_mutants(
    kind: MutationKind, pairs: Sequence[TruePair], count: int, rng: random.Random
) -> list[Mutant]:
    """Up to `count` mutants of one kind, each from a pair of its own, in an order drawn by `rng`."""
    mutants: list[Mutant] = []
    for pair in rng.sample(pairs, len(pairs)):
        if len(mutants) == count:
            break
        if kind is MutationKind.SWAPPED_CITATION:
            other = _other_paragraph(pair, pairs, rng)
            if other is not None:
                mutants.append(Mutant(kind, pair.sentence, other, pair))
            continue
        sentence = _CHANGES[kind](pair.sentence, pair.paragraph, rng)
        if sentence is not None and sentence != pair.sentence:
            mutants.append(Mutant(kind, sentence, pair, pair))
    return mutants


def _other_paragraph(pair: TruePair, pairs: Sequence[TruePair], rng: random.Random) -> TruePair | None:
    """Another paragraph, of the same cable every other time."""
    same = [p for p in pairs if p.cable_id == pair.cable_id and p.label != pair.label]
    others = same if same and rng.random() < 0.5 else [p for p in pairs if p.cable_id != pair.cable_id]
    other = rng.choice(others) if others else pair
    return None if pair.sentence in other.paragraph else other
