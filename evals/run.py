"""The runner: asks every sample, scores it, writes it down, and sums up."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import perf_counter

from pydantic import TypeAdapter

from evals.audit import Audit
from evals.journal import JOURNAL_NAME, Entry, Journal, read_entries
from evals.provenance import code_sha256, installed_packages
from evals.report import Report, RunSettings, Times, write_report
from evals.samples import Sample, SampleSet, listing, missing_paragraphs
from evals.scoring import score, unscored_sample
from evals.selection import repeated
from evals.subjects import Subject
from evals.summary import sum_up
from rag.errors import CableqaError, UsageError
from rag.types import Filters, Mode, Policy, Question

MISSING_GOLD = "a gold paragraph is not in the collection"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; `rate` is samples a second. `remaining_s` is None before there is a rate."""

    done: int
    total: int
    failed: int
    elapsed_s: float
    rate: float
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
    own = [sample for sample in questions.samples if sample.family is None][: settings.limit]
    made = [sample for sample in questions.samples if sample.family is not None]
    samples = repeated((*own, *made), settings.repeats)
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
    with Journal(path, _run_key(questions, settings, subject.parts()), resume=resume) as journal:
        done = {entry.sample.id for entry in read_entries(path) if entry.failure is None}
        todo = [sample for sample in samples if sample.id not in done]
        failed = 0
        with closing(_ask_all(todo, subject, settings, blocked, judgements or {}, concurrency)) as entries:
            for count, entry in enumerate(entries, start=1):
                journal.append(entry)
                failed += entry.failure is not None
                if progress is not None:
                    elapsed_s = perf_counter() - clock
                    rate = count / elapsed_s if elapsed_s else 0.0
                    left_s = (len(todo) - count) / rate if rate else None
                    progress(Progress(len(done) + count, len(samples), failed, elapsed_s, rate, left_s))
    times = Times(
        started.isoformat(timespec="seconds"),
        datetime.now(UTC).isoformat(timespec="seconds"),
        round(perf_counter() - clock, 3),
    )
    report = sum_up(questions, samples, settings, path, audit, subject.parts(), times)
    write_report(report, out_dir)
    return report


def _run_key(questions: SampleSet, settings: RunSettings, parts: Mapping[str, str]) -> str:
    asked = TypeAdapter(RunSettings).dump_json(settings).decode()
    facts = (questions.sha256, asked, sorted(parts.items()), installed_packages(), code_sha256())
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
        seen = subject.observe(question, sample.meddling, sample.repeat)
    except CableqaError as error:
        return _failed(sample, f"{error.code}: {error.message}")
    scores = score(sample, seen, subject.bears_out, denied=denied)
    return Entry(sample, seen, None, scores.values, scores.unscored)


def _failed(sample: Sample, reason: str) -> Entry:
    return Entry(sample, None, reason, {}, unscored_sample(sample, reason).unscored)
