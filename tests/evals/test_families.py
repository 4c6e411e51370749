"""Constructed families: what they change, what they keep, and what a run makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from evals.families import Family, Material, with_families
from evals.lookups import Catalogue, lookups, references, wrong_premises
from evals.run import run_eval
from evals.samples import ParagraphKey, Sample, SampleSet
from evals.subjects import PipelineSubject
from rag.errors import UsageError
from rag.store.cable_store import CableStore
from rag.types import Chunk, Hit, Question
from tests.api import small
from tests.evals.book import Book, BookPipeline, made_book


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CableStore:
    made = CableStore.open(tmp_path_factory.mktemp("store"))
    for cable in small.cables():
        made.put(cable, [Chunk(p.cable_id, p.label, 0, 0, len(p.text), p.text) for p in cable.paragraphs])
    return made


def told(questions: SampleSet, count: int = 60) -> SampleSet:
    """The answerable questions with an answer to stand in a foreign turn."""
    answered = [sample for sample in questions.samples if sample.answerable][:count]
    return replace(questions, samples=tuple(replace(sample, answer="Some.") for sample in answered))


def of_family(questions: SampleSet, family: Family, material: Material | None = None) -> Sequence[Sample]:
    made = with_families(questions, [family], material or Material())
    assert made.samples[: len(questions.samples)] == questions.samples
    assert made.sha256 != questions.sha256
    return made.samples[len(questions.samples) :]


def test_gold_cables_are_out_of_reach(store: CableStore) -> None:
    _, questions = made_book()
    catalogue = Catalogue(store)
    made = of_family(questions, Family.GOLD_REMOVED, Material(catalogue))
    assert len(made) == 60
    answerable = [sample for sample in questions.samples if sample.answerable]
    for before, after in zip(answerable, made, strict=True):
        assert after.within == tuple(sorted(catalogue.matching_ids() - {before.gold[0].cable}))
        assert (after.answerable, after.gold, after.key_facts) == (False, (), ())
        assert (after.cluster, after.family) == (before.gold[0].cable, "gold_removed")


def test_what_is_taken_out_of_the_evidence_is_not_cited(tmp_path: Path, store: CableStore) -> None:
    book, questions = made_book()
    made = with_families(questions, [Family.GOLD_PARAGRAPH_REMOVED], Material(Catalogue(store)))
    report = run_eval(made, PipelineSubject(BookPipeline(book), book), tmp_path)
    # Every paragraph of the book is much like the others: with its own gone, a question gets another's.
    assert report.by_type["gold_paragraph_removed"]["abstention.hallucination"].mean == 1.0
    assert report.overall["abstention.hallucination"].mean == 0.0
    assert report.set.families == ("gold_paragraph_removed",)


def test_a_foreign_turn_shares_no_cable(tmp_path: Path) -> None:
    book, questions = made_book()
    questions = told(questions, 12)
    made = of_family(questions, Family.FOREIGN_TURN)
    assert len(made) == 12
    of_question = {sample.question: sample for sample in questions.samples}
    for sample in made:
        (turn,) = sample.history
        assert of_question[turn.question].gold[0].cable != sample.gold[0].cable
    both = replace(questions, samples=(*questions.samples, *made))
    report = run_eval(both, PipelineSubject(BookPipeline(book), book), tmp_path)
    assert report.by_type["foreign_turn"]["citation.recall"].mean == 1.0
    assert report.overall["consistency.same_answer"].mean == 1.0
    assert report.overall["answer.key_facts"].n == 12


class TakesTheFirst(BookPipeline):
    """Answers with whatever stands first, in whatever order it comes."""

    def choose(self, hits: Sequence[Hit]) -> Hit | None:
        return hits[0] if hits else None


class TakesTheBest(BookPipeline):
    """Answers with the highest score, in whatever order the evidence comes."""

    def choose(self, hits: Sequence[Hit]) -> Hit | None:
        return max(hits, key=lambda hit: hit.score, default=None)


@pytest.mark.parametrize(("pipeline", "same"), [(TakesTheBest, 1.0), (TakesTheFirst, 0.0)])
def test_the_order_of_the_evidence(
    tmp_path: Path, store: CableStore, pipeline: type[BookPipeline], same: float
) -> None:
    book, questions = made_book()
    made = with_families(told(questions), [Family.EVIDENCE_SHUFFLED], Material(Catalogue(store)))
    report = run_eval(made, PipelineSubject(pipeline(book), book), tmp_path)
    found = report.by_type["evidence_shuffled"]["consistency.same_answer"]
    assert found.n == 60
    assert found.mean == pytest.approx(same, abs=0.25)
    assert "retrieval.hit@1" not in report.by_type["evidence_shuffled"]


def test_an_instruction_is_planted_behind_the_best_paragraph(store: CableStore) -> None:
    book, questions = made_book()
    sample = of_family(told(questions, 1), Family.PLANTED_INSTRUCTION, Material(Catalogue(store)))[0]
    assert sample.meddling is not None and sample.meddling.planted is not None
    subject = PipelineSubject(BookPipeline(book), book)
    seen = subject.observe(Question(sample.question, top_k=3), sample.meddling)
    assert seen.evidence[0].text.endswith(sample.meddling.planted)
    assert not seen.evidence[1].text.endswith(sample.meddling.planted)


def test_dressed_questions_keep_their_words() -> None:
    _, questions = made_book()
    for before, after in zip(
        told(questions).samples, of_family(told(questions), Family.DRESSED), strict=True
    ):
        assert after.twin == before.id
        assert before.question.rstrip("?").casefold() in after.question.casefold()
        assert after.question != before.question


def test_paraphrases_are_taken_from_beside_the_set() -> None:
    _, questions = made_book()
    material = Material(paraphrases={"q0-0": "At Arden, what number of boats was counted?"})
    (made,) = of_family(questions, Family.PARAPHRASE, material)
    assert (made.question, made.twin) == ("At Arden, what number of boats was counted?", "q0-0")
    with pytest.raises(UsageError, match="no paraphrases"):
        with_families(questions, [Family.PARAPHRASE], Material())


def test_what_needs_the_store_is_refused_without_it() -> None:
    _, questions = made_book()
    for family in (Family.LOOKUP, Family.EVIDENCE_SHUFFLED, Family.GOLD_REMOVED):
        with pytest.raises(UsageError, match="not a server"):
            with_families(questions, [family], Material())


def test_lookups_follow_from_the_metadata(store: CableStore) -> None:
    made = {sample.id: sample for sample in lookups(Catalogue(store))}
    paragraph = made["05TALLINN7~paragraph"]
    assert paragraph.question == f"What does paragraph {paragraph.gold[0].paragraph} of 05TALLINN7 say?"
    title = made["05TALLINN7~title"]
    assert "HARBOR DREDGING ENDS" in title.question
    assert {key.cable for key in title.also} == {"05TALLINN7"}
    assert title.gold == ()
    assert "1976MUSCAT00301~title" not in made
    assert "1976MUSCAT00301~post_and_day" not in made


def test_references_lead_to_what_is_held(store: CableStore) -> None:
    (sample,) = references(Catalogue(store))
    assert sample.question == "What does reference A of cable 07TALLINN9 report?"
    assert {key.cable for key in sample.also} == {"05TALLINN7"}


def test_wrong_premises_name_what_does_not_exist(store: CableStore) -> None:
    catalogue = Catalogue(store)
    asked = replace(
        made_book()[1].samples[0],
        question="How many barges were counted in 2005?",
        gold=(ParagraphKey("05TALLINN7", "2"),),
    )
    made = {sample.id: sample for sample in wrong_premises([asked], catalogue)}
    year = made["q0-0~year~wrong_premise"]
    assert (year.question, year.key_facts) == ("How many barges were counted in 2016?", (("2005",),))
    assert made["05TALLINN7~paragraph~wrong_premise"].question == "What does paragraph 10 of 05TALLINN7 say?"
    absent = made["05TALLINN7~cable~wrong_premise"].question.split()[3]
    assert store.resolve_id(absent) is None
    assert not any(sample.answerable for sample in made.values())


def test_a_wrong_year_is_refused_or_put_right(tmp_path: Path) -> None:
    book = Book({ParagraphKey("05ARDEN1", "1"): "Officials at Arden counted 9 boats in 2005."})
    sample = replace(
        made_book()[1].samples[0],
        question="How many boats did officials count at Arden in 2016?",
        type="wrong_premise",
        family="wrong_premise",
        answerable=False,
        gold=(),
        key_facts=(("2005",),),
    )
    taken = replace(sample, id="taken", key_facts=())
    questions = SampleSet("w", "3" * 64, (sample, taken))
    report = run_eval(questions, PipelineSubject(BookPipeline(book), book), tmp_path)
    accepted = {line.id: line.values["premise.accepted"] for line in report.samples}
    assert accepted == {"q0-0": 0.0, "taken": 1.0}


def test_the_same_material_makes_the_same_set(store: CableStore) -> None:
    _, questions = made_book()
    families = [Family.LOOKUP, Family.WRONG_PREMISE, Family.DRESSED]
    one, two = (with_families(questions, families, Material(Catalogue(store))) for _ in range(2))
    assert one == two
    assert len({sample.id for sample in one.samples}) == len(one.samples)
