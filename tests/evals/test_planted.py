"""Defects planted into the product itself, over the sample collection with the real encoder: each is refused.

The reader is the small one of the tests, since none of the defects is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from evals.audit import audit_verifier, gold_hits
from evals.gate import gate
from evals.loaders.formats import sample_path
from evals.observations import Observation
from evals.report import Report, read_report
from evals.run import run_eval
from evals.samples import Meddling, SampleSet, load_samples
from evals.selection import stratified
from evals.subjects import PipelineSubject
from rag.answering.answer import Answerer, Confidence, Draft, ExtractiveAnswerer, Rejected
from rag.answering.selection import SelectionSettings
from rag.finding.retrieve import HybridSearch
from rag.index.collection import Collection
from rag.models.embeddings import Encoder
from rag.pipeline import Finder, Limits, Pipeline
from rag.text.citations import split_sentences
from rag.types import (
    CitationCheck,
    DraftSentence,
    Found,
    Passage,
    Query,
    Question,
    Quote,
    SentenceCheck,
    Verdict,
)
from rag.verifying.verify import DeterministicVerifier, Verifier
from tests.fakes import WordReader

BASELINE = Path(__file__).resolve().parents[2] / "evals" / "baselines" / "sample.json"


@pytest.fixture(scope="module")
def questions() -> SampleSet:
    return stratified(load_samples(sample_path()), 110)


class Remembering:
    """An encoder that encodes each text once: the same questions are asked of every product."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, np.ndarray] = {}

    def __getattr__(self, name: str) -> object:
        return getattr(self._encoder, name)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        if unknown := [text for text in texts if text not in self._known]:
            self._known.update(zip(unknown, self._encoder.encode(unknown), strict=True))
        return np.stack([self._known[text] for text in texts])


@pytest.fixture(scope="module")
def sample(sample_pipeline: Pipeline) -> Collection:
    collection = sample_pipeline.collection
    return replace(collection, encoder=Remembering(collection.encoder))  # type: ignore[arg-type]


def product(
    sample: Collection,
    *,
    search: Finder | None = None,
    answerer: Answerer | None = None,
    verifier: Verifier | None = None,
) -> Pipeline:
    return Pipeline(
        collection=sample,
        search=search or HybridSearch(sample),
        extractive=answerer or ExtractiveAnswerer(WordReader(), SelectionSettings(threshold=0.3)),
        llm=None,
        verifier=verifier or DeterministicVerifier(),
        limits=Limits(4000, timedelta(0)),
    )


def measured(
    questions: SampleSet, made: Pipeline, folder: Path, kind: type[PipelineSubject] = PipelineSubject
) -> Report:
    store = made.collection.store
    audit = audit_verifier(made.verifier, gold_hits(questions.samples[:20], store))
    return run_eval(questions, kind(made, store), folder, audit=audit)


@pytest.fixture(scope="module")
def baseline(questions: SampleSet, sample: Collection, tmp_path_factory: pytest.TempPathFactory) -> Report:
    report = measured(questions, product(sample), tmp_path_factory.mktemp("baseline"))
    assert report.overall["citation.precision"].n > 40
    return report


