"""What huge pages gain Chroma's query: the same questions before and after the graph is moved into them.

    python benchmarks/huge_pages.py --sizes 100000

Over the generated collections of benchmarks/search_latency.py. Each figure is the median over the questions
of the least of several rounds, in processor milliseconds; the rounds before are measured twice, so that
what lies in the processor's caches by then is no gain. Pin it to a core where others work beside it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from search_latency import TableEncoder, build, questions_of

from rag.index.collection import Collection
from rag.index.huge_pages import use_huge_pages

K, ROUNDS = 64, 5


def taken(collection: Collection, questions: list[str]) -> float:
    """Median over the questions of the least processor time of a query, in milliseconds."""
    vectors = collection.encoder.encode(questions)
    least = [float("inf")] * len(questions)
    for _ in range(ROUNDS):
        for at, vector in enumerate(vectors):
            began = time.process_time()
            collection.chunks.search(vector, K)
            least[at] = min(least[at], (time.process_time() - began) * 1000)
    return statistics.median(least)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], help="paragraphs")
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument(
        "--cache", type=Path, default=Path("build/search-latency"), help="folder for collections"
    )
    options = parser.parse_args()
    print("| paragraphs | pages of 4 kB, ms | again, ms | huge pages, ms | moving them, s |")
    print("|---|---|---|---|---|")
    for size in options.sizes:
        with build(options.cache / f"own-{size}", size, TableEncoder()) as collection:
            questions = questions_of(collection.store, size, options.questions)
            before, again = taken(collection, questions), taken(collection, questions)
            began = time.process_time()
            use_huge_pages()
            moving = time.process_time() - began
            after = taken(collection, questions)
        print(f"| {size:,} | {before:.2f} | {again:.2f} | {after:.2f} | {moving:.1f} |")


if __name__ == "__main__":
    main()
