"""Reading published files: every record is checked, and what is wrong is named by file and line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from evals.loaders.public import PublicPassage, PublicSet
from evals.samples import Sample, SampleSet
from rag.errors import UsageError

Record = TypeVar("Record", bound=BaseModel)


def read_bytes(path: Path) -> bytes:
    """The file's bytes; UsageError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def read_json(path: Path, kind: type[Record]) -> Record:
    """One JSON document."""
    try:
        return kind.model_validate_json(read_bytes(path))
    except ValidationError as error:
        raise UsageError(f"{path}: {_problem(error)}") from error


def read_lines(path: Path, kind: type[Record]) -> Iterator[Record]:
    """One JSON object a line; blank lines are passed over."""
    for number, line in enumerate(read_bytes(path).splitlines(), start=1):
        if line.strip():
            try:
                yield kind.model_validate_json(line)
            except ValidationError as error:
                raise UsageError(f"{path}:{number}: {_problem(error)}") from error


def _problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]


def public_set(
    name: str, paths: Sequence[Path], samples: Sequence[Sample], passages: Sequence[PublicPassage]
) -> PublicSet:
    """Put a set together. UsageError where it is empty, or two samples or passages have one id."""
    if not samples or not passages:
        raise UsageError(f"{paths[0]} holds no questions or no passages: is it the published file?")
    for what, ids in (("sample", [s.id for s in samples]), ("passage", [str(p.key) for p in passages])):
        ((most, times),) = Counter(ids).most_common(1)
        if times > 1:
            raise UsageError(f"{paths[0]}: the {what} {most} stands there {times} times")
    digest = sha256(b"".join(sha256(read_bytes(path)).digest() for path in paths)).hexdigest()
    return PublicSet(SampleSet(name, digest, tuple(samples)), tuple(passages))
