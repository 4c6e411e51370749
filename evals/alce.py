"""Citation recall and precision without gold, after ALCE (Gao et al. 2023), with the project's own verifier.

Recall: the share of sentences that all they cite together bears out. Precision: the share of citations that
are needed for that: one is not where its sentence is not borne out, or where it does not bear the sentence
out alone and the others do without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evals import metrics
from evals.observations import Cited, Observation

BearsOut = Callable[[str, Sequence[Cited]], bool]


@dataclass(frozen=True, slots=True)
class Alce:
    """Both figures of one answer; None where it has no sentences, or no citations."""

    recall: float | None
    precision: float | None


def alce(seen: Observation, bears_out: BearsOut) -> Alce:
    """Judge an answer's sentences; `bears_out(sentence, cited)` is asked only where two or more are cited.

    What a sentence cites as a whole was judged when the answer was given: that verdict is taken.
    """
    borne_out: list[bool] = []
    needed: list[bool] = []
    for sentence in seen.sentences:
        cited = list(
            {seen.citations[number].key: seen.citations[number] for number in sentence.citations}.values()
        )
        whole = bool(cited) and sentence.verdict == metrics.SUPPORTED
        borne_out.append(whole)
        if len(cited) == 1 or not whole:
            needed += [whole] * len(cited)
            continue
        for citation in cited:
            others = [other for other in cited if other is not citation]
            needed.append(bears_out(sentence.text, [citation]) or not bears_out(sentence.text, others))
    return Alce(metrics.share(borne_out), metrics.share(needed))
