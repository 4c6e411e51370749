"""From the scores of single samples to means with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from evals.calibration import Judged, RiskCoverage, risk_coverage
from evals.report import ANSWER_LENGTH, LATENCIES, Metric, SampleLine
from evals.samples import FOLLOWUP
from evals.scoring import CONSISTENCY, METRICS, RETRIEVAL
from evals.statistics import Interval, mean_interval, quantile_interval

GIVEN_CONFIDENCE = "the answerer's own confidence"
SIMILARITY = "similarity of the best piece of evidence"


@dataclass(frozen=True, slots=True)
class ScoredSample:
    """A sample's line with what is summed up but not kept: its times, length and confidences."""

    line: SampleLine
    elapsed_ms: float | None
    length_words: float | None
    confidence: float | None
    similarity: float | None


def overall(samples: Sequence[ScoredSample]) -> dict[str, Metric]:
    """Every metric over the set itself; follow-ups are in no retrieval figure.

    Constructed families are left out, but for the figure that only they have.
    """
    own = [sample for sample in samples if sample.line.family is None]
    alone = [sample for sample in own if sample.line.type != FOLLOWUP]

    def samples_for(name: str) -> Sequence[ScoredSample]:
        if name == CONSISTENCY:
            return samples
        return alone if name.startswith(RETRIEVAL) else own

    return _metrics(samples_for)


def by_repeat(samples: Sequence[ScoredSample], repeats: int) -> dict[str, tuple[float, ...]]:
    """The mean of each metric each time that the questions were asked; empty where that was once."""
    if repeats == 1:
        return {}
    each = [overall([s for s in samples if s.line.repeat == repeat]) for repeat in range(1, repeats + 1)]
    means = {name: [metrics[name].mean for metrics in each if name in metrics] for name in each[0]}
    known = {name: [mean for mean in found if mean is not None] for name, found in means.items()}
    return {name: tuple(found) for name, found in known.items() if len(found) == repeats}


def by_type(samples: Sequence[ScoredSample]) -> dict[str, dict[str, Metric]]:
    """Every metric that applies, for each type of sample."""
    types = sorted({sample.line.type for sample in samples})
    groups = {name: [sample for sample in samples if sample.line.type == name] for name in types}
    return {name: _metrics(_always(group)) for name, group in groups.items()}


def _always(group: Sequence[ScoredSample]) -> Callable[[str], Sequence[ScoredSample]]:
    return lambda _name: group


def _metrics(samples_for: Callable[[str], Sequence[ScoredSample]]) -> dict[str, Metric]:
    found = {name: mean_metric(name, [s.line for s in samples_for(name)]) for name in METRICS}
    # What was abstained from has no length, and is not unscored for it.
    answers = [s for s in samples_for(ANSWER_LENGTH) if s.length_words is not None or s.line.outcome is None]
    found[ANSWER_LENGTH] = _quantile([s.length_words for s in answers], 0.5)
    for name, quantile in LATENCIES.items():
        found[name] = _quantile([s.elapsed_ms for s in samples_for(name)], quantile)
    return {name: metric for name, metric in found.items() if metric.n or metric.unscored}


def mean_metric(name: str, lines: Iterable[SampleLine]) -> Metric:
    """Mean of one metric over the lines that have it, with its clustered interval."""
    lines = list(lines)
    scored = [line for line in lines if name in line.values]
    unscored = sum(name in line.unscored for line in lines)
    if not scored:
        return Metric(None, None, 0, unscored)
    values = [line.values[name] for line in scored]
    interval = mean_interval(values, [line.cluster for line in scored])
    return Metric(sum(values) / len(values), _pair(interval), len(values), unscored)


def _quantile(values: Sequence[float | None], quantile: float) -> Metric:
    known = sorted(value for value in values if value is not None)
    if not known:
        return Metric(None, None, 0, len(values))
    middle = median(known) if quantile == 0.5 else known[min(int(quantile * len(known)), len(known) - 1)]
    return Metric(middle, _pair(quantile_interval(known, quantile)), len(known), len(values) - len(known))


def _pair(interval: Interval | None) -> tuple[float, float] | None:
    return None if interval is None else (interval.low, interval.high)


def confidence_curve(samples: Sequence[ScoredSample]) -> RiskCoverage | None:
    """Risk against coverage, by the answerer's confidence where every answer has one, else by similarity.

    Loss is 1 - key facts for an answerable question, 1 for an unanswerable one that was answered.
    """
    asked = [s for s in samples if s.line.outcome is not None and s.line.family is None]
    answered = [(sample, loss) for sample in asked if (loss := _loss(sample.line)) is not None]
    given = [Judged(s.confidence, loss) for s, loss in answered if s.confidence is not None]
    if given and len(given) == len(answered):
        probability = all(0 <= judged.confidence <= 1 for judged in given)
        return risk_coverage(given, asked=len(asked), source=GIVEN_CONFIDENCE, probability=probability)
    near = [Judged(s.similarity, loss) for s, loss in answered if s.similarity is not None]
    return risk_coverage(near, asked=len(asked), source=SIMILARITY)


def _loss(line: SampleLine) -> float | None:
    """None for what was abstained from or has no key facts to be judged by."""
    if line.values.get("abstention.hallucination") == 1.0:
        return 1.0
    facts = line.values.get("answer.key_facts")
    return None if facts is None or line.values.get("abstention.error") == 1.0 else 1 - facts
