"""How far an evaluation is: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from api.cli.output import messages

if TYPE_CHECKING:
    from evals.run import Progress as Step

LINE_EVERY_S = 20.0


class Asking:
    """Questions asked, how many a second, and the time left, on stderr."""

    def __init__(self) -> None:
        self._console = messages()
        columns = (TextColumn("Asking"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task("asking", total=None, pace="")
        self._told = monotonic()

    def __enter__(self) -> Asking:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, step: Step) -> None:
        pace = f"{step.rate:.1f} a second"
        if step.remaining_s is not None:
            pace += f", {_minutes(step.remaining_s)} left"
        if step.failed:
            pace += f", {step.failed} failed"
        if self._console.is_terminal:
            self._bar.update(self._task, total=step.total, completed=step.done, pace=pace)
        elif monotonic() - self._told > LINE_EVERY_S:
            self._told = monotonic()
            self._console.print(f"{step.done} of {step.total} asked, {pace}", markup=False)


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"
