"""Claims against evidence, as verifiers are measured on: supported against the rest."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from evals.loaders.records import read_lines

# Of the documents so many in ten are only reported: what is fitted on these sets is fitted on the others.
_REPORTED_IN_TEN = 4


class ClaimFormat(StrEnum):
    """How a file of claims is written."""

    WICE = "wice"
    SUMMEDITS = "summedits"
    FACTCHECK = "factcheck"


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim, the passages it is to rest on, and whether they support it.

    `group` names the domain, `label` is the set's own; rows of one `document` are never taken apart.
    """

    claim: str
    evidence: tuple[str, ...]
    supported: bool
    group: str
    document: str
    label: str

    @property
    def reported(self) -> bool:
        """Whether the row is only reported, and nothing fitted on it; the same on every machine."""
        return zlib.crc32(self.document.encode()) % 10 < _REPORTED_IN_TEN


class _WiceMeta(BaseModel):
    claim_title: str


class _Wice(BaseModel):
    claim: str
    evidence: list[str]
    label: Literal["supported", "partially_supported", "not_supported"]
    meta: _WiceMeta


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
    """WiCE (Kamoi et al. 2023): evidence is a page, one sentence an entry; partial counts as the rest.

    Claims of one Wikipedia article are one document.
    """
    return tuple(
        ClaimRow(
            row.claim, tuple(row.evidence), row.label == "supported", "wice", row.meta.claim_title, row.label
        )
        for row in read_lines(path, _Wice)
    )


def load_summedits(path: Path) -> tuple[ClaimRow, ...]:
    """SummEdits (Laban et al. 2023): a summary against its document, by domain; label 1 is consistent."""
    return tuple(
        ClaimRow(row.summary, (row.doc,), row.label == 1, row.domain, row.doc, str(row.label))
        for row in read_lines(path, _SummEdits)
    )


def load_factcheck(path: Path) -> tuple[ClaimRow, ...]:
    """Factcheck-GPT stances (Wang et al. 2024): full support against partial, refuting and irrelevant.

    Rows that share a claim or a piece of evidence, over others too, are one document.
    """
    rows = list(read_lines(path, _Stance))
    documents = _connected([(row.claim, row.evidence) for row in rows])
    return tuple(
        ClaimRow(
            row.claim,
            (row.evidence,),
            row.stance == "completely-support",
            "factcheck",
            documents[row.claim],
            row.stance,
        )
        for row in rows
    )


def load_claims(path: Path, format: ClaimFormat) -> tuple[ClaimRow, ...]:
    """The rows of a published file. Raises UsageError."""
    if format is ClaimFormat.WICE:
        return load_wice(path)
    return load_summedits(path) if format is ClaimFormat.SUMMEDITS else load_factcheck(path)


def _connected(links: Sequence[tuple[str, str]]) -> dict[str, str]:
    """For each end of a link the least member of all that it is connected with."""
    parent: dict[str, str] = {}

    def root(one: str) -> str:
        while parent.setdefault(one, one) != one:
            one = parent[one]
        return one

    for left, right in links:
        first, second = sorted((root(left), root(right)))
        parent[second] = first
    return {one: root(one) for one in list(parent)}
