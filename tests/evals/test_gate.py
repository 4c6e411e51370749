"""Planted defects are refused; a run that is the same, or better, passes."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from evals.audit import audit_verifier
from evals.gate import compare, gate
from evals.report import Report, RunSettings
from evals.run import run_eval
from evals.subjects import PipelineSubject
from rag.errors import UsageError
from rag.types import (
    Citation,
    CitationCheck,
    DraftSentence,
    Hit,
    Passage,
    Question,
    SentenceCheck,
    Verdict,
)
from rag.verifying.verify import DeterministicVerifier, Verifier
from tests.evals.book import Book, BookPipeline, made_book, neighbour, relabelled
from tests.made import header


def run(folder: Path, pipeline: BookPipeline, verifier: Verifier | None = None) -> Report:
    book, questions = made_book()
    pipeline.book = book
    hits = pipeline.rank(Question("harbor inspection", top_k=60))
    audit = audit_verifier(verifier or DeterministicVerifier(), hits)
    return run_eval(questions, PipelineSubject(pipeline, book), folder, audit=audit)


class DropsEachTenthHit(BookPipeline):
    """Over all questions, every tenth paragraph that was found is lost."""

    found = 0

    def rank(self, question: Question) -> tuple[Hit, ...]:
        kept = []
        for hit in super().rank(question):
            self.found += 1
            # Ten hits to a question would always lose the last one: step through the ranks.
            if self.found % 10 != (self.found // 10) % 10:
                kept.append(hit)
        return tuple(kept)


class NamesTheNextLabel(BookPipeline):
    """Labels are off by one in what was found."""

    def rank(self, question: Question) -> tuple[Hit, ...]:
        return tuple(
            replace(hit, paragraph=relabelled(hit.paragraph, str(int(hit.paragraph.label) + 1)))
            for hit in super().rank(question)
        )


class CopiesTheFirstParagraph(BookPipeline):
    """Answers with the collection's first paragraph, whatever is asked."""

    def choose(self, hits: Sequence[Hit]) -> Hit | None:
        first = next(iter(self.book.by_key.values()))
        return Hit(first, header(first.cable_id), 1.0, hits[0].found_by)


class ShiftsCitations(BookPipeline):
    """Cites the paragraph after the one that was quoted."""

    def cite(self, citation: Citation) -> Citation:
        return replace(citation, paragraph=neighbour(self.book, citation.paragraph))


class ShiftsOffsets(BookPipeline):
    """Quotes from a text that is one character off the stored one."""

    def cite(self, citation: Citation) -> Citation:
        return replace(citation, paragraph=replace(citation.paragraph, text=" " + citation.paragraph.text))


class SaysYes:
    """A verifier that finds everything supported."""

    name = "yes"

    def check(self, sentence: DraftSentence, passages: Mapping[int, Passage]) -> SentenceCheck:
        citations = tuple(CitationCheck(q.passage, 0, 1, Verdict.SUPPORTED, "yes") for q in sentence.quotes)
        return SentenceCheck(Verdict.SUPPORTED, "yes", citations)


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return run(tmp_path_factory.mktemp("baseline"), BookPipeline(Book({})))


@pytest.mark.parametrize(
    ("defect", "metric"),
    [
        (DropsEachTenthHit, "retrieval.hit@1"),
        (NamesTheNextLabel, "retrieval.hit@1"),
        (CopiesTheFirstParagraph, "citation.precision"),
        (ShiftsCitations, "citation.precision"),
        (ShiftsOffsets, "quote.fidelity"),
    ],
)
def test_a_planted_defect_is_refused(
    tmp_path: Path, baseline: Report, defect: type[BookPipeline], metric: str
) -> None:
    result = gate(baseline, run(tmp_path, defect(Book({}))))
    assert not result.passed
    assert any(metric in failure for failure in result.failures)


def test_a_verifier_that_says_yes_is_refused(tmp_path: Path, baseline: Report) -> None:
    result = gate(baseline, run(tmp_path, BookPipeline(Book({})), SaysYes()))
    assert [failure for failure in result.failures if "accepts falsified" in failure]


def test_the_same_run_passes(tmp_path: Path, baseline: Report) -> None:
    result = gate(baseline, run(tmp_path, BookPipeline(Book({}))))
    assert result.failures == ()
    assert {change.verdict for change in result.comparison.changes} == {"same"}
    assert result.comparison.remarks == ()


def test_an_improvement_passes_and_names_its_samples(tmp_path: Path, baseline: Report) -> None:
    worse = run(tmp_path, DropsEachTenthHit(Book({})))
    result = gate(worse, baseline)
    assert result.passed
    change = next(c for c in result.comparison.changes if c.metric == "retrieval.hit@1")
    assert change.verdict == "better"
    assert change.better and not change.worse
    assert change.difference == pytest.approx(len(change.better) / change.n)


def test_samples_that_are_gone_are_refused(tmp_path: Path, baseline: Report) -> None:
    book, questions = made_book()
    fewer = replace(questions, samples=questions.samples[5:])
    report = run_eval(fewer, PipelineSubject(BookPipeline(book), book), tmp_path)
    result = gate(baseline, report)
    assert any("5 sample(s) of the baseline were not asked" in failure for failure in result.failures)
    assert "Only 65 samples were asked in both runs." in result.comparison.remarks


def test_reports_of_different_sets_are_not_compared(tmp_path: Path, baseline: Report) -> None:
    book, questions = made_book()
    renamed = tuple(replace(sample, id=f"x{sample.id}") for sample in questions.samples)
    other = run_eval(replace(questions, samples=renamed), PipelineSubject(BookPipeline(book), book), tmp_path)
    with pytest.raises(UsageError, match="no sample in common"):
        compare(baseline, other)


def test_differing_settings_are_remarked(tmp_path: Path, baseline: Report) -> None:
    book, questions = made_book()
    subject = PipelineSubject(BookPipeline(book), book)
    other = run_eval(questions, subject, tmp_path, settings=RunSettings(policy="drop"))
    assert any("settings differ" in remark for remark in compare(baseline, other).remarks)


def test_chance_alone_is_rarely_refused(baseline: Report) -> None:
    """Of reports that differ by the toss of a coin only at most one in ten is refused."""
    rng = random.Random(11)
    names = ("retrieval.hit@1", "retrieval.hit@10", "citation.recall", "answer.key_facts", "abstention.error")

    def tossed() -> Report:
        lines = (
            replace(line, values=dict.fromkeys(names, 0.0) | {n: float(rng.random() < 0.7) for n in names})
            for line in baseline.samples
        )
        return replace(baseline, samples=tuple(lines))

    refused = sum(not gate(tossed(), tossed()).passed for _ in range(50))
    assert refused <= 5


def test_families_are_held_against_themselves(tmp_path: Path, baseline: Report) -> None:
    lines = tuple(replace(line, family="dressed") for line in baseline.samples[:30])
    before = replace(baseline, samples=(*baseline.samples[30:], *lines))
    worse = tuple(replace(line, values=line.values | {"citation.recall": 0.0}) for line in lines)
    after = replace(before, samples=(*baseline.samples[30:], *worse))
    result = gate(before, after)
    assert any("citation.recall of dressed" in failure for failure in result.failures)
    assert not any("citation.recall went" in failure for failure in result.failures)
