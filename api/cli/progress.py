"""Progress of long work: two bars with rate and time left, on stderr, gone when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from api.cli.output import messages
from rag.text.counting import count_of

if TYPE_CHECKING:
    from ingestion.report import IngestProgress
    from rag.index.indexing import IndexedTotals


class RateColumn(ProgressColumn):
    """How many a second, of what was done lately."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")


class Bar:
    """Files read above, chunks embedded below."""

    def __init__(self, first: str = "Reading", second: str = "Embedding") -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[counts]}"))
        self._bars = Progress(
            *columns, RateColumn(), TimeRemainingColumn(elapsed_when_finished=True), console=messages(),
            transient=True, speed_estimate_period=120,
        )  # fmt: skip
        self._files = self._bars.add_task(first, total=None, counts="")
        self._chunks = self._bars.add_task(second, total=None, counts="")

    def __enter__(self) -> Bar:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, step: IngestProgress) -> None:
        failures = f", {step.failures} failed" if step.failures else ""
        files = f"{step.files_done} of {step.files_total} files, {count_of(step.cables, 'cable')}{failures}"
        self._bars.update(self._files, total=step.files_total, completed=step.files_done, counts=files)
        self.show_embedded(step.chunks_done, step.chunks_total)

    def show_embedded(self, done: int, total: int) -> None:
        counts = f"{done} of {total} chunks"
        self._bars.update(self._chunks, total=total or None, completed=done, counts=counts)

    def show_rebuilt(self, totals: IndexedTotals) -> None:
        counts = f"{totals.chunks} chunks, {totals.reused} vectors from the cache"
        self._bars.update(self._chunks, completed=totals.chunks, counts=counts)
