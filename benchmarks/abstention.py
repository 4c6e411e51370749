"""Whether to answer: how often what has no answer is refused, and what has one is not, without any model.

    python benchmarks/abstention.py ../shared DATA_DIR [--squad 400] [--out docs/benchmarks/abstention.md]

DATA_DIR holds the cables of cable-qa-dev and takes the passages of the public sets into folders of its own.
NoMIRACL's questions are asked over their own ten passages. Of SQuAD 2 only articles that the reader was not
trained on are asked about, over the passages of the whole file, which is harder than SQuAD's own task: there
the one paragraph is given. Each question of cable-qa-dev that has an answer is asked again without the
cables, and without the paragraphs, that hold its gold. Balanced accuracy is the mean of the shares that are
rightly answered and rightly refused, at the shipped threshold; the area under the ROC curve has none. The
curve is of risk (answered without gold among what it cites) against coverage over cable-qa-dev.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from api.cli.measured import make_collection
from evals.calibration import Judged, risk_coverage
from evals.families import without_gold_cables, without_gold_paragraphs
from evals.loaders.formats import SetFormat, load_set
from evals.lookups import Catalogue
from evals.samples import Sample
from evals.statistics import mean_interval
from evals.subjects import PipelineSubject
from rag.bootstrap import build_pipeline
from rag.config import NO_ENTAILMENT, Settings
from rag.types import Filters, Mode, Question
from training.public_data import HELD_OUT_ARTICLES

BEGIN, END = "<!-- measured -->", "<!-- end of what is measured -->"
CURVE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
NEVER = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it ended: whether it has an answer, was answered, how surely, and with gold cited."""

    answerable: bool
    answered: bool
    confidence: float
    cites_gold: bool
    cluster: str


def ask(folder: Path, samples: Sequence[Sample]) -> Iterator[Asked]:
    """Every sample, over the collection in `folder`."""
    pipeline = build_pipeline(Settings(data_dir=folder, llm=None, entailment=NO_ENTAILMENT))
    subject = PipelineSubject(pipeline, pipeline.collection.store)
    try:
        for sample in samples:
            question = Question(
                sample.question, sample.history, Filters(cable_ids=sample.within), Mode.EXTRACTIVE
            )
            seen = subject.observe(question, sample.meddling)
            accepted = {*sample.gold, *sample.also}
            yield Asked(
                sample.answerable,
                seen.outcome != "not_in_corpus",
                NEVER if seen.confidence is None else seen.confidence,
                any((c.cable, c.paragraph) in accepted for c in seen.citations),
                sample.cluster or (sample.gold[0].cable if sample.gold else sample.id),
            )
    finally:
        pipeline.collection.close()


def public(shared: Path, folder: Path, squad: int) -> Iterator[tuple[str, list[Asked]]]:
    """The public sets, each over a collection of its passages."""
    benchmarks = shared / "benchmarks"
    for name, format, file in (
        ("NoMIRACL (English, development half)", SetFormat.NOMIRACL, "nomiracl-en-dev.jsonl"),
        ("SQuAD 2, articles held out", SetFormat.SQUAD, "squad2-dev.json"),
    ):
        loaded = load_set([benchmarks / file], format)
        settings = Settings(data_dir=folder / format.value)
        make_collection(loaded, settings, sample=False)
        samples = list(loaded.questions.samples)
        if format is SetFormat.SQUAD:
            assert loaded.passages is not None
            title = {p.key.cable: (p.title or "").replace(" ", "_") for p in loaded.passages.passages}
            samples = [s for s in samples if title[str(s.cluster)] in HELD_OUT_ARTICLES]
            samples = random.Random(7).sample(samples, min(squad, len(samples)))
        yield name, list(ask(settings.data_dir, samples))


