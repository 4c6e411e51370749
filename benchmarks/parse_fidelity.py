"""How exactly generated cables, with every defect switched on at random, parse back; and how fast.

    python benchmarks/parse_fidelity.py [--cables 500] [--corpus FOLDER ...]

Prints one line a field with the share of cables in which it came back exactly, then cables a second on
one core for the generated cables and for each corpus folder (files read beforehand; each file's best of
many rounds).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingestion.parse import parse_source
from ingestion.sources import SourceFile, find_files
from rag.types import Cable
from tests.cable_generator import Expected, generate

ROUNDS = 15
FIELDS = (
    "cable_id",
    "origin",
    "sent_at",
    "classification",
    "subject",
    "tags",
    "references",
    "signature",
    "labels",
    "texts",
    "headings",
    "markings",
    "kinds",
)


def read_back(cable: Cable) -> Expected:
    """What a parsed cable says, in the generator's terms."""
    header = cable.header
    return Expected(
        cable_id=header.cable_id,
        origin=header.origin or "",
        sent_at=header.sent_at.isoformat() if header.sent_at else "",
        subject=header.subject or "",
        tags=header.tags,
        references=tuple((reference.letter, reference.cable_id or "") for reference in cable.references),
        signature=header.signature or "",
        classification=header.classification or "",
        labels=[paragraph.label for paragraph in cable.paragraphs],
        texts=[paragraph.text for paragraph in cable.paragraphs],
        headings=[paragraph.heading for paragraph in cable.paragraphs],
        markings=[paragraph.marking for paragraph in cable.paragraphs],
        kinds=[paragraph.kind.value for paragraph in cable.paragraphs],
    )


def differences(seed: int) -> list[str]:
    """Names of the fields in which the generated cable of a seed does not parse back."""
    text, expected = generate(seed)
    (cable,) = parse_source(SourceFile("generated.txt", text.encode()))
    if not isinstance(cable, Cable):
        return list(FIELDS)
    found = read_back(cable)
    return [name for name in FIELDS if getattr(found, name) != getattr(expected, name)]


def speed(sources: list[SourceFile]) -> str:
    """Cables and MB a second of one core. Each file's best round counts: a neighbour slows some of them."""
    best = [float("inf")] * len(sources)
    cables = 0
    for _ in range(ROUNDS):
        cables = 0
        for place, source in enumerate(sources):
            started = time.process_time()
            cables += sum(1 for _ in parse_source(source))
            best[place] = min(best[place], time.process_time() - started)
    size, seconds = sum(len(source.data) for source in sources), sum(best)
    rates = f"{cables / seconds:8.0f} cables/s {size / seconds / 1e6:7.2f} MB/s"
    return f"{rates} {size / cables / 1e3:7.1f} kB each"


def main() -> int:
    """Print the table; exit status 1 where a field is below 99.5 %, or paragraphs are not all exact."""
    arguments = argparse.ArgumentParser(description="Exact-match rates and speed of the parser")
    arguments.add_argument("--cables", type=int, default=500)
    arguments.add_argument("--corpus", type=Path, nargs="*", default=[])
    options = arguments.parse_args()
    wrong: Counter[str] = Counter()
    for seed in range(options.cables):
        wrong.update(differences(seed))
    print(f"{'field':<12} exact of {options.cables}")
    for name in FIELDS:
        print(f"{name:<12} {100 * (1 - wrong[name] / options.cables):6.2f} %")
    generated = [SourceFile(f"{seed}.txt", generate(seed)[0].encode()) for seed in range(options.cables)]
    print(f"{'generated':<12} {speed(generated)}")
    for folder in options.corpus:
        sources = [source for source in find_files(folder) if isinstance(source, SourceFile)]
        print(f"{folder.name:<12} {speed(sources)}")
    exact = all(wrong[name] == 0 for name in ("labels", "texts"))
    return 0 if exact and all(wrong[name] <= 0.005 * options.cables for name in FIELDS) else 1


if __name__ == "__main__":
    raise SystemExit(main())
