"""The runner: asks every sample, scores it, writes it down, and sums up."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import perf_counter

from pydantic import TypeAdapter

from evals import metrics
from evals.aggregate import ScoredSample, by_type, confidence_curve, overall
from evals.audit import Audit
from evals.journal import JOURNAL_NAME, Entry, Journal, read_entries
from evals.provenance import Provenance, installed_packages, provenance
from evals.report import FORMAT, Bootstrap, Report, RunSettings, SampleLine, SetFacts, Times, write_report
from evals.samples import Sample, SampleSet, clusters, count_types, listing, missing_paragraphs
from evals.scoring import score, unscored_sample
from evals.statistics import LEVEL, REPLICATES, SEED
from evals.subjects import Subject
from rag.errors import CableqaError, UsageError
from rag.types import Filters, Mode, Policy, Question

MISSING_GOLD = "a gold paragraph is not in the collection"
NOTES = (
    "Questions were asked with top_k 10 so that hit@10 and mrr@10 can be read off the evidence.",
    "Follow-ups are in no overall retrieval figure; they have their own row by type.",
    "Gold-based metrics leave unanswerable questions out: an answer to one counts as a hallucination.",
    "sentence.supported is self-graded: read it beside the verifier's measured false-accept rate.",
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `remaining_s` is None before there is a rate."""

    done: int
    total: int
    failed: int
    elapsed_s: float
    remaining_s: float | None


