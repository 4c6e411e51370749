"""From a run's file to its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evals import metrics
from evals.aggregate import ScoredSample, by_repeat, by_type, confidence_curve, overall
from evals.audit import Audit
from evals.journal import Entry, read_entries
from evals.provenance import Provenance, provenance
from evals.report import FORMAT, Bootstrap, Report, RunSettings, SampleLine, SetFacts, Times
from evals.samples import Sample, SampleSet, clusters, count_types
from evals.scoring import CONSISTENCY, TWIN_UNSCORED, signature
from evals.statistics import LEVEL, REPLICATES, SEED

NOTES = (
    "Questions were asked with top_k 10 so that hit@10 and mrr@10 can be read off the evidence.",
    "Follow-ups are in no overall retrieval figure; they have their own row by type.",
    "Gold-based metrics leave unanswerable questions out: an answer to one counts as a hallucination.",
    "sentence.supported and alce.* are self-graded: read them beside the verifier's false-accept rate.",
    "Constructed families are in no overall figure but consistency.same_answer; each has its row by type.",
)
UNREVIEWED = "Samples marked for review are asked; what needs their gold is unscored."


@dataclass(slots=True)
class _Seen:
    """What is gathered over a run's file in one pass, beside the scores."""

    snapshots: set[str] = field(default_factory=set)
    answerers: set[str] = field(default_factory=set)
    verifiers: set[str] = field(default_factory=set)
    prompts: set[str] = field(default_factory=set)
    signatures: dict[str, str] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        if entry.observation is not None:
            self.snapshots.add(entry.observation.snapshot)
            self.answerers.add(entry.observation.answerer)
            self.verifiers.add(entry.observation.verifier)
            self.prompts.update(call.prompt_sha256 for call in entry.observation.calls)
            self.signatures[entry.sample.id] = signature(entry.observation)

    def provenance(self, parts: Mapping[str, str]) -> Provenance:
        return provenance(self.snapshots, self.answerers, self.verifiers, self.prompts, parts)


def sum_up(
    questions: SampleSet,
    samples: Sequence[Sample],
    settings: RunSettings,
    path: Path,
    audit: Audit | None,
    parts: Mapping[str, str],
    times: Times,
) -> Report:
    """Read a run's file once, an entry at a time, and make the report of it."""
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
    ordered = [_compared(sample, scored[sample.id], seen.signatures) for sample in samples]
    notes = list(NOTES)
    if len(seen.snapshots) > 1:
        notes.append("The collection changed during this run.")
    if any(sample.review is not None for sample in samples):
        notes.append(UNREVIEWED)
    return Report(
        format=FORMAT,
        set=SetFacts(
            questions.name,
            questions.sha256,
            len(samples),
            count_types(samples),
            tuple(dict.fromkeys(sample.family for sample in samples if sample.family is not None)),
        ),
        settings=settings,
        bootstrap=Bootstrap(LEVEL, REPLICATES, SEED, "cable (or the sample's named cluster)"),
        provenance=seen.provenance(parts),
        overall=overall(ordered),
        by_type=by_type(ordered),
        notes=tuple(notes),
        risk_coverage=confidence_curve(ordered),
        verifier_audit=audit,
        failed=dict(sorted(failed.items())),
        samples=tuple(sample.line for sample in ordered),
        times=times,
        by_repeat=by_repeat(ordered, settings.repeats),
    )


def _compared(sample: Sample, scored: ScoredSample, signatures: Mapping[str, str]) -> ScoredSample:
    """With the finding whether a sample that has a twin got the same answer."""
    if sample.twin is None or CONSISTENCY in scored.line.unscored:
        return scored
    line = scored.line
    twin = signatures.get(sample.twin)
    if twin is None:
        line = replace(line, unscored={**line.unscored, CONSISTENCY: TWIN_UNSCORED})
    else:
        same = float(twin == signatures.get(sample.id))
        line = replace(line, values={**line.values, CONSISTENCY: same})
    return replace(scored, line=line)


def _scored(entry: Entry, cluster: str) -> ScoredSample:
    seen = entry.observation
    line = SampleLine(
        id=entry.sample.id,
        type=entry.sample.type,
        cluster=cluster,
        outcome=None if seen is None else seen.outcome,
        values=entry.values,
        unscored=entry.unscored,
        family=entry.sample.family,
        repeat=entry.sample.repeat,
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