class DropsEachTenth:
    """Of all hits that were ever found, each tenth is lost, at whatever rank it stands."""

    def __init__(self, search: Finder) -> None:
        self._search = search
        self._found = 0

    def search(self, query: Query, k: int) -> Found:
        kept = []
        found = self._search.search(query, k)
        for hit in found.hits:
            self._found += 1
            # Ten hits to a question would always lose the last one: step through the ranks.
            if self._found % 10 != (self._found // 10) % 10:
                kept.append(hit)
        return replace(found, hits=tuple(kept))


class NamesTheNextLabel:
    """Labels are off by one."""

    def __init__(self, search: Finder) -> None:
        self._search = search

    def search(self, query: Query, k: int) -> Found:
        found = self._search.search(query, k)
        hits = tuple(
            replace(hit, paragraph=replace(hit.paragraph, label=str(int(hit.paragraph.label) + 1)))
            if hit.paragraph.label.isdigit()
            else hit
            for hit in found.hits
        )
        return replace(found, hits=hits)


class CopiesTheFirstParagraph:
    """Quotes the whole of the first passage, whatever is asked."""

    name = "copier"

    def draft(
        self, query: Query, passages: Sequence[Passage], rejected: Sequence[Rejected] = ()
    ) -> Iterator[Draft]:
        yield Confidence(1.0)
        first = passages[0]
        for span in split_sentences(first.text):
            text = " ".join(first.text[span.start : span.end].split())
            yield DraftSentence(text, (Quote(first.number, span.start, span.end),))


class SaysYes:
    """Finds everything supported."""

    name = "yes"

    def check(self, sentence: DraftSentence, passages: Mapping[int, Passage]) -> SentenceCheck:
        checks = tuple(
            CitationCheck(q.passage, q.start or 0, q.end or 1, Verdict.SUPPORTED, "yes")
            for q in sentence.quotes
        )
        return SentenceCheck(Verdict.SUPPORTED, "yes", checks)


class ShiftsCitations(PipelineSubject):
    """Every citation names the piece of evidence after the right one, and quotes its first words."""

    def observe(self, question: Question, meddling: Meddling | None = None, repeat: int = 1) -> Observation:
        seen = super().observe(question, meddling, repeat)
        keys = [piece.key for piece in seen.evidence]
        shifted = []
        for cited in seen.citations:
            piece = seen.evidence[(keys.index(cited.key) + 1) % len(keys)]
            length = min(len(cited.quote), len(piece.text))
            shifted.append(
                replace(
                    cited,
                    cable=piece.cable,
                    paragraph=piece.paragraph,
                    quote=piece.text[:length],
                    start=0,
                    end=length,
                    stored=piece.text,
                )
            )
        return replace(seen, citations=tuple(shifted))


def test_the_same_product_passes(
    questions: SampleSet, sample: Collection, baseline: Report, tmp_path: Path
) -> None:
    again = measured(questions, product(sample), tmp_path)
    assert gate(baseline, again).failures == ()
    assert again.samples == baseline.samples


def test_a_retriever_that_drops_each_tenth_hit(
    questions: SampleSet, sample: Collection, baseline: Report, tmp_path: Path
) -> None:
    search = DropsEachTenth(HybridSearch(sample))
    refused(baseline, measured(questions, product(sample, search=search), tmp_path), "retrieval.")


def test_labels_off_by_one(
    questions: SampleSet, sample: Collection, baseline: Report, tmp_path: Path
) -> None:
    search = NamesTheNextLabel(HybridSearch(sample))
    report = measured(questions, product(sample, search=search), tmp_path)
    refused(baseline, report, "retrieval.hit@1", "quote.fidelity is", "citation.precision")


def test_an_answerer_that_copies_the_first_paragraph(sample: Collection, tmp_path: Path) -> None:
    """Held against the committed baseline: the tests' small reader is hardly better than a copier."""
    samples = load_samples(sample_path()).samples
    asked = tuple(s for n, s in enumerate(samples) if not s.answerable or n % 4 == 0)
    ids = {sample.id for sample in asked}
    committed = read_report(BASELINE)
    committed = replace(
        committed,
        samples=tuple(line for line in committed.samples if line.id in ids),
        verifier_audit=None,
    )
    made = product(sample, answerer=CopiesTheFirstParagraph())
    store = made.collection.store
    report = run_eval(SampleSet("copied", "5" * 64, asked), PipelineSubject(made, store), tmp_path)
    refused(committed, report, "abstention.hallucination")


def test_a_verifier_that_says_yes(
    questions: SampleSet, sample: Collection, baseline: Report, tmp_path: Path
) -> None:
    made = product(sample, verifier=SaysYes())
    refused(baseline, measured(questions, made, tmp_path), "accepts falsified")


def test_citations_shifted_by_one(
    questions: SampleSet, sample: Collection, baseline: Report, tmp_path: Path
) -> None:
    report = measured(questions, product(sample), tmp_path, ShiftsCitations)
    refused(baseline, report, "citation.precision", "citation.recall")


def refused(baseline: Report, report: Report, *causes: str) -> None:
    result = gate(baseline, report)
    assert not result.passed
    for cause in causes:
        assert any(cause in failure for failure in result.failures), (cause, result.failures)
