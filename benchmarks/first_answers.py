"""How long the first answers of a fresh server take, by how many it answered to nobody before it was ready.

    python benchmarks/first_answers.py [--paragraphs 10000] [--warmed 1 8] [--n 60]

Each number in a process of its own, over the collection of benchmarks/load.py and with its questions, one
after another: milliseconds by the clock. A server shares the machine with whatever else runs: read ratios.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from api.opening import open_service
from benchmarks.load import build
from rag.config import Settings
from rag.types import Mode, Question


def measured(paragraphs: int, warmed: int, n: int) -> str:
    own, _, questions = build(paragraphs)
    random.Random(3).shuffle(questions)
    service = open_service(Settings(data_dir=own, keep_questions_days=0), guarded=False)
    began = time.perf_counter()
    service.warm_up(warmed)
    warming_s = time.perf_counter() - began
    spent = []
    for question in questions[:n]:
        began = time.perf_counter()
        service.pipeline.answer(Question(question, mode=Mode.EXTRACTIVE))
        spent.append((time.perf_counter() - began) * 1000)
    service.close()
    service.release()
    half = n // 2
    return (
        f"| {warmed} | {warming_s:.1f} | {spent[0]:.0f} | {mean(spent[:5]):.0f} | {mean(spent[5:20]):.0f} | "
        f"{mean(spent[half:]):.0f} | {max(spent[:20]):.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--paragraphs", type=int, default=10_000)
    parser.add_argument("--warmed", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--n", type=int, default=60)
    options = parser.parse_args()
    if len(options.warmed) == 1:
        print(measured(options.paragraphs, options.warmed[0], options.n), flush=True)
        return
    print("| warmed with | in s | first ms | 1 to 5 | 6 to 20 | latter half | worst of 20 |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for warmed in options.warmed:
        given = ["--paragraphs", str(options.paragraphs), "--n", str(options.n), "--warmed", str(warmed)]
        subprocess.run([sys.executable, __file__, *given], check=True)


if __name__ == "__main__":
    main()
