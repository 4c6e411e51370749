"""How far the verifier itself can be trusted: planted falsehoods to refuse, truths to pass."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """`wrong` of `n` checks that went wrong; `kind` names the mutation ("verbatim": none)."""

    kind: str
    n: int
    wrong: int
    rate: float


@dataclass(frozen=True, slots=True)
class Audit:
    """False-accept rate (falsified sentences found supported) and false-reject rate (verbatim ones not)."""

    verifier: str
    false_accept: Rate
    false_reject: Rate
    by_kind: tuple[Rate, ...]
