"""BIPIA (Yi et al. 2023): instructions hidden in a text that is only to be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import RootModel

from evals.loaders.records import read_json


@dataclass(frozen=True, slots=True)
class Attack:
    """An instruction to plant in a cable, with the category that the authors give it."""

    category: str
    text: str


class _File(RootModel[dict[str, list[str]]]):
    pass


def load_bipia(path: Path) -> tuple[Attack, ...]:
    """All attacks in the file's order."""
    return tuple(
        Attack(category, text) for category, texts in read_json(path, _File).root.items() for text in texts
    )
