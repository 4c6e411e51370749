"""Training pairs for the entailment model: the project's own claims, and edits of sentences.

The own claims (`claims.jsonl`) name their paragraphs of Documents on Australian Foreign Policy by file and
offsets; the text is read from the corpus, so that none of it is in this repository. Every source is cut
by document into a part that is trained on and a part that is only reported; so are the foreign sets
(`foreign_claims.py`).
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.mutants import MutationKind, TruePair, make_mutants
from ingestion.parse import parse_source
from ingestion.sources import find_files
from ingestion.sources.records import SourceFile
from rag.text.citations import split_sentences
from rag.text.words import words_of
from rag.types import Cable, Paragraph, Span
from rag.verifying.entailment import Pair, context_of
from training.edits import FALSE, TRUE, changed_words, likeness
from training.reading_data import TELEGRAMS

HERE = Path(__file__).resolve().parent
# Of the own claims one document in so many is never trained on, by the hash of its file's name.
OWN_HELD_OUT_ONE_IN = 6
WORDS = range(8, 45)
# The source of claims whose truths are as near to the paragraph's own words as their falsehoods.
CLOSE = "close"
# Shorter paragraphs, in characters, are no evidence for anything.
LEAST_ELSEWHERE = 120
# Variants of a claim that the paragraph speaks against, where the others are only not in it.
_AGAINST = frozenset({"number", "date", "name", "place", "negation", "relation", "antonym", "time"})


@dataclass(frozen=True, slots=True)
class Example:
    """A pair with its label; `doubts` are the words that make it false, None where they are not known.

    `group` names the document: no group is both trained on and reported.
    """

    pair: Pair
    supported: bool
    contradicted: bool | None
    doubts: tuple[Span, ...] | None
    source: str
    group: str
    held_out: bool
    kind: str = ""


def own_documents(shared: Path) -> dict[str, Cable]:
    """What the own claims are of: Documents on Australian Foreign Policy, and the invented telegrams."""
    invented = read_documents(HERE / TELEGRAMS)
    return read_documents(shared / "corpus" / "dfat") | {
        f"{TELEGRAMS}/{file}": cable for file, cable in invented.items()
    }


def read_documents(folder: Path) -> dict[str, Cable]:
    """The documents of a corpus by the path of their file in it, "/" between its parts."""
    found = {}
    for source in find_files(folder):
        if isinstance(source, SourceFile):
            for cable in parse_source(source):
                if isinstance(cable, Cable):
                    found[str(Path(source.name).as_posix())] = cable
    return found


def is_held_out(file: str) -> bool:
    """Whether a document of the corpus is reported only; the same on every machine."""
    return zlib.crc32(file.encode()) % OWN_HELD_OUT_ONE_IN == 0


@dataclass(frozen=True, slots=True)
class Place:
    """What claims are of: a passage with what is known beside it, and others of the same document."""

    context: str
    text: str
    others: tuple[tuple[str, str], ...]
    group: str
    held_out: bool


def place_of(row: dict[str, Any], documents: dict[str, Cable], public: dict[str, tuple[str, str]]) -> Place:
    """Where a line of `claims.jsonl` points: a paragraph of a document, or a passage of a public set.

    Raises ValueError where there is no such paragraph.
    """
    if "passage" in row:
        context, text = public[row["passage"]]
        return Place(context, text, (), row["passage"].partition("#")[0], False)
    cable = documents[row["file"]]
    paragraph = find_paragraph(cable, *row["paragraph"])
    if paragraph is None:
        raise ValueError(f"{row['file']} has no paragraph at {row['paragraph']}: take the claim out")
    others = tuple(
        (context_of(cable.header, p), p.text)
        for p in cable.paragraphs
        if p.sha256 != paragraph.sha256 and len(p.text) > LEAST_ELSEWHERE
    )
    context = context_of(cable.header, paragraph)
    return Place(context, paragraph.text, others, row["file"], is_held_out(row["file"]))


def own_claims(
    documents: dict[str, Cable], public: dict[str, tuple[str, str]], seed: int
) -> Iterator[Example]:
    """The claims with their variants, against their own passage and against another of the document."""
    chance = random.Random(seed)
    lines = (HERE / "claims.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        place = place_of(row, documents, public)

        def example(
            sentence: str, supported: bool, against: bool | None, doubts: tuple[Span, ...] | None, kind: str,
            place: Place = place, close: bool = row.get("close", False),
        ) -> Example:  # fmt: skip
            pair = Pair(sentence, place.context, place.text)
            source = CLOSE if close else TELEGRAMS if place.group.startswith(TELEGRAMS) else "own"
            return Example(pair, supported, against, doubts, source, place.group, place.held_out, kind)

        true = [row["claim"], *([row["second"]] if "second" in row else [])]
        for sentence in true:
            yield example(sentence, True, False, (), "true")
        for kind, sentence in row["variants"]:
            nearest = max(true, key=lambda one: likeness(one, sentence))
            yield example(sentence, False, kind in _AGAINST, changed_words(nearest, sentence), kind)
        if place.others:
            context, text = chance.choice(place.others)
            elsewhere = example(chance.choice(true), False, False, None, "elsewhere")
            yield replace(elsewhere, pair=replace(elsewhere.pair, context=context, evidence=text))
        if not place.held_out:
            yield from edits_of(example(row["claim"], True, False, (), "edited"), chance, falsehoods=1)


def find_paragraph(cable: Cable, start: int, end: int) -> Paragraph | None:
    """The paragraph that holds most of a run of the raw text."""
    best, most = None, 0
    for paragraph in cable.paragraphs:
        shared = 0
        for segment in cable.segments:
            left = max(paragraph.start, segment.start)
            right = min(paragraph.end, segment.start + segment.length)
            shift = segment.raw_start - segment.start
            shared += max(0, min(right + shift, end) - max(left + shift, start)) if left < right else 0
        if shared > most:
            best, most = paragraph, shared
    return best if 2 * most > end - start else None


def edited_sentences(documents: dict[str, Cable], count: int, seed: int) -> Iterator[Example]:
    """Sentences of the corpus, edited so that they stay true, and mutated so that they do not."""
    chance = random.Random(seed)
    pairs: list[tuple[Cable, Paragraph, str]] = []
    for file, cable in documents.items():
        if is_held_out(file):
            continue
        for paragraph in cable.paragraphs:
            sentences = [paragraph.text[s.start : s.end] for s in split_sentences(paragraph.text)]
            pairs += [(cable, paragraph, s) for s in sentences if len(s.split()) in WORDS and s[0].isupper()]
    chance.shuffle(pairs)
    for cable, paragraph, sentence in pairs[:count]:
        pair = Pair(sentence, context_of(cable.header, paragraph), paragraph.text)
        true = Example(pair, True, False, (), "edits", cable.header.cable_id, False, "true")
        yield from edits_of(true, chance, falsehoods=1)
        led = chance.choice(_LEADS) + sentence[0].lower() + sentence[1:]
        kept = chance.choice((sentence, sentence.upper(), led, led))
        yield replace(true, pair=replace(pair, sentence=kept))
        mutated = _mutant(cable, paragraph, sentence, chance)
        if mutated is not None:
            yield replace(
                true, pair=replace(pair, sentence=mutated), supported=False, contradicted=True,
                doubts=changed_words(sentence, mutated), kind="mutated",
            )  # fmt: skip


_LEADS = (
    "The embassy reported that ", "The cable says that ", "According to the cable, ",
    "The department noted that ",
)  # fmt: skip


# Quotations are the rules' alone; opposites and holders came after the packaged model was trained.
_UNUSED_KINDS = frozenset(
    {MutationKind.SWAPPED_CITATION, MutationKind.SPLICED_QUOTE, MutationKind.OPPOSITE, MutationKind.HOLDER}
)


def _mutant(cable: Cable, paragraph: Paragraph, sentence: str, chance: random.Random) -> str | None:
    pair = TruePair(cable.header.cable_id, paragraph.label, sentence, paragraph.text)
    kinds = [k for k in MutationKind if k not in _UNUSED_KINDS]
    chance.shuffle(kinds)
    for kind in kinds:
        for mutant in make_mutants(kind, [pair], 1, chance):
            return mutant.sentence
    return None


def edits_of(true: Example, chance: random.Random, falsehoods: int) -> Iterator[Example]:
    """Falsified versions of a true example, and one that is worded otherwise and still true."""
    sentence = true.pair.sentence
    evidence = true.pair.evidence
    others = [evidence[s.start : s.end] for s in split_sentences(evidence)]
    # What is put in from the same sentence could leave it true: it comes from those least like it.
    others = sorted(others, key=lambda one: likeness(one, sentence))[: max(1, len(others) - 1)]
    held = {word.stem for word in words_of(evidence)}
    made = 0
    for edit in chance.sample(FALSE, len(FALSE)):
        changed = edit(sentence, others, chance)
        if changed is None or changed == sentence:
            continue
        words = changed_words(sentence, changed)
        if words is None or not words:
            continue
        fresh = any(w.content and w.stem not in held for w in words_of(changed))
        made += 1
        yield replace(
            true, pair=replace(true.pair, sentence=changed), supported=False,
            contradicted=None if fresh else False, doubts=words, kind=edit.__name__,
        )  # fmt: skip
        if made == falsehoods:
            break
    kept = chance.choice(TRUE)(sentence, others, chance)
    if kept is not None and kept != sentence:
        yield replace(true, pair=replace(true.pair, sentence=kept), kind="reworded")
