"""Pack what the reader learns from and is measured by into one file.

    .venv/bin/cableqa ingest --data-dir /tmp/all ../shared/corpus
    .venv/bin/cableqa ingest --data-dir /tmp/all --corpus telegrams training/telegrams
    .venv/bin/python training/pack_reader.py --shared ../shared --collection /tmp/all \\
        --asked /tmp/asked.pickle --out reader.xz

Every question to train on comes with the passages that answer it, with near-misses, and with some of what a
search finds for it; and pairs that answer once more without their answer, and with another name. How often a
row comes in an epoch is its `repeats`. Of the held-out questions and of NoMIRACL every window is measured.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from evals.loaders.nomiracl import load_nomiracl
from rag.models.embeddings import packaged_tokenizer
from rag.models.reader import Window, WindowCutter, read_context
from rag.text.loose import loose_passage
from rag.types import Span
from training.asked import Questions, add_questions, questions_of
from training.contrast import Swaps, emptied
from training.packed import Row, Split, pack
from training.reading_data import TELEGRAMS, Asked, Example

# Of a passage at most so many windows that answer, and of a question so many passages that do not.
WINDOWS, OTHERS = 3, 7
# So many passages an epoch, for a question, of those that a search found and that do not answer.
FOUND_AN_EPOCH, FOUND_AN_EPOCH_IN_PUBLIC = 2.5, 1.2
# How often a pair comes without its answer, and with another name, for once that it comes as it is.
EMPTIED_REPEATS, SWAPPED_REPEATS = 0.5, 0.35


@dataclass(frozen=True, slots=True)
class Item:
    """A window with the first and last token of its answer, 0 without one, and the tokens of evidence."""

    window: Window
    start: int
    end: int
    evidence: tuple[int, ...]


def items(cutter: WindowCutter, example: Example, chance: random.Random) -> list[Item]:
    """The windows of a passage that hold an answer, or one of a passage that does not answer."""
    windows = cutter.windows(example.question, example.context, example.text)
    if not example.answers:
        return [Item(chance.choice(windows), 0, 0, ())]
    sentences = example.evidence()
    made = []
    for window in windows:
        answering = [j for j, offset in enumerate(window.offsets) if _inside(offset, example.answers)]
        if not answering:
            continue
        # Of an answer in pieces, one is pointed at; the sentences of all of them are evidence.
        first = chance.choice([a for a in example.answers if any(_inside(o, [a]) for o in window.offsets)])
        pointed = [j for j in answering if _inside(window.offsets[j], [first])]
        evidence = tuple(
            window.first + j for j, offset in enumerate(window.offsets) if _inside(offset, sentences)
        )
        made.append(Item(window, window.first + pointed[0], window.first + pointed[-1], evidence))
    return made


def _inside(offset: tuple[int, int], spans: Sequence[Span]) -> bool:
    return any(offset[0] < span.end and offset[1] > span.start for span in spans)


def source_of(asked: Asked) -> str:
    """What figures are told apart by: the set of a public question, what an own one is over."""
    if asked.round == 0 or asked.type == "passage":
        return asked.type
    return asked.subject if asked.subject in (TELEGRAMS, "nara") else "own"


def trained_rows(cutter: WindowCutter, asked: Sequence[Asked], chance: random.Random) -> Iterator[Row]:
    """The rows to train on: each question is a group."""
    swaps = Swaps(asked)
    for group, one in enumerate(asked):
        source = source_of(one)
        for example in one.answering:
            yield from _trained(cutter, example, source, group, 1.0, chance)
        others = one.others[:OTHERS]
        near = 0 if one.answering else 1
        public = one.round == 0 or one.type == "passage"
        wanted = FOUND_AN_EPOCH_IN_PUBLIC if public else FOUND_AN_EPOCH
        found = min(1.0, wanted / max(1, len(others) - near))
        for rank, example in enumerate(others):
            yield from _trained(cutter, example, source, group, 1.0 if rank < near else found, chance)
        for example in one.answering:
            less, swapped = emptied(example), swaps.swapped(one.subject, example, chance)
            if less is not None:
                yield from _trained(cutter, less, "emptied", group, EMPTIED_REPEATS, chance)
            if swapped is not None:
                yield from _trained(cutter, swapped, "swapped", group, SWAPPED_REPEATS, chance)


def _trained(
    cutter: WindowCutter, example: Example, source: str, group: int, repeats: float, chance: random.Random
) -> Iterator[Row]:
    for item in items(cutter, example, chance)[:WINDOWS]:
        own = _own(item.window)
        evidence = frozenset(item.evidence)
        yield Row(
            item.window.ids, item.window.first, own, float(item.start > 0), source, Split.TRAIN, group,
            targets=[int(place in evidence) for place in own], answer=(item.start, item.end), repeats=repeats,
        )  # fmt: skip


def _own(window: Window) -> range:
    return range(window.first, window.first + len(window.offsets))


def read_rows(
    cutter: WindowCutter, examples: Sequence[Example], answers: bool | None, source: str, split: Split,
    group: int,
) -> Iterator[Row]:  # fmt: skip
    """Every window of a question's passages; `answers` says it of all, else each example of itself."""
    for example in examples:
        label = float(bool(example.answers) if answers is None else answers)
        for window in cutter.windows(example.question, example.context, example.text):
            yield Row(window.ids, window.first, _own(window), label, source, split, group)


def nomiracl(path: Path) -> Iterator[tuple[bool, list[Example]]]:
    """Whether a question has an answer among its ten passages, and these."""
    found = load_nomiracl(path)
    texts = {passage.key.cable: passage.text for passage in found.passages}
    header = loose_passage(1, "").hit
    context = read_context(header.header, header.paragraph)
    for sample in found.questions.samples:
        yield sample.answerable, [Example(sample.question, context, texts[k], ()) for k in sample.within]


def all_rows(cutter: WindowCutter, questions: Questions, benchmarks: Path, seed: int) -> Iterator[Row]:
    yield from trained_rows(cutter, questions.trained, random.Random(seed))
    group = len(questions.trained)
    for source, held_out in questions.held_out.items():
        for asked in held_out:
            group += 1
            own = (*asked.answering, *asked.others)
            yield from read_rows(cutter, own, None, source, Split.HELD_OUT, group)
    for answers, examples in nomiracl(benchmarks / "nomiracl-en-dev.jsonl"):
        group += 1
        yield from read_rows(cutter, examples, answers, "nomiracl", Split.MEASURED, group)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_questions(parser)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    cutter = WindowCutter(packaged_tokenizer())
    rows = all_rows(cutter, questions_of(options), options.shared / "benchmarks", options.seed)
    packed = pack("reader", rows)
    packed.save(options.out)
    print(f"{len(packed):,} rows, {len(packed.ids):,} tokens")


if __name__ == "__main__":
    main()
