"""How far the deterministic verifier can be trusted: what it lets through, what it turns away, how fast.

    python benchmarks/verifier_audit.py ../shared [--show number] [--json]

False accepts are mutants (``evals.mutants``) of sentences of real cables and of the question set's answers
that are called supported; false rejects are true sentences that are not: verbatim, in another case, with a
lead, and the question set's answers against their gold paragraphs, which are paraphrases. Beside it the
balanced accuracy of supported against the rest on foreign sets. Nothing is trained on any of them.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from evals.mutants import MutationKind, TruePair, make_mutants
from ingestion.parse import parse_source
from ingestion.sources import find_files
from ingestion.sources.records import SourceFile
from rag.checks.cited import Context, prepare
from rag.checks.claim import claim_of
from rag.checks.judgement import judge
from rag.citations import split_sentences
from rag.types import Cable, CableHeader, DraftSentence, FoundBy, Hit, Paragraph, Passage, Quote, Verdict
from rag.verify import DeterministicVerifier

_MUTANTS = 200
_TRUE_SENTENCES = 400
_FEWEST_WORDS = 6
_SEED = 7


@dataclass(frozen=True, slots=True)
class Rate:
    """`wrong` of `n` verdicts were wrong, at so many checks a second; `kind` "accept" or "reject"."""

    name: str
    kind: str
    n: int
    wrong: int
    checks_per_s: float

    @property
    def share(self) -> float:
        return self.wrong / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Supported against the rest on a foreign set: recall of either side, their mean, checks a second."""

    name: str
    n: int
    supported_recall: float
    rest_recall: float
    balanced: float
    checks_per_s: float


Key = tuple[str, str]
Held = dict[Key, tuple[Paragraph, CableHeader]]


def load(folders: Sequence[Path]) -> Held:
    """Every paragraph of the cables under `folders`, with its header."""
    held: Held = {}
    for folder in folders:
        for source in find_files(folder):
            if not isinstance(source, SourceFile):
                continue
            for cable in parse_source(source):
                if isinstance(cable, Cable):
                    held |= {(p.cable_id, p.label): (p, cable.header) for p in cable.paragraphs}
    return held


def sentences_of(held: Held) -> list[TruePair]:
    pairs = []
    for paragraph, header in held.values():
        for span in split_sentences(paragraph.text):
            sentence = paragraph.text[span.start : span.end]
            if len(sentence.split()) >= _FEWEST_WORDS:
                pairs.append(TruePair(header.cable_id, paragraph.label, sentence, paragraph.text))
    return pairs


def answers_of(questions: Path, held: Held) -> list[TruePair]:
    pairs = []
    for line in questions.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        keys = [(gold["cable"], gold["paragraph"]) for gold in row["gold"]]
        if len(keys) == 1 and keys[0] in held:
            pairs.append(TruePair(*keys[0], row["answer"], held[keys[0]][0].text))
    return pairs


def measure(name: str, kind: str, items: Sequence[tuple[str, Key]], held: Held, show: str | None) -> Rate:
    """Check each (sentence, cited paragraph); print those that went wrong where `show` names the row."""
    verifier = DeterministicVerifier()
    wrong = 0
    began = time.perf_counter()
    for sentence, key in items:
        passage = Passage(1, Hit(*held[key], 1.0, FoundBy.LOOKUP))
        result = verifier.check(DraftSentence(sentence, (Quote(1),)), {1: passage})
        if (result.verdict is Verdict.SUPPORTED) == (kind == "accept"):
            wrong += 1
            if show == name:
                print(
                    f"  {key[0]} ¶{key[1]}: {sentence}\n    {result.verdict}: {result.reason}",
                    file=sys.stderr,
                )
    elapsed = time.perf_counter() - began
    return Rate(name, kind, len(items), wrong, len(items) / elapsed if elapsed else 0.0)


