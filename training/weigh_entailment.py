"""Fit the last weighing of rules and entailment model on the documents that the model was not trained on.

    .venv/bin/python training/weigh_entailment.py --shared ../shared --out rag/data/entailment.json

Prints cross-validated balanced accuracies: five folds by document, weights and thresholds fitted on the
other four. What is written is fitted on all five.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from evals.fitting import (
    Case,
    Examined,
    balanced_parts,
    cross_validate,
    examine,
    fit_weigher,
    weights_by_name,
)
from rag.text.loose import loose_passage
from rag.verifying.entailment import load_minilm_entailment
from training.entailment_data import Example, own_claims, own_documents
from training.foreign_claims import factcheck, summedits, wice
from training.public_data import passages


def cases_of(examples: Sequence[Example]) -> list[Case]:
    """The held-out examples; what is known beside the evidence stands in the passage's header."""
    made = []
    for example in examples:
        if example.held_out:
            passage = loose_passage(1, example.pair.evidence)
            header = replace(passage.hit.header, subject=example.pair.context or None)
            passage = replace(passage, hit=replace(passage.hit, header=header))
            made.append(
                Case(example.pair.sentence, passage, example.supported, example.source, example.group)
            )
    return made


def held_out_cases(shared: Path) -> list[Case]:
    benchmarks = shared / "benchmarks"
    return cases_of(
        [
            *own_claims(own_documents(shared), passages(benchmarks), 0),
            *wice(benchmarks / "wice-dev.jsonl"),
            *summedits(benchmarks / "summedits-dev.jsonl"),
            *factcheck(benchmarks / "factcheck-stance-dev.jsonl"),
        ]
    )


def figures_of(examined: Sequence[Examined]) -> dict[str, str]:
    """Balanced accuracy of each source: rules alone, one weigher for all, a weigher of the set's own."""
    shared = cross_validate(examined)
    figures = {}
    for source in dict.fromkeys(one.case.source for one in examined):
        mine = [at for at, one in enumerate(examined) if one.case.source == source]
        truth = [examined[at].case.supported for at in mine]
        own = cross_validate([examined[at] for at in mine])
        by = {
            "rules": [examined[at].by_rules for at in mine],
            "one weigher": [shared[at] for at in mine],
            "the set's own": own,
        }
        figures[source] = ", ".join(
            f"{name} {sum(balanced_parts(truth, stands)) / len(mine):.3f}" for name, stands in by.items()
        )
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    entailment = load_minilm_entailment()
    examined = examine(held_out_cases(options.shared), entailment)
    figures = figures_of(examined)
    weigher = fit_weigher(examined)
    written = {
        "model": entailment.name,
        "weights": weights_by_name(weigher),
        "bias": round(weigher.bias, 5),
        "keep": round(weigher.keep, 3),
        "lift": round(weigher.lift, 3),
        "cross-validated balanced accuracy": figures,
    }
    options.out.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(written, indent=1))


if __name__ == "__main__":
    main()
