"""What went wrong with a sample, in a reader's words: the rows of the report page's table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from evals.report import SampleLine

NOT_ASKED = "could not be asked"
# In the order of the way of a question: the first one that holds is usually the cause of the rest.
_FAULTS: tuple[tuple[str, str, float], ...] = (
    ("not retrieved", "retrieval.hit@10", 1.0),
    ("retrieved below rank 5", "retrieval.hit@5", 1.0),
    ("invalid citation", "citation.validity", 1.0),
    ("unfaithful quotation", "quote.fidelity", 1.0),
    ("abstained wrongly", "abstention.error", 0.0),
    ("answered the unanswerable", "abstention.hallucination", 0.0),
    ("cites beside gold", "citation.precision", 1.0),
    ("gold not cited", "citation.recall", 1.0),
    ("key facts missing", "answer.key_facts", 1.0),
    ("premise not corrected", "premise.corrected", 1.0),
    ("sentence not supported", "sentence.supported", 1.0),
    ("takes a wrong premise for true", "premise.accepted", 0.0),
    ("another answer than without the change", "consistency.same_answer", 1.0),
)
KINDS = (NOT_ASKED, *(name for name, _, _ in _FAULTS))


@dataclass(frozen=True, slots=True)
class Failure:
    """A sample with the names of what went wrong, in the order of the way of a question."""

    line: SampleLine
    faults: tuple[str, ...]


def faults(line: SampleLine) -> tuple[str, ...]:
    """The faults of one sample; a gold paragraph that is found at no rank is not also "below rank 5"."""
    if line.outcome is None:
        return (NOT_ASKED,)
    found = [name for name, metric, good in _FAULTS if line.values.get(metric, good) != good]
    if found[:2] == ["not retrieved", "retrieved below rank 5"]:
        del found[1]
    return tuple(found)


def failures(lines: Iterable[SampleLine]) -> tuple[Failure, ...]:
    """The samples with at least one fault, in the set's order."""
    return tuple(Failure(line, wrong) for line in lines if (wrong := faults(line)))


def count_faults(found: Iterable[Failure]) -> dict[str, int]:
    """How many samples have each fault, in the order of `KINDS`; those that do not occur are left out."""
    counts = Counter(name for failure in found for name in failure.faults)
    return {name: counts[name] for name in KINDS if counts[name]}
