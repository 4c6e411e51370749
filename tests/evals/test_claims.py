"""The parts of the foreign sets: no document is both fitted on and reported."""

from __future__ import annotations

import json
from pathlib import Path

from evals.loaders.claims import load_factcheck, load_summedits, load_wice
from tests.shared import SHARED, needs_shared

CLAIMS = Path(__file__).resolve().parents[2] / "training" / "claims.jsonl"


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
    for line in CLAIMS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        raw = (SHARED / "corpus" / "dfat" / row["file"]).read_text(encoding="utf-8")
        start, end = row["paragraph"]
        assert 0 <= start < end <= len(raw)
        for first, last in row["rests_on"]:
            assert start <= first < last <= end
        for text in (row["claim"], row.get("second", ""), *(variant for _, variant in row["variants"])):
            assert len(text) < 100 or text not in raw
