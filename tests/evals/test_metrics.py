"""Each metric on an example worked by hand, and against ir_measures where it has the same."""

from __future__ import annotations

import random

import pytest

from evals import metrics
from evals.aggregate import mean_metric
from evals.loaders.mtrag import load_mtrag
from evals.report import SampleLine
from tests.shared import SHARED, needs_shared

ranked = ["a", "b", "c", "d", "e", "f"]


@pytest.mark.parametrize(
    ("relevant", "k", "expected"),
    [
        ({"a"}, 1, 1.0),
        ({"b"}, 1, 0.0),
        ({"b", "z"}, 3, 1.0),
        ({"f"}, 5, 0.0),
        ({"z"}, 10, 0.0),
        (set(), 5, None),
    ],
)
def test_hit_at(relevant: set[str], k: int, expected: float | None) -> None:
    assert metrics.hit_at(ranked, relevant, k) == expected


@pytest.mark.parametrize(
    ("gold", "k", "expected"),
    [({"a", "f"}, 5, 0.5), ({"a", "f"}, 10, 1.0), ({"b", "c", "z"}, 5, 2 / 3), (set(), 5, None)],
)
def test_recall_at(gold: set[str], k: int, expected: float | None) -> None:
    assert metrics.recall_at(ranked, gold, k) == expected


@pytest.mark.parametrize(
    ("relevant", "expected"), [({"a"}, 1.0), ({"d", "c"}, 1 / 3), ({"z"}, 0.0), (set(), None)]
)
def test_reciprocal_rank(relevant: set[str], expected: float | None) -> None:
    assert metrics.reciprocal_rank(ranked, relevant) == expected


def test_reciprocal_rank_ends_at_ten() -> None:
    assert metrics.reciprocal_rank([*"abcdefghij", "k"], {"k"}) == 0.0
    assert metrics.reciprocal_rank([*"abcdefghij", "k"], {"j"}) == 0.1


def test_retrieval_metrics_equal_ir_measures() -> None:
    import ir_measures
    from ir_measures import RR, R, Success

    rng = random.Random(7)
    pool = [f"p{number}" for number in range(40)]
    qrels, run, relevant, order = [], [], {}, {}
    for query in (f"q{number}" for number in range(200)):
        relevant[query] = set(rng.sample(pool, rng.randint(1, 4)))
        order[query] = rng.sample(pool, 15)
        qrels += [ir_measures.Qrel(query, item, 1) for item in relevant[query]]
        run += [ir_measures.ScoredDoc(query, item, -rank) for rank, item in enumerate(order[query])]
    ours = {
        **{Success @ k: (lambda q, k=k: metrics.hit_at(order[q], relevant[q], k)) for k in (1, 3, 5, 10)},
        **{R @ k: (lambda q, k=k: metrics.recall_at(order[q], relevant[q], k)) for k in (5, 10)},
        RR @ 10: lambda q: metrics.reciprocal_rank(order[q], relevant[q], 10),
    }
    judged = list(ir_measures.iter_calc(list(ours), qrels, run))
    assert len(judged) == len(ours) * 200
    for item in judged:
        assert ours[item.measure](item.query_id) == pytest.approx(item.value, abs=1e-9)


@needs_shared
def test_retrieval_metrics_equal_ir_measures_on_a_public_set() -> None:
    import ir_measures
    from ir_measures import RR, R, Success

    public = load_mtrag(SHARED / "benchmarks" / "mtrag-un-dev.jsonl")
    words = {passage.key: set(passage.text.casefold().split()) for passage in public.passages}
    asked = [sample for sample in public.questions.samples if sample.gold]
    qrels, run, lines = [], [], []
    for sample in asked:
        question = set(sample.question.casefold().split())
        order = sorted(words, key=lambda key: (-len(question & words[key]), key))[:20]
        qrels += [ir_measures.Qrel(sample.id, str(key), 1) for key in sample.gold]
        run += [ir_measures.ScoredDoc(sample.id, str(key), -rank) for rank, key in enumerate(order)]
        values: dict[str, float | None] = {
            "retrieval.mrr@10": metrics.reciprocal_rank(order, sample.gold),
            **{f"retrieval.hit@{k}": metrics.hit_at(order, sample.gold, k) for k in (1, 3, 5, 10)},
            **{f"retrieval.recall@{k}": metrics.recall_at(order, sample.gold, k) for k in (5, 10)},
        }
        scored = {name: value for name, value in values.items() if value is not None}
        lines.append(SampleLine(sample.id, sample.type, sample.id, "answered", scored, {}))
    theirs = ir_measures.calc_aggregate(
        [Success @ 1, Success @ 3, Success @ 5, Success @ 10, R @ 5, R @ 10, RR @ 10], qrels, run
    )
    names = {"Success": "hit", "R": "recall", "RR": "mrr"}
    assert len(theirs) == 7
    for measure, value in theirs.items():
        name, _, depth = str(measure).partition("@")
        ours = mean_metric(f"retrieval.{names[name]}@{depth}", lines)
        assert ours.n == len(asked) == 189
        assert ours.mean == pytest.approx(value, abs=1e-9)


