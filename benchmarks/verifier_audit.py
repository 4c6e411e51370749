"""How far the verifier can be trusted: what it lets through, what it turns away, how fast.

    python benchmarks/verifier_audit.py ../shared [--show number] [--out docs/benchmarks/verifier.md]

False accepts are mutants (``evals.mutants``) of sentences of real cables and of the question set's answers
that are called supported; false rejects are true sentences that are not: verbatim, in another case, with a
lead, and the question set's answers against their gold paragraphs, which are paraphrases. The rows "in free
words" are `evals/sets/telegram-claims.jsonl`: claims of the project's own writing over the same cables, true
and false alike in words of their own. No cable of them was used to train or fit anything. Beside it the
balanced accuracy of supported against the rest on foreign sets and on the project's own claims: only
documents that the model was not trained on, and with the last weighing fitted on other documents (five
folds). Intervals are of 95 %, whole documents drawn.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from evals.fitting import Case, balanced_parts, cross_validate, examine
from evals.mutants import MutationKind, TruePair, make_mutants
from evals.statistics import Interval, mean_interval
from rag.text.citations import split_sentences
from rag.types import DraftSentence, FoundBy, Hit, Passage, Quote, Verdict
from rag.verifying.entailing import EntailmentVerifier
from rag.verifying.entailment import Entailed, Entailment, Pair, load_minilm_entailment
from rag.verifying.verify import DeterministicVerifier, Verifier
from rag.verifying.weighing import load_weigher
from training.cited import CLAIMS, Held, Key, answers_of, load_paragraphs
from training.weigh_entailment import held_out_cases

TRUE = "true"
_MUTANTS = 200
_TRUE_SENTENCES = 400
_FEWEST_WORDS = 6
_SPEED_PAIRS = 96
_SPEED_WORDS = 150
_SEED = 7
BEGIN, END = "<!-- measured -->", "<!-- end of what is measured -->"

Items = list[tuple[str, Key]]


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `n` with its interval."""

    share: float
    ci95: Interval | None
    n: int

    def __str__(self) -> str:
        interval = f" ({self.ci95.low:.1%} to {self.ci95.high:.1%})" if self.ci95 else ""
        return f"{self.share:.1%}{interval}"


@dataclass(frozen=True, slots=True)
class Rate:
    """How often verdicts of a row were wrong, by rules alone and with the model; `kind` accept or reject."""

    name: str
    kind: str
    rules: Share
    model: Share
    per_s: float
    asked: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Balanced accuracy of supported against the rest on one set's reported documents."""

    name: str
    documents: int
    rules: Share
    shared: Share
    own: Share
    recalls: tuple[float, float]


class Counting:
    """An entailment model that counts the pairs it is asked for."""

    def __init__(self, model: Entailment) -> None:
        self.name = model.name
        self.pairs = 0
        self._model = model

    def judge(self, pairs: Sequence[Pair]) -> list[Entailed]:
        self.pairs += len(pairs)
        return self._model.judge(pairs)


def sentences_of(held: Held) -> list[TruePair]:
    pairs = []
    for paragraph, header in held.values():
        for span in split_sentences(paragraph.text):
            sentence = paragraph.text[span.start : span.end]
            if len(sentence.split()) >= _FEWEST_WORDS:
                pairs.append(TruePair(header.cable_id, paragraph.label, sentence, paragraph.text))
    return pairs


def true_sentences(pairs: Sequence[TruePair], answers: Sequence[TruePair]) -> dict[str, Items]:
    sample = random.Random(_SEED).sample(list(pairs), min(_TRUE_SENTENCES, len(pairs)))

    def items(change: str) -> Items:
        made = []
        for pair in sample:
            text = pair.sentence
            if change == "case":
                text = re.sub(r"-\s+", "", text).capitalize()
            elif change == "lead":
                text = f"The embassy reported that {text[0].lower()}{text[1:]}"
            elif change == "quoted":
                text = 'The embassy wrote: "' + text.replace('"', "'") + '"'
            made.append((text, (pair.cable_id, pair.label)))
        return made

    return {
        "verbatim": items("none"),
        "other case, breaks joined": items("case"),
        "with a lead": items("lead"),
        "quoted with a lead": items("quoted"),
        "answers (paraphrases)": [(p.sentence, (p.cable_id, p.label)) for p in answers],
    }


