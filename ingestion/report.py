"""What an ingest says about itself: a line for each cable or file, totals, and progress while it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from rag.errors import ParseError
from rag.types import Cable


class Status(StrEnum):
    """What became of a cable. PARSED is a dry run's; FAILED may be a file in which no cable was found."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    REMOVED = "removed"
    PARSED = "parsed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StrippedTotal:
    """How many runs of the raw text are not in the body for one reason, and their characters together."""

    reason: str
    runs: int
    characters: int


@dataclass(frozen=True, slots=True)
class IngestLine:
    """One line of the report. `message` says why, where the status alone does not."""

    source: str
    status: Status
    cable_id: str | None = None
    message: str | None = None
    format: str | None = None
    paragraphs: int = 0
    stripped: tuple[StrippedTotal, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def of_cable(cls, cable: Cable, status: Status, message: str | None = None) -> IngestLine:
        runs: Counter[str] = Counter()
        characters: Counter[str] = Counter()
        for stripped in cable.stripped:
            runs[stripped.reason] += 1
            characters[stripped.reason] += stripped.raw_end - stripped.raw_start
        return cls(
            source=cable.header.source,
            status=status,
            cable_id=cable.header.cable_id,
            message=message,
            format=cable.header.format,
            paragraphs=len(cable.paragraphs),
            stripped=tuple(
                StrippedTotal(reason, runs[reason], characters[reason]) for reason in sorted(runs)
            ),
            warnings=cable.warnings,
        )

    @classmethod
    def of_error(cls, error: ParseError) -> IngestLine:
        return cls(str(error.detail.get("file") or ""), Status.FAILED, message=error.message)


@dataclass(frozen=True, slots=True)
class FormatTotal:
    """How many cables of one format were read, and their paragraphs together."""

    format: str
    cables: int
    paragraphs: int


def by_format(lines: Sequence[IngestLine]) -> tuple[FormatTotal, ...]:
    """Cables and paragraphs of each format; an unchanged file is not parsed and counts in none."""
    cables: Counter[str] = Counter()
    paragraphs: Counter[str] = Counter()
    for line in lines:
        if line.format and line.cable_id:
            cables[line.format] += 1
            paragraphs[line.format] += line.paragraphs
    return tuple(FormatTotal(name, cables[name], paragraphs[name]) for name in sorted(cables))


@dataclass(frozen=True, slots=True)
class IngestReport:
    """A finished run. `embedded` chunks went through the encoder, `reused` had their vectors cached."""

    lines: tuple[IngestLine, ...]
    files: int
    embedded: int
    reused: int
    seconds: float
    formats: tuple[FormatTotal, ...] = ()

    @classmethod
    def of(
        cls, lines: Sequence[IngestLine], files: int, embedded: int, reused: int, seconds: float
    ) -> IngestReport:
        return cls(tuple(lines), files, embedded, reused, seconds, by_format(lines))

    def count(self, status: Status) -> int:
        return sum(line.status is status for line in self.lines)

    @property
    def failures(self) -> tuple[IngestLine, ...]:
        return tuple(line for line in self.lines if line.status is Status.FAILED)


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """Where a run is. `files_total` is what was found beforehand; an archive counts as one file.

    `chunks_total` grows while files are read; what is beyond `chunks_done` waits for the encoder.
    """

    files_done: int
    files_total: int
    cables: int
    failures: int
    chunks_done: int
    chunks_total: int
    seconds: float


class Progress(Protocol):
    """Told where a run is, after every file and after every window of chunks."""

    def __call__(self, progress: IngestProgress, /) -> None: ...


def silent(_progress: IngestProgress) -> None:
    """A Progress that shows nothing."""


def by_status(lines: Sequence[IngestLine]) -> dict[Status, int]:
    """How many lines there are of each status, in the order of Status; those that occur."""
    counted = Counter(line.status for line in lines)
    return {status: counted[status] for status in Status if counted[status]}
