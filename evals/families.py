"""Sets made from a set, which need no judge: what must happen follows from how they are made.

without_gold_cables   the cables of gold and also are out of reach: the question must be abstained from
after_foreign_turn    an unrelated turn stands before the question: the same gold must be cited
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from hashlib import sha256

from evals.samples import FALSE_PREMISE, FOLLOWUP, Sample, SampleSet
from rag.types import Turn

GOLD_REMOVED = "gold_removed"
FOREIGN_TURN = "foreign_turn"


def without_gold_cables(questions: SampleSet, cable_ids: Collection[str]) -> SampleSet:
    """Answerable samples narrowed to the cables of the collection that hold neither gold nor also.

    Follow-ups and false premises are left out: what they must end in does not follow.
    """
    made = []
    for sample in _plain(questions.samples):
        holding = {key.cable for key in (*sample.gold, *sample.also)}
        made.append(
            replace(
                sample,
                id=f"{sample.id}~{GOLD_REMOVED}",
                type=GOLD_REMOVED,
                gold=(),
                also=(),
                key_facts=(),
                answerable=False,
                cluster=sample.gold[0].cable,
                within=tuple(sorted(set(cable_ids) - holding)),
            )
        )
    return _named(questions, GOLD_REMOVED, made)


def after_foreign_turn(questions: SampleSet) -> SampleSet:
    """Answerable samples after the question and answer of another sample that shares no cable with them."""
    plain = [sample for sample in _plain(questions.samples) if sample.answer is not None]
    made = []
    for position, sample in enumerate(plain):
        own = {key.cable for key in (*sample.gold, *sample.also)}
        later = (*plain[position + 1 :], *plain[:position])
        other = next((s for s in later if not own & {key.cable for key in (*s.gold, *s.also)}), None)
        if other is not None:
            made.append(
                replace(
                    sample,
                    id=f"{sample.id}~{FOREIGN_TURN}",
                    type=FOREIGN_TURN,
                    history=(Turn(other.question, other.answer or ""),),
                )
            )
    return _named(questions, FOREIGN_TURN, made)


def _plain(samples: Sequence[Sample]) -> list[Sample]:
    return [s for s in samples if s.answerable and s.gold and s.type not in {FOLLOWUP, FALSE_PREMISE}]


def _named(questions: SampleSet, family: str, made: Sequence[Sample]) -> SampleSet:
    """The name and the hash say what it was made from and how."""
    digest = sha256(f"{questions.sha256} {family}".encode()).hexdigest()
    return SampleSet(f"{questions.name}~{family}", digest, tuple(made))
