"""From paths to parsed cables: what to read, where it is, and with which options."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.chunk import CHUNKER_VERSION
from ingestion.parse import parse_source
from ingestion.report import IngestLine, IngestProgress, IngestReport, Progress, Status, silent
from ingestion.sources import SourceFile, find_files
from ingestion.sources.files import STDIN, Limits
from rag.errors import ParseError
from rag.types import Cable

# Part of what makes a read file out of date: raise it when the parser reads the same bytes differently.
PARSER_VERSION = 2


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How files are read, and whether cables whose files are gone leave the collection (`sync`)."""

    format: str = "auto"
    cable_id: str | None = None
    corpus: str | None = None
    default_classification: str | None = None
    sync: bool = False
    limits: Limits = field(default_factory=Limits)

    def key(self, max_tokens: int) -> str:
        """What a file must have been read with to count as read."""
        return json.dumps(
            [
                PARSER_VERSION,
                CHUNKER_VERSION,
                max_tokens,
                self.format,
                self.cable_id,
                self.corpus,
                self.default_classification,
            ]
        )


def dry_run(paths: Iterable[Path], options: IngestOptions, progress: Progress = silent) -> IngestReport:
    """Parse and report, and write nothing: no collection is needed."""
    started = time.perf_counter()
    roots = list(paths)
    total = count_files(roots)
    lines: list[IngestLine] = []
    files = 0
    for _, source in sources(roots, options):
        files += 1
        lines += [
            IngestLine.of_error(item)
            if isinstance(item, ParseError)
            else IngestLine.of_cable(item, Status.PARSED)
            for item in parsed(source, options)
        ]
        failures = sum(line.status is Status.FAILED for line in lines)
        elapsed = time.perf_counter() - started
        progress(IngestProgress(files, total, len(lines) - failures, failures, 0, 0, elapsed))
    return IngestReport.of(lines, files, 0, 0, time.perf_counter() - started)


def sources(roots: list[Path], options: IngestOptions) -> Iterator[tuple[str, SourceFile | ParseError]]:
    """Everything to read with its location: a path, with ``!member`` inside an archive."""
    for root in roots:
        resolved = root.resolve()
        folder = resolved.is_dir()
        for source in find_files(root, options.limits):
            name = str(source.detail.get("file", root)) if isinstance(source, ParseError) else source.name
            yield str(resolved / name) if folder else _location(root, resolved, name), source


def _location(root: Path, resolved: Path, name: str) -> str:
    if str(root) == STDIN:
        return STDIN
    member = name.removeprefix(root.name)
    return f"{resolved}{member if member.startswith('!') else ''}"


def is_under(location: str, root: Path) -> bool:
    resolved = str(root.resolve())
    return location == resolved or location.startswith((f"{resolved}{os.sep}", f"{resolved}!"))


def parsed(source: SourceFile | ParseError, options: IngestOptions) -> Iterator[Cable | ParseError]:
    """The cables of a file. A parser that fails is an error of this file, not the end of the run."""
    if isinstance(source, ParseError):
        yield source
        return
    try:
        yield from parse_source(
            source,
            format=options.format,
            cable_id=options.cable_id,
            corpus=options.corpus,
            default_classification=options.default_classification,
        )
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        yield ParseError(
            f"{source.name}: the parser failed ({type(error).__name__}: {error}). This is a bug: please "
            "report it with the file.",
            file=source.name,
        )


def count_files(roots: list[Path]) -> int:
    """How many files there are under the roots, for the progress bar; close, not exact."""
    return sum(sum(len(files) for _, _, files in os.walk(root)) if root.is_dir() else 1 for root in roots)
