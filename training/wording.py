"""How far the wording of a question alone tells whether it has an answer; no passage is read.

    .venv/bin/python training/wording.py training/questions.jsonl evals/sets/sample.jsonl

A logistic regression over the words of the questions and over pairs of words, five folds by document. A
reader that is trained on a set with a high figure learns how questions are put beside what passages say.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline


def told_by_wording(questions: list[str], answered: list[bool], documents: list[str]) -> float:
    """The area under the curve of answered against unanswered questions, out of fold."""
    model = make_pipeline(
        CountVectorizer(ngram_range=(1, 2), min_df=3, binary=True),
        LogisticRegression(C=0.3, class_weight="balanced", max_iter=500),
    )
    scores = cross_val_predict(
        model, questions, answered, groups=documents, cv=GroupKFold(5), method="decision_function"
    )
    return float(roc_auc_score(answered, scores))


def main() -> None:
    for path in map(Path, sys.argv[1:]):
        rounds: dict[int | None, list[tuple[str, bool, str]]] = defaultdict(list)
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            answered = bool(row["answers"]) if "answers" in row else bool(row["answerable"])
            document = row.get("file") or row["id"]
            rounds[row.get("round")].append((row["question"], answered, document))
        for number, rows in sorted(rounds.items(), key=str):
            questions, truths, documents = (list(column) for column in zip(*rows, strict=True))
            name = path.name if number is None else f"{path.name}, round {number}"
            print(f"{name}: {told_by_wording(questions, truths, documents):.2f} of {len(rows)}")


if __name__ == "__main__":
    main()
