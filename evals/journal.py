"""``samples.jsonl``: one line for each asked sample, appended as it comes, so that a killed run resumes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from pydantic import TypeAdapter, ValidationError

from evals.observations import Observation
from evals.samples import Sample
from rag.errors import UsageError

JOURNAL_NAME = "samples.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """A sample as asked and what came of it: an observation, or the reason why there is none."""

    sample: Sample
    observation: Observation | None
    failure: str | None
    values: dict[str, float]
    unscored: dict[str, str]


@dataclass(frozen=True, slots=True)
class RunKey:
    """The first line: entries of another set, setting or version must not be mixed into this run."""

    run_key: str


_ENTRY = TypeAdapter(Entry)
_KEY = TypeAdapter(RunKey)


class Journal:
    """Appends entries to a run's file, each line whole and on disk before the next sample is asked."""

    def __init__(self, path: Path, run_key: str, *, resume: bool) -> None:
        """Open `path`; with `resume`, go on after its last whole line. UsageError if it is another run's."""
        self.path = path
        if resume and path.exists() and _drop_torn_line(path):
            _check_key(path, run_key)
            self._file = path.open("ab")
        else:
            self._file = path.open("wb")
            self._write(_KEY.dump_json(RunKey(run_key)))

    def append(self, entry: Entry) -> None:
        self._write(_ENTRY.dump_json(entry))

    def _write(self, line: bytes) -> None:
        self._file.write(line + b"\n")
        self._file.flush()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def read_entries(path: Path) -> Iterator[Entry]:
    """The entries of a run's file in the order they were written, one at a time."""
    with path.open("rb") as file:
        next(file, None)
        for number, line in enumerate(file, start=2):
            try:
                yield _ENTRY.validate_json(line)
            except ValidationError as error:
                raise UsageError(f"{path}:{number}: not an entry of this version's eval run") from error


def _drop_torn_line(path: Path) -> int:
    """Cut half a line that a kill left behind (its sample is asked again); the bytes that remain."""
    whole = 0
    with path.open("rb+") as file:
        for line in file:
            whole += len(line) if line.endswith(b"\n") else 0
        file.truncate(whole)
    return whole


def _check_key(path: Path, run_key: str) -> None:
    with path.open("rb") as file:
        first = file.readline()
    try:
        known = _KEY.validate_json(first).run_key
    except ValidationError as error:
        raise UsageError(f"{path} is not the file of an eval run: give another --out") from error
    if known != run_key:
        raise UsageError(
            f"{path} is of a run with another question set, collection, setting or version: "
            "give another --out, or start over without --resume"
        )
