"""Whether a change may pass: two reports compared sample by sample, and the invariants that must hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from statistics import NormalDist

from evals.audit import Audit, Rate
from evals.report import Report, SampleLine
from evals.samples import FOLLOWUP
from evals.scoring import INVARIANTS, LOWER_IS_BETTER, METRICS, RETRIEVAL
from evals.statistics import Interval, mean_interval
from rag.errors import UsageError

# Some twenty figures are compared at once: at 95 % every other harmless change would be refused.
GATE_LEVEL = 0.99


@dataclass(frozen=True, slots=True)
class Change:
    """One metric over the samples that both runs scored; `ci95` is of the paired difference.

    `family` names the constructed samples that it is of, None the set itself. `lost` samples were scored in
    the first run and are not in the second; `worse` and `better` are ids.
    """

    metric: str
    family: str | None
    before: float
    after: float
    difference: float
    ci95: tuple[float, float] | None
    ci99: tuple[float, float] | None
    n: int
    lost: int
    worse: tuple[str, ...]
    better: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """ "worse" or "better" where the interval of 95 % excludes no change, else "same"."""
        if self.ci95 is None or self.ci95[0] <= 0 <= self.ci95[1]:
            return "same"
        return "better" if self._improved else "worse"

    @property
    def refused(self) -> bool:
        """Whether the gate takes it for a drop: the interval of 99 % excludes no change."""
        excluded = self.ci99 is not None and not self.ci99[0] <= 0 <= self.ci99[1]
        return excluded and not self._improved

    @property
    def _improved(self) -> bool:
        return (self.difference > 0) != (self.metric in LOWER_IS_BETTER)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes from one report to another. `remarks` are differences of setting or set."""

    changes: tuple[Change, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GateResult:
    """`failures` are reasons to refuse; none means pass."""

    failures: tuple[str, ...]
    comparison: Comparison

    @property
    def passed(self) -> bool:
        return not self.failures


def compare(before: Report, after: Report) -> Comparison:
    """Pair the two runs by sample id. UsageError when they have no sample in common."""
    old = {line.id: line for line in before.samples}
    pairs = [(old[line.id], line) for line in after.samples if line.id in old]
    if not pairs:
        raise UsageError("the two reports have no sample in common: they are of different sets")
    families = dict.fromkeys(line.family for line, _ in pairs)
    changes = [
        change
        for family in sorted(families, key=lambda name: name or "")
        for name in METRICS
        if (change := _change(name, family, [p for p in pairs if p[0].family == family])) is not None
    ]
    return Comparison(tuple(changes), tuple(_remarks(before, after, len(pairs))))


def _change(name: str, family: str | None, pairs: Sequence[tuple[SampleLine, SampleLine]]) -> Change | None:
    if name.startswith(RETRIEVAL):
        pairs = [pair for pair in pairs if pair[0].type != FOLLOWUP]
    both = [(old, new) for old, new in pairs if name in old.values and name in new.values]
    lost = sum(name in old.values and name not in new.values for old, new in pairs)
    if not both:
        return None
    differences = [new.values[name] - old.values[name] for old, new in both]
    drawn = [old.cluster for old, _ in both]
    interval = mean_interval(differences, drawn, bounded=False)
    wide = mean_interval(differences, drawn, bounded=False, level=GATE_LEVEL)
    sign = -1 if name in LOWER_IS_BETTER else 1
    return Change(
        metric=name,
        family=family,
        before=sum(old.values[name] for old, _ in both) / len(both),
        after=sum(new.values[name] for _, new in both) / len(both),
        difference=sum(differences) / len(both),
        ci95=_pair(interval),
        ci99=_pair(wide),
        n=len(both),
        lost=lost,
        worse=tuple(new.id for (_, new), step in zip(both, differences, strict=True) if step * sign < 0),
        better=tuple(new.id for (_, new), step in zip(both, differences, strict=True) if step * sign > 0),
    )


def _pair(interval: Interval | None) -> tuple[float, float] | None:
    return None if interval is None else (interval.low, interval.high)


def _remarks(before: Report, after: Report, shared: int) -> list[str]:
    remarks = []
    if before.set.sha256 != after.set.sha256:
        remarks.append(f"The question sets differ; {shared} samples are in both.")
    elif shared < max(len(before.samples), len(after.samples)):
        remarks.append(f"Only {shared} samples were asked in both runs.")
    old, new = asdict(before.settings), asdict(after.settings)
    differing = [f"{name} {old[name]} / {new[name]}" for name in old if old[name] != new[name]]
    if differing:
        remarks.append(f"The settings differ: {', '.join(differing)}.")
    if before.provenance.snapshots != after.provenance.snapshots:
        remarks.append("The collections differ.")
    return remarks


def gate(baseline: Report, report: Report) -> GateResult:
    """Refuse a broken invariant, a significant drop, samples no longer asked, a laxer verifier."""
    comparison = compare(baseline, report)
    failures = [
        f"{name} is {metric.mean:.4f}: it must be exactly 1"
        for name in INVARIANTS
        if (metric := report.overall.get(name)) is not None and metric.mean is not None and metric.mean != 1.0
    ]
    if len(report.failed) > len(baseline.failed):
        failures.append(
            f"{len(report.failed)} sample(s) could not be asked, {len(baseline.failed)} in the baseline"
        )
    gone = {line.id for line in baseline.samples} - {line.id for line in report.samples}
    if gone:
        failures.append(
            f"{len(gone)} sample(s) of the baseline were not asked: {', '.join(sorted(gone)[:5])}"
        )
    failures += [_drop(change) for change in comparison.changes if change.refused]
    failures += _verifier_failures(baseline.verifier_audit, report.verifier_audit)
    return GateResult(tuple(failures), comparison)


def _drop(change: Change) -> str:
    low, high = change.ci99 or (0.0, 0.0)
    of_family = f" of {change.family}" if change.family else ""
    return (
        f"{change.metric}{of_family} went from {change.before:.3f} to {change.after:.3f} "
        f"(paired difference {change.difference:+.3f}, 99 % {low:+.3f} to {high:+.3f}, "
        f"{len(change.worse)} of {change.n} samples worse: {', '.join(change.worse[:5])})"
    )


def _verifier_failures(before: Audit | None, after: Audit | None) -> list[str]:
    if before is None:
        return []
    if after is None:
        return ["the baseline has an audit of the verifier and this report has none"]
    rates = (
        ("accepts falsified", before.false_accept, after.false_accept),
        ("rejects true", before.false_reject, after.false_reject),
    )
    return [
        f"the verifier {does} sentences more often: {old.rate:.3f} -> {new.rate:.3f}"
        for does, old, new in rates
        if rises(old, new)
    ]


def rises(old: Rate, new: Rate) -> bool:
    """Whether the second rate is significantly above the first (two proportions, pooled normal test)."""
    if not old.n or not new.n:
        return False
    pooled = (old.wrong + new.wrong) / (old.n + new.n)
    spread = sqrt(pooled * (1 - pooled) * (1 / old.n + 1 / new.n))
    return spread > 0 and (new.rate - old.rate) / spread > NormalDist().inv_cdf((1 + GATE_LEVEL) / 2)