def cables(shared: Path, folder: Path) -> Iterator[tuple[str, list[Asked]]]:
    """cable-qa-dev as it is, and with its gold removed; all against the questions that have an answer."""
    loaded = load_set([shared / "benchmarks" / "cable-qa-dev.jsonl"], SetFormat.CABLEQA)
    samples = loaded.questions.samples
    pipeline = build_pipeline(Settings(data_dir=folder, llm=None, entailment=NO_ENTAILMENT))
    ids = Catalogue(pipeline.collection.store).matching_ids()
    pipeline.collection.close()
    plain = list(ask(folder, samples))
    yield "cable-qa-dev", plain
    answerable = [one for one in plain if one.answerable]
    told = [s for s in samples if s.answerable and s.gold]
    for name, removed in (
        ("cable-qa-dev, gold cables removed", without_gold_cables(told, ids)),
        ("cable-qa-dev, gold paragraphs removed", without_gold_paragraphs(told)),
    ):
        yield name, [*answerable, *ask(folder, [replace(s, answerable=False) for s in removed])]


def row(name: str, asked: Sequence[Asked]) -> str:
    """One line of the table."""
    sides = {side: [one for one in asked if one.answerable is side] for side in (True, False)}
    parts = [
        float(one.answered == one.answerable) * len(asked) / (2 * len(sides[one.answerable])) for one in asked
    ]
    interval = mean_interval(parts, [one.cluster for one in asked])
    given = f" ({interval.low:.1%} to {interval.high:.1%})" if interval else ""
    refused = sum(not one.answered for one in sides[True]) / len(sides[True])
    answered = sum(one.answered for one in sides[False]) / len(sides[False])
    return (
        f"| {name} | {len(sides[True])}, {len(sides[False])} | {refused:.1%} | {answered:.1%} "
        f"| {sum(parts) / len(parts):.1%}{given} | {area(sides[True], sides[False]):.3f} |"
    )


def area(answerable: Sequence[Asked], rest: Sequence[Asked]) -> float:
    """The chance that a question with an answer is the surer of two (Mann-Whitney), ties half."""
    wins = sum(
        (one.confidence > other.confidence) + 0.5 * (one.confidence == other.confidence)
        for one in answerable
        for other in rest
    )
    return wins / (len(answerable) * len(rest))


def curve(asked: Sequence[Asked]) -> list[str]:
    """Risk at each tenth of coverage, from the surest answer down."""
    judged = [Judged(one.confidence, float(not (one.answerable and one.cites_gold))) for one in asked]
    found = risk_coverage(
        [j for j, one in zip(judged, asked, strict=True) if one.answered], asked=len(asked), source="gate"
    )
    if found is None:
        return []
    lines = ["| coverage | risk |", "|---|---|"]
    for tenth in CURVE:
        reached = [risk for coverage, risk in found.points if coverage <= tenth]
        if reached and found.points[-1][0] >= tenth - 0.1:
            lines.append(f"| {tenth:.0%} | {reached[-1]:.1%} |")
    return [*lines, "", f"Area under the curve (AURC) {found.aurc:.3f}, over {len(asked)} questions."]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="where collections of public sets are kept")
    parser.add_argument("--squad", type=int, default=400, help="so many questions of SQuAD 2")
    parser.add_argument("--out", type=Path, help="a page whose measured part is put in place")
    given = parser.parse_args()
    lines = [
        "| set | answerable, not | wrongly refused | wrongly answered | balanced accuracy | AUC |",
        "|---|---|---|---|---|---|",
    ]
    of_cables = dict(cables(given.shared, given.data_dir))
    for name, asked in (*of_cables.items(), *public(given.shared, given.work, given.squad)):
        lines.append(row(name, asked))
        print(lines[-1], flush=True)
    lines += ["", *curve(of_cables["cable-qa-dev"])]
    print("\n".join(lines))
    if given.out:
        head, _, rest = given.out.read_text(encoding="utf-8").partition(BEGIN)
        measured = "\n".join((BEGIN, *lines, END))
        given.out.write_text(head + measured + rest.partition(END)[2], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
