"""How well a verifier tells supported claims from the rest, on public sets of claims with evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from evals.loaders.claims import ClaimRow
from evals.statistics import Interval, mean_interval
from rag.text.loose import loose_passage
from rag.types import (
    DraftSentence,
    Quote,
    Verdict,
)
from rag.verifying.verify import Verifier


@dataclass(frozen=True, slots=True)
class Side:
    """Claims of one label: the share that the verifier gets right."""

    n: int
    right: float
    ci95: Interval | None


@dataclass(frozen=True, slots=True)
class ClaimScores:
    """`balanced` is the mean of both sides; `false_accept` the share of unsupported claims let through."""

    group: str
    supported: Side
    rest: Side
    balanced: float
    false_accept: float


@dataclass(frozen=True, slots=True)
class ClaimReport:
    """All claims, and each domain by itself where a set has several."""

    verifier: str
    overall: ClaimScores
    by_group: tuple[ClaimScores, ...]
    claims_per_s: float


def measure_claims(verifier: Verifier, rows: Sequence[ClaimRow]) -> ClaimReport:
    """Check every claim against its evidence, a passage for each piece."""
    start = perf_counter()
    found = [_supported(verifier, row) for row in rows]
    elapsed = perf_counter() - start
    groups = list(dict.fromkeys(row.group for row in rows))
    pairs = list(zip(rows, found, strict=True))
    by_group = tuple(_scores(name, [p for p in pairs if p[0].group == name]) for name in groups)
    return ClaimReport(
        verifier.name, _scores("all", pairs), by_group if len(groups) > 1 else (), len(rows) / elapsed
    )


def _supported(verifier: Verifier, row: ClaimRow) -> bool:
    passages = {n: loose_passage(n, text) for n, text in enumerate(row.evidence, start=1) if text.strip()}
    draft = DraftSentence(row.claim, tuple(Quote(number) for number in passages))
    return verifier.check(draft, passages).verdict is Verdict.SUPPORTED


def _scores(group: str, pairs: Sequence[tuple[ClaimRow, bool]]) -> ClaimScores:
    supported = _side([float(found) for row, found in pairs if row.supported])
    rest = _side([float(not found) for row, found in pairs if not row.supported])
    return ClaimScores(group, supported, rest, (supported.right + rest.right) / 2, 1 - rest.right)


def _side(right: Sequence[float]) -> Side:
    mean = sum(right) / len(right) if right else 0.0
    return Side(len(right), mean, mean_interval(right, range(len(right))) if right else None)
