"""Pack what the entailment model learns from and is measured by into one file.

    .venv/bin/python training/pack_entailment.py --shared ../shared --out entailment.xz

Own claims are drawn against another paragraph three times over, edits twice or once; what comes out twice
is kept once. `FREE` pairs are claims against further paragraphs of their document: nobody has said whether
these bear them out, so that only a teacher can. Claims over real cables, and the written answers of the
question set with falsehoods made of them, are measured alone.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from evals.mutants import MutationKind, make_mutants
from rag.models.embeddings import packaged_tokenizer
from rag.types import Cable
from rag.verifying.entailment import EncodedPair, Pair, PairEncoder, context_of
from training.cited import CLAIMS, Key, answers_of, load_paragraphs
from training.entailment_data import (
    HERE,
    Example,
    edited_sentences,
    own_claims,
    own_documents,
    place_of,
)
from training.foreign_claims import clapnq, factcheck, squad2, summedits, wice
from training.packed import Row, Split, pack
from training.public_data import passages

FREE, PASSAGE, CABLES, ANSWERS = "free", "passage", "cables", "answers"
# How often a pair of a source comes in an epoch: the small sets more often, what is made by rule less.
REPEATS = {"wice": 6.0, "factcheck": 4.0, "summedits": 4.0, "squad2": 2.0, "edits": 0.6, FREE: 0.5}
DRAWS, DRAWS_OF_CLAPNQ = 3, 2
EDITED_SENTENCES = 9_000
FREE_A_CLAIM = 3
MUTANTS_OF_A_KIND = 200

Documents = dict[str, Cable]
Passages = dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Labelled:
    """An example for a split; `label` is None where nobody has said it."""

    example: Example
    split: Split
    label: float | None


def examples(shared: Path, documents: Documents, public: Passages) -> Iterator[Example]:
    """Every labelled pair once, those held out of the first drawing alone."""
    benchmarks = shared / "benchmarks"
    sources = chain(
        *(_own(documents, public, seed) for seed in range(DRAWS)),
        edited_sentences(documents, EDITED_SENTENCES, 0),
        summedits(benchmarks / "summedits-dev.jsonl"),
        wice(benchmarks / "wice-dev.jsonl"),
        factcheck(benchmarks / "factcheck-stance-dev.jsonl"),
        *(clapnq(benchmarks / "clapnq-answerable-dev.jsonl", seed) for seed in range(DRAWS_OF_CLAPNQ)),
        squad2(benchmarks / "squad2-dev.json"),
    )
    seen: set[tuple[Pair, bool]] = set()
    for example in sources:
        key = (example.pair, example.supported)
        if key not in seen:
            seen.add(key)
            yield example


def _own(documents: Documents, public: Passages, seed: int) -> Iterator[Example]:
    for example in own_claims(documents, public, seed):
        if example.held_out and seed:
            continue
        over_passage = example.source == "own" and example.group.partition("/")[0] in ("squad2", "clapnq")
        yield replace(example, source=PASSAGE) if over_passage else example


def free_pairs(documents: Documents, public: Passages, chance: random.Random) -> Iterator[Example]:
    """Own claims, true and false, against other paragraphs of their document; `supported` says nothing."""
    for line in (HERE / "claims.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        place = place_of(row, documents, public)
        if place.held_out:
            continue
        sentences = [row["claim"], *(sentence for _, sentence in row["variants"])]
        for context, text in chance.sample(place.others, min(FREE_A_CLAIM, len(place.others))):
            pair = Pair(chance.choice(sentences), context, text)
            yield Example(pair, False, None, None, FREE, place.group, False)


def measured_claims(shared: Path, chance: random.Random) -> Iterator[Example]:
    """Own claims over real cables; written answers of the question set, and mutants of these."""
    held = load_paragraphs([shared / "corpus" / name for name in ("seed", "nara")])

    def example(sentence: str, key: Key, supported: bool, source: str) -> Example:
        paragraph, header = held[key]
        pair = Pair(sentence, context_of(header, paragraph), paragraph.text)
        return Example(pair, supported, None, None, source, paragraph.cable_id, False)

    for row in map(json.loads, CLAIMS.read_text(encoding="utf-8").splitlines()):
        yield example(row["claim"], (row["cable"], row["paragraph"]), row["supported"], CABLES)
    answers = answers_of(shared / "benchmarks" / "cable-qa-dev.jsonl", held)
    for true in answers:
        yield example(true.sentence, (true.cable_id, true.label), True, ANSWERS)
    for kind in MutationKind:
        for mutant in make_mutants(kind, answers, MUTANTS_OF_A_KIND, chance):
            yield example(mutant.sentence, (mutant.cited.cable_id, mutant.cited.label), False, ANSWERS)


def labelled(shared: Path, seed: int) -> Iterator[Labelled]:
    documents, public = own_documents(shared), passages(shared / "benchmarks")
    chance = random.Random(seed)
    for one in examples(shared, documents, public):
        yield Labelled(one, Split.HELD_OUT if one.held_out else Split.TRAIN, float(one.supported))
    for one in free_pairs(documents, public, chance):
        yield Labelled(one, Split.TRAIN, None)
    for one in measured_claims(shared, chance):
        yield Labelled(one, Split.MEASURED, float(one.supported))


def rows(encoder: PairEncoder, pairs: Iterator[Labelled]) -> Iterator[Row]:
    """Pairs as inputs; each document is a group."""
    groups: dict[str, int] = {}
    for one in pairs:
        example = one.example
        encoded = encoder.encode(example.pair)
        yield Row(
            encoded.input.ids,
            encoded.input.types.index(1),
            encoded.input.sentence,
            one.label,
            example.source,
            one.split,
            groups.setdefault(example.group, len(groups)),
            contradicted=None if example.contradicted is None else float(example.contradicted),
            targets=doubts_of(example, encoded),
            repeats=REPEATS.get(example.source, 1.0),
        )


def doubts_of(example: Example, encoded: EncodedPair) -> list[int] | None:
    """For each token of the sentence whether it makes it false; None where that is not known."""
    if example.doubts is None or not (example.supported or example.doubts):
        return None
    return [
        int(any(start < word.end and end > word.start for word in example.doubts))
        for start, end in encoded.offsets
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    pairs = labelled(options.shared, options.seed)
    packed = pack("entailment", rows(PairEncoder(packaged_tokenizer()), pairs))
    packed.save(options.out)
    print(f"{len(packed):,} rows, {len(packed.ids):,} tokens")


if __name__ == "__main__":
    main()
