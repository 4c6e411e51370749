"""How far the verifier itself can be trusted: planted falsehoods to refuse, truths to pass.

Sentences are taken verbatim from paragraphs of the collection, changed by ``evals.mutations`` or (the
kinds called "hard") ``evals.mutants``, and given to the verifier with their own paragraph cited; for
"elsewhere" a foreign one.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from evals.mutants import Mutant, MutationKind, TruePair, make_mutants
from evals.mutations import FALSE, NAME, TRUE, Source
from evals.samples import Sample
from rag.text.citations import split_sentences
from rag.types import CableHeader, DraftSentence, FoundBy, Hit, Paragraph, Passage, Quote, Verdict
from rag.verifying.verify import Verifier

WORDS_MIN, WORDS_MAX = 8, 45
SENTENCES_LIMIT = 400
MUTANTS_LIMIT = 100  # of each hard kind
SEED = 7
ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Rate:
    """`wrong` of `n` checks that went wrong; `kind` names the mutation."""

    kind: str
    n: int
    wrong: int
    rate: float


@dataclass(frozen=True, slots=True)
class Audit:
    """False-accept rate (falsified sentences found supported) and false-reject rate (true ones not)."""

    verifier: str
    sentences: int
    false_accept: Rate
    false_reject: Rate
    by_kind: tuple[Rate, ...]


class HoldsParagraphs(Protocol):
    """The part of the store that the audit draws on."""

    def paragraphs(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Paragraph]: ...

    def headers(self, cable_ids: Collection[str]) -> Mapping[str, CableHeader]: ...


def gold_hits(samples: Iterable[Sample], store: HoldsParagraphs) -> tuple[Hit, ...]:
    """The gold paragraphs of a set, each once, in the set's order."""
    keys = list(dict.fromkeys((key.cable, key.paragraph) for sample in samples for key in sample.gold))
    found = store.paragraphs(keys)
    headers = store.headers({cable for cable, _ in keys})
    return tuple(
        Hit(found[key], headers[key[0]], 0.0, FoundBy.LOOKUP)
        for key in keys
        if key in found and key[0] in headers
    )


def audit_verifier(verifier: Verifier, hits: Sequence[Hit]) -> Audit | None:
    """Count what `verifier` gets wrong on sentences of `hits`; None where they have no usable sentence."""
    false: dict[str, list[bool]] = {}
    true: dict[str, list[bool]] = {}
    sources = list(_sources(hits))[:SENTENCES_LIMIT]
    for position, source in sources:
        for kind, mutation in FALSE.items():
            changed = mutation(source)
            if changed is not None and changed != source.sentence:
                false.setdefault(kind, []).append(_supported(verifier, changed, hits[position]))
        foreign = hits[(position + 1) % len(hits)]
        if source.sentence not in foreign.paragraph.text:
            false.setdefault(ELSEWHERE, []).append(_supported(verifier, source.sentence, foreign))
        for kind, mutation in TRUE.items():
            kept = mutation(source)
            if kept is not None:
                true.setdefault(kind, []).append(not _supported(verifier, kept, hits[position]))
    if not sources:
        return None
    by_key = {(hit.paragraph.cable_id, hit.paragraph.label): hit for hit in hits}
    for mutant in _mutants([(hits[position], source) for position, source in sources]):
        cited = by_key[mutant.cited.cable_id, mutant.cited.label]
        false.setdefault(f"hard {mutant.kind}", []).append(_supported(verifier, mutant.sentence, cited))
    return Audit(
        verifier=verifier.name,
        sentences=len(sources),
        false_accept=_rate("all false", [wrong for kind in false.values() for wrong in kind]),
        false_reject=_rate("all true", [wrong for kind in true.values() for wrong in kind]),
        by_kind=tuple(_rate(kind, wrong) for kind, wrong in (*false.items(), *true.items())),
    )


def _sources(hits: Sequence[Hit]) -> Iterator[tuple[int, Source]]:
    """Sentences of fair length with the position of their hit, one of each paragraph in turn."""
    texts = [hit.paragraph.text for hit in hits]
    names = list(dict.fromkeys(name for text in texts for name in NAME.findall(text)))
    sentences = [
        [
            text[span.start : span.end]
            for span in split_sentences(text)
            if WORDS_MIN <= len(text[span.start : span.end].split()) <= WORDS_MAX
        ]
        for text in texts
    ]
    for row in range(max(map(len, sentences), default=0)):
        for position, of_paragraph in enumerate(sentences):
            if row < len(of_paragraph):
                # Start from another name each time, so that not one name serves for all.
                turn = (7 * position + row) % max(len(names), 1)
                yield position, Source(of_paragraph[row], texts[position], (*names[turn:], *names[:turn]))


def _mutants(sources: Sequence[tuple[Hit, Source]]) -> Iterator[Mutant]:
    """The same ones each time: every kind draws from a generator of its own."""
    pairs = [
        TruePair(hit.paragraph.cable_id, hit.paragraph.label, source.sentence, source.paragraph)
        for hit, source in sources
    ]
    for kind in MutationKind:
        yield from make_mutants(kind, pairs, MUTANTS_LIMIT, random.Random(SEED))


def _supported(verifier: Verifier, sentence: str, cited: Hit) -> bool:
    draft = DraftSentence(sentence, (Quote(1),))
    return verifier.check(draft, {1: Passage(1, cited)}).verdict is Verdict.SUPPORTED


def _rate(kind: str, wrong: Sequence[bool]) -> Rate:
    return Rate(kind, len(wrong), sum(wrong), sum(wrong) / len(wrong) if wrong else 0.0)
