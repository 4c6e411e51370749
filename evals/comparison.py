"""The page that sets two runs side by side: paired figures, and what differs, sample by sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evals.gate import Comparison, compare
from evals.journal import JOURNAL_NAME, Entry, read_entries
from evals.page import environment
from evals.report import Report, SampleLine, read_report
from evals.scoring import LOWER_IS_BETTER

ROWS_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One score of a sample that differs."""

    metric: str
    before: float
    after: float
    better: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A sample that scored differently, with both records where the runs' files are at hand."""

    line: SampleLine
    steps: tuple[Step, ...]
    before: Entry | None
    after: Entry | None

    @property
    def direction(self) -> str:
        """ "better", "worse", or "both"."""
        ways = {step.better for step in self.steps}
        return "both" if len(ways) == 2 else "better" if True in ways else "worse"


@dataclass(frozen=True, slots=True)
class View:
    """Everything that the template draws."""

    before: Report
    after: Report
    comparison: Comparison
    differences: tuple[Difference, ...]
    total: int
    texts: bool


def write_comparison(before_path: Path, after_path: Path, page: Path, *, texts: bool = True) -> Comparison:
    """Compare two runs, given their folders or reports, and write the page of it. Raises UsageError."""
    before, after = read_report(before_path), read_report(after_path)
    comparison = compare(before, after)
    found = differing(before, after)
    shown = found[:ROWS_LIMIT]
    ids = {line.id for line, _ in shown}
    olds, news = (_records(path, ids) if texts else {} for path in (before_path, after_path))
    view = View(
        before,
        after,
        comparison,
        tuple(Difference(line, steps, olds.get(line.id), news.get(line.id)) for line, steps in shown),
        len(found),
        texts,
    )
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(environment().get_template("comparison.html.j2").render(view=view), encoding="utf-8")
    return comparison


def differing(before: Report, after: Report) -> list[tuple[SampleLine, tuple[Step, ...]]]:
    """The samples of both runs with another score in the second, and which scores those are."""
    old = {line.id: line for line in before.samples}
    found = []
    for line in after.samples:
        if line.id not in old:
            continue
        known = old[line.id].values
        steps = tuple(
            Step(name, known[name], value, (value > known[name]) != (name in LOWER_IS_BETTER))
            for name, value in line.values.items()
            if name in known and known[name] != value
        )
        if steps:
            found.append((line, steps))
    return found


def _records(path: Path, ids: set[str]) -> dict[str, Entry]:
    folder = path if path.is_dir() else path.parent
    journal = folder / JOURNAL_NAME
    if not journal.exists():
        return {}
    return {entry.sample.id: entry for entry in read_entries(journal) if entry.sample.id in ids}