def test_validity_needs_existence_and_retrieval() -> None:
    cited = ["there", "not retrieved", "does not exist", "there too"]
    existing = {"there", "there too", "not retrieved"}
    retrieved = {"there", "there too", "does not exist"}
    assert metrics.citation_validity(cited, existing, retrieved) == 0.5
    assert metrics.citation_validity([], existing, retrieved) is None


@pytest.mark.parametrize(
    ("quote", "stored", "start", "end", "faithful"),
    [
        ("flyers were", "80,000 flyers were printed", 7, 18, 1.0),
        ("flyers were", "80,000 flyers were printed", 6, 17, 0.0),
        ("Flyers were", "80,000 flyers were printed", 7, 18, 0.0),
        ("", "80,000 flyers", 3, 3, 0.0),
        ("printed", "80,000 flyers were printed", -7, 26, 0.0),
        ("flyers", None, 0, 6, 0.0),
    ],
    ids=["exact", "shifted by one", "another case", "empty", "negative offset", "no such paragraph"],
)
def test_quote_fidelity(quote: str, stored: str | None, start: int, end: int, faithful: float) -> None:
    assert metrics.quote_fidelity([(quote, stored, start, end)]) == faithful


def test_precision_counts_paragraphs_not_citations() -> None:
    assert metrics.citation_precision(["a", "a", "b"], {"a", "x"}) == 0.5
    assert metrics.citation_precision([], {"a"}) is None


def test_recall_of_citations_is_over_gold_and_zero_when_abstained() -> None:
    assert metrics.citation_recall(["a", "b"], {"a", "c"}, abstained=False) == 0.5
    assert metrics.citation_recall([], {"a"}, abstained=False) == 0.0
    assert metrics.citation_recall(["a"], {"a"}, abstained=True) == 0.0
    assert metrics.citation_recall(["a"], set(), abstained=False) is None


@pytest.mark.parametrize(
    ("text", "fact", "found"),
    [
        ("They paid $24,000 in May.", "$24,000", True),
        ("They paid $24,000 in May.", "24,000", True),
        ("They paid $24,000 in May.", "24", False),
        ("A total of 2,400 cases", "400", False),
        ("Prices rose 25.5 percent", "25", False),
        ("Prices rose 25.5 percent", "5", False),
        ("It ended in 1978.", "1978", True),
        ("28 criminal cases, 30 days", "28", True),
        ("In 128 cases", "28", False),
        ("up 70% since", "70%", True),
        ("the Minister's MARCH 10 talks", "march 10", True),
        ("on March 100", "March 10", False),
        ("women’s support center", "women's support center", True),
        ("a well-informed none\nof them", "none of", True),
        ("nonetheless", "none", False),
        ("10 u.a. of account", "10 u.a.", True),
    ],
)
def test_key_facts_match_at_word_boundaries(text: str, fact: str, found: bool) -> None:
    assert metrics.key_facts(text, [[fact]], abstained=False) == float(found)


def test_key_facts_are_shared_out_and_variants_are_alternatives() -> None:
    facts = [["2,400", "2400"], ["INL"], ["grant"]]
    assert metrics.key_facts("The grant was 2400.", facts, abstained=False) == 2 / 3
    assert metrics.key_facts("The grant was 2400.", facts, abstained=True) == 0.0
    assert metrics.key_facts("The grant was 2400.", [], abstained=False) is None


def test_only_not_in_corpus_is_abstaining() -> None:
    assert metrics.abstention_error("not_in_corpus", answerable=True) == 1.0
    assert metrics.abstention_error("partial", answerable=True) == 0.0
    assert metrics.abstention_error("not_in_corpus", answerable=False) is None
    assert metrics.abstention_hallucination("conflicting", answerable=False) == 1.0
    assert metrics.abstention_hallucination("not_in_corpus", answerable=False) == 0.0
    assert metrics.abstention_hallucination("answered", answerable=True) is None


def test_supported_sentences() -> None:
    assert metrics.sentence_supported(["supported", "partial", "uncited", "supported"]) == 0.5
    assert metrics.sentence_supported([]) is None


@pytest.mark.parametrize(
    ("outcome", "gold_cited", "denied", "expected"),
    [
        ("answered", True, True, 1.0),
        ("answered", True, False, 0.0),
        ("answered", True, None, None),
        ("answered", False, True, 0.0),
        ("not_in_corpus", True, True, 0.0),
    ],
)
def test_premise_corrected(
    outcome: str, gold_cited: bool, denied: bool | None, expected: float | None
) -> None:
    assert metrics.premise_corrected(outcome, gold_cited=gold_cited, denied=denied) == expected
