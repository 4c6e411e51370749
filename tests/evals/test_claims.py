"""The parts of the foreign sets: no document is both fitted on and reported."""

from __future__ import annotations

import json
import re
from pathlib import Path

from benchmarks.verifier_audit import TRUE
from evals.loaders.claims import load_factcheck, load_summedits, load_wice
from tests.shared import SHARED, needs_shared
from training.cited import load_paragraphs
from training.public_data import passage_questions, passages
from training.reading_data import HERE, TELEGRAMS

CLAIMS = HERE / "claims.jsonl"
TELEGRAM_CLAIMS = Path(__file__).resolve().parents[2] / "evals" / "sets" / "telegram-claims.jsonl"


def test_pieces_that_share_a_claim_over_others_are_one_document(tmp_path: Path) -> None:
    path = tmp_path / "stances.jsonl"
    links = [("a", "1"), ("b", "1"), ("b", "2"), ("c", "3")]
    path.write_text(
        "".join(json.dumps({"claim": c, "evidence": e, "stance": "refute"}) + "\n" for c, e in links),
        encoding="utf-8",
    )
    documents = [row.document for row in load_factcheck(path)]
    assert len(set(documents[:3])) == 1
    assert documents[3] != documents[0]


@needs_shared
def test_some_two_fifths_of_each_set_are_only_reported() -> None:
    benchmarks = SHARED / "benchmarks"
    for rows in (
        load_wice(benchmarks / "wice-dev.jsonl"),
        load_summedits(benchmarks / "summedits-dev.jsonl"),
        load_factcheck(benchmarks / "factcheck-stance-dev.jsonl"),
    ):
        reported = {row.document for row in rows if row.reported}
        assert reported.isdisjoint({row.document for row in rows if not row.reported})
        assert 0.3 < sum(row.reported for row in rows) / len(rows) < 0.5


@needs_shared
def test_the_own_claims_point_into_the_corpus_and_hold_none_of_it() -> None:
    public = passages(SHARED / "benchmarks")
    for line in CLAIMS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "passage" in row:
            raw = public[row["passage"]][1]
            start, end = 0, len(raw)
        else:
            folder = HERE if row["file"].startswith(TELEGRAMS) else SHARED / "corpus" / "dfat"
            raw = (folder / row["file"]).read_text(encoding="utf-8")
            start, end = row["paragraph"]
        assert 0 <= start < end <= len(raw)
        for first, last in row["rests_on"]:
            assert start <= first < last <= end
        for text in (row["claim"], row.get("second", ""), *(variant for _, variant in row["variants"])):
            assert len(text) < 100 or text not in raw


@needs_shared
def test_the_claims_over_telegrams_are_of_cables_at_hand_and_in_words_of_their_own() -> None:
    held = load_paragraphs([SHARED / "corpus" / "seed", SHARED / "corpus" / "nara"])
    rows = [json.loads(line) for line in TELEGRAM_CLAIMS.read_text(encoding="utf-8").splitlines()]
    assert {row["supported"] for row in rows} == {True, False}
    for row in rows:
        assert row["supported"] is (row["kind"] == TRUE)
        paragraph, _ = held[row["cable"], row["paragraph"]]
        said = words_of(paragraph.text.lower())
        runs = {tuple(said[at : at + 7]) for at in range(len(said))}
        mine = words_of(row["claim"].lower())
        assert not any(tuple(mine[at : at + 7]) in runs for at in range(len(mine) - 6)), row["claim"]


@needs_shared
def test_the_own_questions_over_public_passages_point_into_them() -> None:
    asked = list(passage_questions(SHARED / "benchmarks"))
    assert {bool(one.answering) for one in asked} == {True, False}
    for one in asked:
        for example in one.answering:
            assert all(0 <= a.start < a.end <= len(example.text) for a in example.answers)


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text)
