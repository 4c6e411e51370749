"""Where the time of an answer goes: the questions of benchmarks/load.py, one after another, stage by stage.

    python benchmarks/stages.py [--paragraphs 10000] [--n 100] [--threads 1]

Milliseconds of processor time, of all threads, for each answer; a stage without those inside it.
`--threads` are those of one product of the networks: a server computes each question with one.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.load import build
from rag.bootstrap import build_pipeline
from rag.config import Settings
from rag.record import AnswerRecord
from rag.types import Mode, Question

WARM = 10


class Stages:
    """Milliseconds by stage, of one answer after another; a stage inside another is not counted twice."""

    def __init__(self) -> None:
        self.answers: list[dict[str, float]] = []
        self._open: list[float] = []

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        began = time.process_time()
        self._open.append(0.0)
        try:
            yield
        finally:
            spent = (time.process_time() - began) * 1000
            self.answers[-1][name] += spent - self._open.pop()
            if self._open:
                self._open[-1] += spent

    def follow(self, holder: Any, method: str, name: str) -> None:
        """Time a collaborator's method wherever it is called from."""
        called: Callable[..., Any] = getattr(holder, method)

        def timed(*given: Any, **named: Any) -> Any:
            with self.timed(name):
                return called(*given, **named)

        setattr(holder, method, timed)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--paragraphs", type=int, default=10_000)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    own, _, questions = build(options.paragraphs)
    random.Random(3).shuffle(questions)
    pipeline = build_pipeline(Settings(data_dir=own))
    stages = Stages()
    collection = pipeline.collection
    reader = pipeline._extractive._reader._reader
    # The words are looked up in a thread of their own, beside the vectors: both are one stage.
    for holder, method, name in (
        (pipeline, "_understand", "understand"),
        (pipeline._search, "search", "rank and read from the store"),
        (pipeline._search._candidates, "_proposed", "search words and vectors"),
        (collection.encoder, "encode", "encode the question"),
        (reader, "read", "cut into windows, read out"),
        (reader._model, "read", "read: the network"),
        (pipeline.verifier, "check", "check by rule"),
        (pipeline.verifier._entailment, "judge", "check: the network"),
        (pipeline, "_store", "record and ledger"),
    ):
        stages.follow(holder, method, name)
    for question in questions[: options.n + WARM]:
        stages.answers.append(defaultdict(float))
        with stages.timed("whatever else"):
            answer = pipeline.answer(Question(question, mode=Mode.EXTRACTIVE))
            AnswerRecord.of(answer).model_dump_json()
    collection.close()
    measured = stages.answers[WARM:]
    print(
        f"{len(measured)} answers, {options.threads} threads\n\n| stage | mean ms | p95 ms |\n|---|---|---|"
    )
    for name in sorted({n for one in measured for n in one}, key=lambda n: -mean(one[n] for one in measured)):
        spent = [one[name] for one in measured]
        print(f"| {name} | {mean(spent):.1f} | {quantiles(spent, n=20)[-1]:.1f} |")
    totals = [sum(one.values()) for one in measured]
    print(f"| **together** | {mean(totals):.1f} | {quantiles(totals, n=20)[-1]:.1f} |")


if __name__ == "__main__":
    main()