def claims_in_free_words(held: Held) -> dict[str, Items]:
    """The project's own claims over the cables by their kind; those that are true first."""
    items: dict[str, Items] = {TRUE: []}
    for line in CLAIMS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if (key := (row["cable"], row["paragraph"])) in held:
            items.setdefault(row["kind"], []).append((row["claim"], key))
    return items


def check(verifier: Verifier, items: Items, held: Held) -> list[tuple[Verdict, str]]:
    results = []
    for sentence, key in items:
        passage = Passage(1, Hit(*held[key], 1.0, FoundBy.LOOKUP))
        result = verifier.check(DraftSentence(sentence, (Quote(1),)), {1: passage})
        results.append((result.verdict, result.reason))
    return results


class Audit:
    """The rows of the first table: each checked by rules alone and with the model."""

    def __init__(self, rules: Verifier, full: Verifier, counting: Counting, held: Held, show: str) -> None:
        self._rules, self._full, self._counting = rules, full, counting
        self._held, self._show = held, show
        self.rates: list[Rate] = []
        self._wrong: dict[str, tuple[list[bool], list[bool], list[str]]] = {}

    def add(self, name: str, kind: str, items: Items, total: str) -> None:
        """Check a row; its verdicts also count in the row named `total`."""
        cables = [key[0] for _, key in items]
        by_rules = self._wrongs(check(self._rules, items, self._held), kind)
        before = self._counting.pairs
        began = time.perf_counter()
        results = check(self._full, items, self._held)
        per_s = len(items) / (time.perf_counter() - began)
        by_model = self._wrongs(results, kind)
        for (sentence, key), (verdict, reason), wrong in zip(items, results, by_model, strict=True):
            if wrong and self._show == name:
                print(f"  {key[0]} ¶{key[1]}: {sentence}\n    {verdict}: {reason}", file=sys.stderr)
        asked = (self._counting.pairs - before) / len(items)
        self.rates.append(
            Rate(name, kind, share_of(by_rules, cables), share_of(by_model, cables), per_s, asked)
        )
        print(self.rates[-1], file=sys.stderr, flush=True)
        known = self._wrong.setdefault(total, ([], [], []))
        for mine, more in zip(known, (by_rules, by_model, cables), strict=True):
            mine.extend(more)  # type: ignore[arg-type]

    def total(self, name: str, kind: str) -> None:
        by_rules, by_model, cables = self._wrong[name]
        rules, model = share_of(by_rules, cables), share_of(by_model, cables)
        self.rates.append(Rate(name, kind, rules, model, 0.0, 0.0))

    @staticmethod
    def _wrongs(results: list[tuple[Verdict, str]], kind: str) -> list[bool]:
        return [(verdict is Verdict.SUPPORTED) == (kind == "accept") for verdict, _ in results]


def share_of(values: Sequence[bool], documents: Sequence[str]) -> Share:
    numbers = [float(value) for value in values]
    return Share(sum(numbers) / len(numbers), mean_interval(numbers, documents), len(numbers))


def balanced(cases: Sequence[Case], stands: Sequence[bool]) -> Share:
    parts = balanced_parts([case.supported for case in cases], stands)
    documents = [case.document for case in cases]
    return Share(sum(parts) / len(parts), mean_interval(parts, documents, bounded=False), len(parts))


def accuracies(cases: Sequence[Case], entailment: Entailment) -> list[Accuracy]:
    """Each set's reported documents: by rules, by one weigher for all sets, by a weigher of its own."""
    examined = examine(cases, entailment)
    shared = cross_validate(examined)
    found = []
    for source in dict.fromkeys(case.source for case in cases):
        mine = [at for at, case in enumerate(cases) if case.source == source]
        own = cross_validate([examined[at] for at in mine])
        part = [cases[at] for at in mine]
        recalls = [
            [shared[at] is side for at in mine if cases[at].supported is side] for side in (True, False)
        ]
        found.append(
            Accuracy(
                source,
                len({case.document for case in part}),
                balanced(part, [examined[at].by_rules for at in mine]),
                balanced(part, [shared[at] for at in mine]),
                balanced(part, own),
                (sum(recalls[0]) / len(recalls[0]), sum(recalls[1]) / len(recalls[1])),
            )
        )
    return found


