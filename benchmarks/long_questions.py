"""How long a search takes whose text was made to take long, beside a usual one, in one run.

    python benchmarks/long_questions.py COLLECTION [--rounds 3]

Texts of 4,000 characters, the longest that is let in. Milliseconds of processor time, the best of the rounds.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from itertools import islice
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rag.bootstrap import build_pipeline
from rag.config import Settings
from rag.store.cable_store import CableStore
from rag.types import Filters

LONGEST = 4_000
USUAL = "What did the ambassador say about the border crossing?"


def questions(store: CableStore) -> dict[str, str]:
    cables = list(islice(store.census.cable_ids(), 60))
    words = sorted(
        {word for cable in cables for p in store.cable_paragraphs(cable) for word in p.text.split()}
    )
    some = random.Random(1).sample(words, min(len(words), 700))
    made = {
        "words, all different": " ".join(some),
        "words of every cable": "the embassy government minister of and to said " * 100,
        "names": " ".join(word.capitalize() for word in some),
        "one letter": "a " * LONGEST,
        "one word": "x" * LONGEST,
        "digits": "1 2 3 4 5 6 7 8 9 " * 230,
        "hyphens": "-" * LONGEST,
        "quotation marks": '"the" "of" ' * 400,
        "control characters": "".join(chr(place % 32) for place in range(LONGEST)),
        "combining marks": "a" + "\u0301" * LONGEST,
        "message numbers": " ".join(f"09ASTANA{number}" for number in range(400)),
        "dates": " ".join(f"{n % 28 + 1} July {1973 + n % 40}" for n in range(400)),
        "periods": "between 1970 and 1980 " * 200,
        "paragraphs": "para 1 of " * 400,
        "references": "ref b, para 2 " * 300,
        "a count": "How many cables mention " + " ".join(some),
        "who said": 'Who said "' + " ".join(some),
    }
    return {"usual": USUAL} | {name: text[:LONGEST] for name, text in made.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collection", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    pipeline = build_pipeline(Settings(data_dir=options.collection))
    print("| text | ms |\n|---|---|")
    for name, text in questions(pipeline.collection.store).items():
        spent = []
        for _ in range(options.rounds):
            began = time.process_time()
            pipeline.search(text, Filters(), 10)
            spent.append(time.process_time() - began)
        print(f"| {name} | {min(spent) * 1000:.1f} |", flush=True)
    pipeline.collection.close()


if __name__ == "__main__":
    main()