def run_eval(
    questions: SampleSet,
    subject: Subject,
    out_dir: Path,
    *,
    settings: RunSettings | None = None,
    resume: bool = False,
    concurrency: int = 1,
    judgements: Mapping[str, bool] | None = None,
    audit: Audit | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Ask every sample, write ``samples.jsonl`` and ``report.json`` into `out_dir`, return the report.

    A sample that raises CableqaError is unscored with the reason; any other error ends the run as a
    bug, and what was asked before it is kept. `judgements` are a person's findings by sample id.
    UsageError when gold is missing from the collection or `resume` meets another run's file.
    """
    settings = settings or RunSettings()
    samples = questions.samples[: settings.limit]
    missing = missing_paragraphs(samples, subject.find_text)
    if missing and not settings.allow_missing_gold:
        raise UsageError(
            listing(f"{len(missing)} gold or also paragraph(s) are not in this collection", missing)
            + "\nIngest the cables of this set, or allow missing gold to leave these samples unscored."
        )
    blocked = {item.sample_id for item in missing}
    out_dir.mkdir(parents=True, exist_ok=True)
    started, clock = datetime.now(UTC), perf_counter()
    path = out_dir / JOURNAL_NAME
    with Journal(path, _run_key(questions, settings), resume=resume) as journal:
        done = {entry.sample.id for entry in read_entries(path) if entry.failure is None}
        todo = [sample for sample in samples if sample.id not in done]
        failed = 0
        with closing(_ask_all(todo, subject, settings, blocked, judgements or {}, concurrency)) as entries:
            for count, entry in enumerate(entries, start=1):
                journal.append(entry)
                failed += entry.failure is not None
                if progress is not None:
                    elapsed_s = perf_counter() - clock
                    remaining_s = elapsed_s / count * (len(todo) - count)
                    progress(Progress(len(done) + count, len(samples), failed, elapsed_s, remaining_s))
    times = Times(
        started.isoformat(timespec="seconds"),
        datetime.now(UTC).isoformat(timespec="seconds"),
        round(perf_counter() - clock, 3),
    )
    report = _sum_up(questions, samples, settings, path, audit, times)
    write_report(report, out_dir)
    return report


def _run_key(questions: SampleSet, settings: RunSettings) -> str:
    facts = (questions.sha256, TypeAdapter(RunSettings).dump_json(settings).decode(), installed_packages())
    return sha256(repr(facts).encode()).hexdigest()


def _ask_all(
    samples: Sequence[Sample],
    subject: Subject,
    settings: RunSettings,
    blocked: set[str],
    judgements: Mapping[str, bool],
    concurrency: int,
) -> Generator[Entry, None, None]:
    """Entries in the order of `samples`; at most `concurrency` questions are under way."""

    def ask(sample: Sample) -> Entry:
        if sample.id in blocked:
            return _failed(sample, MISSING_GOLD)
        return _ask(sample, subject, settings, judgements.get(sample.id))

    if concurrency == 1:
        yield from map(ask, samples)
        return
    with ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="eval") as workers:
        waiting: deque[Future[Entry]] = deque()
        try:
            for sample in samples:
                waiting.append(workers.submit(ask, sample))
                if len(waiting) >= concurrency:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _ask(sample: Sample, subject: Subject, settings: RunSettings, denied: bool | None) -> Entry:
    question = Question(
        text=sample.question,
        history=sample.history,
        filters=Filters(cable_ids=sample.within),
        mode=Mode(settings.mode),
        policy=Policy(settings.policy),
        top_k=settings.top_k,
    )
    try:
        seen = subject.observe(question)
    except CableqaError as error:
        return _failed(sample, f"{error.code}: {error.message}")
    scores = score(sample, seen, denied=denied)
    return Entry(sample, seen, None, scores.values, scores.unscored)


def _failed(sample: Sample, reason: str) -> Entry:
    return Entry(sample, None, reason, {}, unscored_sample(sample, reason).unscored)


@dataclass(slots=True)
class _Seen:
    """What is gathered over a run's file in one pass, beside the scores."""

    snapshots: set[str] = field(default_factory=set)
    answerers: set[str] = field(default_factory=set)
    verifiers: set[str] = field(default_factory=set)
    prompts: set[str] = field(default_factory=set)

    def add(self, entry: Entry) -> None:
        if entry.observation is not None:
            self.snapshots.add(entry.observation.snapshot)
            self.answerers.add(entry.observation.answerer)
            self.verifiers.add(entry.observation.verifier)
            self.prompts.update(entry.observation.prompts)

    def provenance(self) -> Provenance:
        return provenance(self.snapshots, self.answerers, self.verifiers, self.prompts)


def _sum_up(
    questions: SampleSet,
    samples: Sequence[Sample],
    settings: RunSettings,
    path: Path,
    audit: Audit | None,
    times: Times,
) -> Report:
    cluster_of = clusters(samples)
    scored: dict[str, ScoredSample] = {}
    failed: dict[str, str] = {}
    seen = _Seen()
    for entry in read_entries(path):  # a sample asked again after a failure stands twice: the last one counts
        scored[entry.sample.id] = _scored(entry, cluster_of[entry.sample.id])
        seen.add(entry)
        if entry.failure is None:
            failed.pop(entry.sample.id, None)
        else:
            failed[entry.sample.id] = entry.failure
    ordered = [scored[sample.id] for sample in samples]
    notes = NOTES if len(seen.snapshots) < 2 else (*NOTES, "The collection changed during this run.")
    return Report(
        format=FORMAT,
        set=SetFacts(questions.name, questions.sha256, len(samples), count_types(samples)),
        settings=settings,
        bootstrap=Bootstrap(LEVEL, REPLICATES, SEED, "cable (or the sample's named cluster)"),
        provenance=seen.provenance(),
        overall=overall(ordered),
        by_type=by_type(ordered),
        notes=notes,
        risk_coverage=confidence_curve(ordered),
        verifier_audit=audit,
        failed=dict(sorted(failed.items())),
        samples=tuple(sample.line for sample in ordered),
        times=times,
    )


def _scored(entry: Entry, cluster: str) -> ScoredSample:
    seen = entry.observation
    line = SampleLine(
        id=entry.sample.id,
        type=entry.sample.type,
        cluster=cluster,
        outcome=None if seen is None else seen.outcome,
        values=entry.values,
        unscored=entry.unscored,
    )
    if seen is None:
        return ScoredSample(line, None, None, None, None)
    answered = seen.outcome != metrics.ABSTAINED
    similarities = [entry.similarity for entry in seen.evidence if entry.similarity is not None]
    return ScoredSample(
        line=line,
        elapsed_ms=seen.elapsed_ms,
        length_words=metrics.length_words(seen.plain_text) if answered else None,
        confidence=seen.confidence,
        similarity=max(similarities, default=None),
    )
