"""A person's findings on false premises, by sample id."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from evals.loaders.records import read_lines


class _Judgement(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    id: str
    denied: bool


def read_judgements(path: Path) -> dict[str, bool]:
    """``{"id": "dev-141", "denied": true}`` a line. UsageError names file and line."""
    return {row.id: row.denied for row in read_lines(path, _Judgement)}