def audit(shared: Path, show: str | None) -> list[Rate]:
    held = load([shared / "corpus" / "seed", shared / "corpus" / "nara"])
    pairs, answers = sentences_of(held), answers_of(shared / "benchmarks" / "cable-qa-dev.jsonl", held)
    sample = random.Random(_SEED).sample(pairs, min(_TRUE_SENTENCES, len(pairs)))
    true = {
        "verbatim": [(p.sentence, (p.cable_id, p.label)) for p in sample],
        "other case, breaks joined": [
            (re.sub(r"-\s+", "", p.sentence).capitalize(), (p.cable_id, p.label)) for p in sample
        ],
        "with a lead": [
            (f"The embassy reported that {p.sentence[0].lower()}{p.sentence[1:]}", (p.cable_id, p.label))
            for p in sample
        ],
        "quoted with a lead": [
            ('The embassy wrote: "' + p.sentence.replace('"', "'") + '"', (p.cable_id, p.label))
            for p in sample
        ],
        "answers (paraphrases)": [(p.sentence, (p.cable_id, p.label)) for p in answers],
    }
    rates = [measure(name, "reject", items, held, show) for name, items in true.items()]
    for source, name in ((pairs, ""), (answers, " of answers")):
        for kind in MutationKind:
            mutants = make_mutants(kind, source, _MUTANTS, random.Random(_SEED))
            items = [(m.sentence, (m.cited.cable_id, m.cited.label)) for m in mutants]
            rates.append(measure(f"{kind}{name}", "accept", items, held, show))
    return rates


def foreign(shared: Path) -> list[Accuracy]:
    def rows(name: str) -> list[dict[str, object]]:
        text = (shared / "benchmarks" / name).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    stances = rows("factcheck-stance-dev.jsonl")
    return [
        _accuracy(
            "WiCE",
            [
                (str(r["claim"]), "\n".join(_strings(r["evidence"])), r["label"] == "supported")
                for r in rows("wice-dev.jsonl")
            ],
        ),
        _accuracy(
            "SummEdits",
            [(str(r["summary"]), str(r["doc"]), r["label"] == 1) for r in rows("summedits-dev.jsonl")],
        ),
        _accuracy(
            "Factcheck-GPT, completely supported",
            [(str(r["claim"]), str(r["evidence"]), r["stance"] == "completely-support") for r in stances],
        ),
        _accuracy(
            "Factcheck-GPT, at least partially",
            [(str(r["claim"]), str(r["evidence"]), str(r["stance"]).endswith("support")) for r in stances],
        ),
    ]


def _strings(value: object) -> Iterable[str]:
    assert isinstance(value, list)
    return (str(item) for item in value)


def _accuracy(name: str, items: Sequence[tuple[str, str, bool]]) -> Accuracy:
    began = time.perf_counter()
    right = {True: 0, False: 0}
    total = {True: 0, False: 0}
    for claim, evidence, supported in items:
        verdict = judge(claim_of(claim), prepare(evidence, Context())).verdict
        total[supported] += 1
        right[supported] += (verdict is Verdict.SUPPORTED) == supported
    recalls = {side: right[side] / total[side] for side in right}
    speed = len(items) / (time.perf_counter() - began)
    return Accuracy(
        name, len(items), recalls[True], recalls[False], (recalls[True] + recalls[False]) / 2, speed
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shared", type=Path, help="folder with corpus/ and benchmarks/")
    parser.add_argument("--show", help="print the failures of this row to stderr")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args()
    rates, accuracies = audit(options.shared, options.show), foreign(options.shared)
    if options.json:
        print(
            json.dumps(
                {"rates": [asdict(r) for r in rates], "foreign": [asdict(a) for a in accuracies]}, indent=1
            )
        )
        return
    for rate in rates:
        print(f"{rate.name:32} false {rate.kind} {rate.share:6.1%}  n={rate.n:4}  {rate.checks_per_s:5.0f}/s")
    for a in accuracies:
        sides = f"supported {a.supported_recall:.1%}, rest {a.rest_recall:.1%}"
        print(f"{a.name:36} balanced {a.balanced:6.1%} ({sides})  n={a.n:4}  {a.checks_per_s:5.0f}/s")


if __name__ == "__main__":
    main()
