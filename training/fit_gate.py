"""Fit the gate that `rag.answering.gate` loads: how likely some passage answers, by reader and search.

    .venv/bin/cableqa ingest --data-dir /tmp/all ../shared/corpus
    .venv/bin/cableqa ingest --data-dir /tmp/all --corpus telegrams training/telegrams
    .venv/bin/python training/fit_gate.py --collection /tmp/all --out rag/data/gate.json

Only own questions that the reader was not trained on; of one in five of their documents it has seen other
questions. Each answerable one is asked as it is, and once more without the cables that hold its gold; those
without an answer are the third kind. The three weigh alike. The passage of a question that counts is the
surest by the weights themselves, so fitting is repeated until they stand. The threshold is no part of it: see
`rag.answering.selection`.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rag.answering.gate import logit
from rag.config import PACKAGED_MODEL, Settings
from rag.finding.rerank import RememberingReader
from rag.finding.retrieve import HybridSearch
from rag.index.collection import open_collection
from rag.models.embeddings import load_encoder
from rag.models.reader import PassageReader, load_reader
from rag.types import Filters, Hit, Passage, Query
from training.reading_data import HELD_OUT_ONE_IN, HELD_OUT_ROUNDS, HERE, cable_id_of

FOUND, READ = 30, 8
ROUNDS = 10
# Hardly any: two weights and some hundred questions need no shrinking.
INVERSE_RIDGE = 1e4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A question with what was found: a row (logit of the confidence, score) for each passage read."""

    kind: str
    answers: bool
    passages: Floats


def cases(search: HybridSearch, reader: PassageReader) -> Iterator[Case]:
    for line in (HERE / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        cable = cable_id_of(row["file"])
        if row["round"] not in HELD_OUT_ROUNDS or zlib.crc32(cable.encode()) % HELD_OUT_ONE_IN:
            continue
        question = row["question"]
        hits = search.find(Query(question, question, Filters()), FOUND)
        if not row["answers"]:
            yield Case("unanswerable", False, _read(reader, question, hits[:READ]))
            continue
        yield Case("answerable", True, _read(reader, question, hits[:READ]))
        others = tuple(hit for hit in hits if hit.paragraph.cable_id != cable)
        yield Case("cable removed", False, _read(reader, question, others[:READ]))


def _read(reader: PassageReader, question: str, hits: tuple[Hit, ...]) -> Floats:
    passages = [Passage(number, hit) for number, hit in enumerate(hits, start=1)]
    readings = reader.read(question, passages)
    return np.array([(logit(r.confidence), p.hit.score) for r, p in zip(readings, passages, strict=True)])


def fit(found: list[Case]) -> tuple[float, float, float]:
    """The weights of reader and retrieval, and the bias."""
    count = Counter(case.kind for case in found)
    weights = np.array([len(found) / (len(count) * count[case.kind]) for case in found])
    answers = np.array([case.answers for case in found])
    slopes = np.array([1.0, 1.0])
    bias = 0.0
    for _ in range(ROUNDS):
        surest = np.array([case.passages[np.argmax(case.passages @ slopes)] for case in found])
        model = LogisticRegression(C=INVERSE_RIDGE).fit(surest, answers, sample_weight=weights)
        slopes, bias = model.coef_[0], float(model.intercept_[0])
    return float(slopes[0]), float(slopes[1]), bias


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--collection", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    reader = RememberingReader(load_reader())
    collection = open_collection(
        Settings(data_dir=options.collection), load_encoder(PACKAGED_MODEL), write=False
    )
    found = [case for case in cases(HybridSearch(collection), reader) if len(case.passages)]
    by_reader, by_retrieval, bias = fit(found)
    fitted = {
        "reader": round(by_reader, 4),
        "retrieval": round(by_retrieval, 4),
        "bias": round(bias, 4),
        "made_for": reader.name,
        "fitted_on": dict(Counter(case.kind for case in found)),
    }
    options.out.write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(fitted))


if __name__ == "__main__":
    main()
