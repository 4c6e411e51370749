"""What the evaluation itself costs: overhead beyond the pipeline, and memory, at ten thousand samples.

    python benchmarks/runner.py [--samples 10000] [--json]

The pipeline is stood in for by one that takes a fixed time and gives an answer with ten pieces of evidence of
a real one's size, so that everything beyond its sleep is the runner's. Memory is the growth of the resident
set between the first and the last tenth of the run.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from evals.observations import Cited, Evidence, Observation, Said
from evals.report import RunSettings
from evals.run import Progress, run_eval
from evals.samples import Meddling, ParagraphKey, Sample, SampleSet
from rag.types import Question

ANSWER_S = 0.05  # a question takes 240 ms with the extractive answerer: the harder case is taken
PARAGRAPH = "Officials at the harbor counted crates and wrote the number into the ledger of the day. " * 8
PARAGRAPHS = 200


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds in all, in the pipeline and beside it; resident memory in MB after a tenth and at the end."""

    samples: int
    total_s: float
    pipeline_s: float
    overhead: float
    memory_early_mb: float
    memory_late_mb: float
    page_s: float


class Stand:
    """Answers after a fixed time."""

    def __init__(self) -> None:
        self.spent_s = 0.0

    def observe(self, question: Question, meddling: Meddling | None = None, repeat: int = 1) -> Observation:
        start = time.perf_counter()
        time.sleep(ANSWER_S)
        number = int(question.text.split()[1])
        evidence = tuple(
            Evidence("05ARDEN1", str((number + rank) % PARAGRAPHS), 1.0 / (rank + 1), 0.5, "both", PARAGRAPH)
            for rank in range(10)
        )
        cited = Cited("05ARDEN1", str(number % PARAGRAPHS), PARAGRAPH[:88], 0, 88, "supported", PARAGRAPH)
        seen = Observation(
            outcome="answered",
            standalone_question=question.text,
            text=f"{PARAGRAPH[:88]} [1]",
            plain_text=PARAGRAPH[:88],
            sentences=(Said(PARAGRAPH[:88], (0,), "supported", "verbatim"),),
            citations=(cited,),
            evidence=evidence,
            removed=(),
            answerer="stand",
            verifier="stand",
            snapshot="s",
            calls=(),
            notes=(),
            confidence=(number % 97) / 97,
            timings_ms={"total": ANSWER_S * 1000},
            elapsed_ms=ANSWER_S * 1000,
        )
        self.spent_s += time.perf_counter() - start
        return seen

    def find_text(self, cable_id: str, paragraph: str) -> str | None:
        return PARAGRAPH

    def bears_out(self, sentence: str, cited: Sequence[Cited]) -> bool:
        return True

    def parts(self) -> dict[str, str]:
        return {}


def sample_set(count: int) -> SampleSet:
    samples = tuple(
        Sample(
            id=f"s{number}",
            question=f"Question {number} about the harbor?",
            type="fact",
            gold=(ParagraphKey("05ARDEN1", str(number % PARAGRAPHS)),),
            also=(),
            answer="Some.",
            key_facts=(("crates",),),
            answerable=True,
            cluster=f"c{number % 400}",
        )
        for number in range(count)
    )
    return SampleSet("made", "0" * 64, samples)


def resident_mb() -> float:
    """The resident set now where the system says, else its greatest so far."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def watch(marks: dict[str, float]) -> Callable[[Progress], None]:
    def told(step: Progress) -> None:
        if step.done == step.total // 10:
            marks["early"] = resident_mb()
        if step.done == step.total:
            marks["late"] = resident_mb()

    return told


def measure(count: int) -> Cost:
    from evals.page import write_page

    stand, questions = Stand(), sample_set(count)
    marks: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        report = run_eval(questions, stand, Path(folder), settings=RunSettings(), progress=watch(marks))
        total = time.perf_counter() - start
        drawn = time.perf_counter()
        write_page(report, Path(folder))
        page_s = time.perf_counter() - drawn
    overhead = (total - stand.spent_s) / stand.spent_s
    return Cost(count, total, stand.spent_s, overhead, marks["early"], marks["late"], page_s)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    cost = measure(options.samples)
    if options.json:
        print(json.dumps(asdict(cost)))
        return 0
    print(f"{cost.samples} samples, {cost.pipeline_s:.0f} s in the pipeline, {cost.total_s:.0f} s in all")
    print(f"overhead {cost.overhead:.2%} at {ANSWER_S * 1000:.0f} ms a question; page {cost.page_s:.1f} s")
    early, late = cost.memory_early_mb, cost.memory_late_mb
    print(f"resident memory {early:.0f} MB after a tenth, {late:.0f} MB at the end")
    return 0


if __name__ == "__main__":
    sys.exit(main())
