"""Claims against evidence, as verifiers are measured on: supported against the rest."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from evals.loaders.records import read_lines


class ClaimFormat(StrEnum):
    """How a file of claims is written."""

    WICE = "wice"
    SUMMEDITS = "summedits"
    FACTCHECK = "factcheck"


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim, the passages it is to rest on, and whether they support it. `group` names the domain."""

    claim: str
    evidence: tuple[str, ...]
    supported: bool
    group: str


class _Wice(BaseModel):
    claim: str
    evidence: list[str]
    label: Literal["supported", "partially_supported", "not_supported"]


class _SummEdits(BaseModel):
    domain: str
    doc: str
    summary: str
    label: Literal[0, 1]


class _Stance(BaseModel):
    claim: str
    evidence: str
    stance: Literal["completely-support", "partially-support", "refute", "irrelevant"]


def load_wice(path: Path) -> tuple[ClaimRow, ...]:
    """WiCE (Kamoi et al. 2023): evidence is a page, one sentence an entry; partial counts as the rest."""
    return tuple(
        ClaimRow(row.claim, tuple(row.evidence), row.label == "supported", "wice")
        for row in read_lines(path, _Wice)
    )


def load_summedits(path: Path) -> tuple[ClaimRow, ...]:
    """SummEdits (Laban et al. 2023): a summary against its document, by domain; label 1 is consistent."""
    return tuple(
        ClaimRow(row.summary, (row.doc,), row.label == 1, row.domain) for row in read_lines(path, _SummEdits)
    )


def load_factcheck(path: Path) -> tuple[ClaimRow, ...]:
    """Factcheck-GPT stances (Wang et al. 2024): full support against partial, refuting and irrelevant."""
    return tuple(
        ClaimRow(row.claim, (row.evidence,), row.stance == "completely-support", "factcheck")
        for row in read_lines(path, _Stance)
    )


def load_claims(path: Path, format: ClaimFormat) -> tuple[ClaimRow, ...]:
    """The rows of a published file. Raises UsageError."""
    if format is ClaimFormat.WICE:
        return load_wice(path)
    return load_summedits(path) if format is ClaimFormat.SUMMEDITS else load_factcheck(path)
