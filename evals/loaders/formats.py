"""A set by its format: the project's own lines, or a public one with the passages it is asked over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel

from evals.loaders.beir import load_beir
from evals.loaders.clapnq import load_clapnq
from evals.loaders.mtrag import load_mtrag
from evals.loaders.nomiracl import load_nomiracl
from evals.loaders.public import PublicSet
from evals.loaders.records import read_lines
from evals.loaders.squad import load_squad
from evals.samples import SampleSet, load_samples
from rag.errors import UsageError

SAMPLE = "sample"  # the name of the set that comes with the project


class SetFormat(StrEnum):
    """How a set's files are written."""

    CABLEQA = "cableqa"
    SQUAD = "squad"
    BEIR = "beir"
    CLAPNQ = "clapnq"
    MTRAG = "mtrag"
    NOMIRACL = "nomiracl"


@dataclass(frozen=True, slots=True)
class LoadedSet:
    """Questions; of a public format the passages too; paraphrases by sample id where there are some."""

    questions: SampleSet
    passages: PublicSet | None
    paraphrases: dict[str, str]


class _Paraphrase(BaseModel):
    id: str
    question: str


def load_set(paths: Sequence[Path], format: SetFormat) -> LoadedSet:
    """Read a set; the path `sample` is the one that comes with the project. Raises UsageError."""
    if format is not SetFormat.CLAPNQ and len(paths) > 1:
        raise UsageError(f"One set at a time: only {SetFormat.CLAPNQ} is published in two files.")
    path = paths[0]
    if format is SetFormat.CABLEQA:
        path = sample_path() if is_sample(paths) else path
        beside = path.with_suffix(".paraphrases.jsonl")
        rows = read_lines(beside, _Paraphrase) if beside.exists() else ()
        return LoadedSet(load_samples(path), None, {row.id: row.question for row in rows})
    public = _load_public(paths, format)
    return LoadedSet(public.questions, public, {})


def is_sample(paths: Sequence[Path]) -> bool:
    return [str(path) for path in paths] == [SAMPLE] and not paths[0].exists()


def sample_path() -> Path:
    """The project's own questions over its sample collection."""
    return Path(str(files("evals") / "sets" / "sample.jsonl"))


def _load_public(paths: Sequence[Path], format: SetFormat) -> PublicSet:
    if format is SetFormat.CLAPNQ:
        return load_clapnq(paths)
    if format is SetFormat.SQUAD:
        return load_squad(paths[0])
    if format is SetFormat.MTRAG:
        return load_mtrag(paths[0])
    return load_nomiracl(paths[0]) if format is SetFormat.NOMIRACL else load_beir(paths[0])
