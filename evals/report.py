"""The shape of a report: means with intervals, overall and by type, and what was not scored.

A report holds aggregates, sample ids and scores; no text of a question, an answer or a cable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from evals.audit import Audit
from evals.calibration import RiskCoverage
from evals.provenance import Provenance
from rag.errors import UsageError

FORMAT = 2
REPORT_NAME = "report.json"
LATENCIES = {"latency.p50_ms": 0.5, "latency.p95_ms": 0.95}
ANSWER_LENGTH = "answer.length_words.median"


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure over `n` scored samples; `ci95` is (low, high), None below two independent clusters.

    `mean` is None when nothing was scored (for a latency or a length it is that quantile).
    `unscored` samples are in neither `mean` nor `n`.
    """

    mean: float | None
    ci95: tuple[float, float] | None
    n: int
    unscored: int


@dataclass(frozen=True, slots=True)
class SampleLine:
    """What a report keeps of a sample, for paired comparison: its scores or why it has none."""

    id: str
    type: str
    cluster: str
    outcome: str | None
    values: dict[str, float]
    unscored: dict[str, str]
    family: str | None = None
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class SetFacts:
    """Which questions were asked; `families` of constructed ones are in `samples` and `types`."""

    name: str
    sha256: str
    samples: int
    types: dict[str, int]
    families: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How they were asked: `top_k` is 10 so that the evidence shows all ranks that are measured.

    `repeats` is how often each question is asked, a language model having another seed each time;
    `configuration` names what differs from the defaults.
    """

    mode: str = "auto"
    policy: str = "repair"
    top_k: int = 10
    limit: int | None = None
    stratified: int | None = None
    allow_missing_gold: bool = False
    repeats: int = 1
    configuration: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How the intervals were made."""

    level: float
    replicates: int
    seed: int
    unit: str


@dataclass(frozen=True, slots=True)
class Times:
    """Everything about a run that differs the next time, beside the latencies."""

    started_at: str
    finished_at: str
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Validation:
    """How a judge did on rows labelled by people: `kappa` is Cohen's, chance taken off.

    `passed` says whether it agrees well enough for its numbers to be shown.
    """

    labels_sha256: str
    n: int
    unscored: int
    agreement: float
    balanced_accuracy: float
    kappa: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A language model's findings. `metrics` is empty where the judge did not pass its validation."""

    judge: str
    prompt_sha256: str
    validation: Validation
    metrics: dict[str, Metric]
    by_type: dict[str, dict[str, Metric]]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run. `failed` are sample id -> reason for those that no answer came for.

    `overall` leaves constructed families out; they are in `by_type` under their names. `by_repeat` gives
    the mean of each metric each time that the questions were asked, where that was more than once.
    `judged` is what a language model says, told apart from everything that needs no judge.
    """

    format: int
    set: SetFacts
    settings: RunSettings
    bootstrap: Bootstrap
    provenance: Provenance
    overall: dict[str, Metric]
    by_type: dict[str, dict[str, Metric]]
    notes: tuple[str, ...]
    risk_coverage: RiskCoverage | None
    verifier_audit: Audit | None
    failed: dict[str, str]
    samples: tuple[SampleLine, ...]
    times: Times
    by_repeat: dict[str, tuple[float, ...]] = field(default_factory=dict)
    judged: Judged | None = None

    @property
    def exit_status(self) -> int:
        """0 when every sample was asked, 1 when the report lists some that could not be."""
        return 1 if self.failed else 0


_REPORT = TypeAdapter(Report)


def report_json(report: Report) -> str:
    """The report as a JSON document."""
    return _REPORT.dump_json(report, indent=1).decode() + "\n"


def write_report(report: Report, folder: Path) -> Path:
    """Write ``report.json`` into `folder`, whole or not at all."""
    path = folder / REPORT_NAME
    partial = path.with_suffix(".partial")
    partial.write_text(report_json(report), encoding="utf-8")
    partial.replace(path)
    return path


def read_report(path: Path) -> Report:
    """Read a report, given the file or the folder of its run; UsageError says what is wrong with it."""
    path = path / REPORT_NAME if path.is_dir() else path
    try:
        return _REPORT.validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read the report {path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path} is not an eval report of this version: {place}: {first['msg']}") from error