def pairs_per_s(entailment: Entailment, held: Held) -> float:
    """How many pairs of a sentence and 150 words the model judges in a second."""
    words = " ".join(paragraph.text for paragraph, _ in held.values()).split()
    pairs = [
        Pair(" ".join(text[:25]), "", " ".join(text))
        for at in range(_SPEED_PAIRS)
        if (text := words[at * _SPEED_WORDS : (at + 1) * _SPEED_WORDS])
    ]
    entailment.judge(pairs[:8])
    began = time.perf_counter()
    entailment.judge(pairs)
    return len(pairs) / (time.perf_counter() - began)


def audit(shared: Path, show: str) -> tuple[list[Rate], list[Accuracy], float]:
    model = load_minilm_entailment()
    counting = Counting(model)
    rules, full = DeterministicVerifier(), EntailmentVerifier(counting, load_weigher())
    held = load_paragraphs([shared / "corpus" / "seed", shared / "corpus" / "nara"])
    pairs, answers = sentences_of(held), answers_of(shared / "benchmarks" / "cable-qa-dev.jsonl", held)
    rows = Audit(rules, full, counting, held, show)
    for name, items in true_sentences(pairs, answers).items():
        rows.add(name, "reject", items, "all true sentences")
    rows.total("all true sentences", "reject")
    for source, name, total in (
        (pairs, "", "all mutations"),
        (answers, " of answers", "all mutations of answers"),
    ):
        for kind in MutationKind:
            mutants = make_mutants(kind, source, _MUTANTS, random.Random(_SEED))
            items = [(m.sentence, (m.cited.cable_id, m.cited.label)) for m in mutants]
            rows.add(f"{kind.replace('_', ' ')}{name}", "accept", items, total)
        rows.total(total, "accept")
    claims = claims_in_free_words(held)
    rows.add("in free words", "reject", claims.pop(TRUE), "all true sentences in free words")
    for kind, items in claims.items():
        rows.add(f"{kind}, in free words", "accept", items, "all in free words")
    rows.total("all in free words", "accept")
    return rows.rates, accuracies(held_out_cases(shared), model), pairs_per_s(model, held)


def table(rates: Sequence[Rate], found: Sequence[Accuracy], per_s: float) -> str:
    lines = [
        "| sentences | n | wrong by rules alone | wrong with the model | checks/s | asked the model |",
        "|---|---|---|---|---|---|",
    ]
    for r in rates:
        what = f"{r.name}: false {r.kind}"
        speed = f"{r.per_s:.0f} | {r.asked:.0%}" if r.per_s else " | "
        lines.append(f"| {what} | {r.model.n} | {r.rules} | {r.model} | {speed} |")
    lines += [
        "",
        "| balanced accuracy on | n, documents | rules alone | with the model | threshold of the set's own "
        "| supported, rest found |",
        "|---|---|---|---|---|---|",
    ]
    for a in found:
        recalls = f"{a.recalls[0]:.1%}, {a.recalls[1]:.1%}"
        lines.append(
            f"| {a.name} | {a.shared.n}, {a.documents} | {a.rules} | {a.shared} | {a.own} | {recalls} |"
        )
    lines += ["", f"The model judges {per_s:.0f} pairs a second of a sentence and {_SPEED_WORDS} words."]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shared", type=Path, help="folder with corpus/ and benchmarks/")
    parser.add_argument("--show", default="", help="print the failures of this row to stderr")
    parser.add_argument("--out", type=Path, help="put the tables into this page, between its two marks")
    options = parser.parse_args()
    tables = table(*audit(options.shared, options.show))
    print(tables)
    if options.out:
        page = options.out.read_text(encoding="utf-8")
        head, _, rest = page.partition(BEGIN)
        _, _, tail = rest.partition(END)
        options.out.write_text(f"{head}{BEGIN}\n{tables}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
