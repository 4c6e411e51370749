"""Calibrate a reader on questions over documents that it was not trained on, and write that into its file.

    .venv/bin/python training/calibrate_reader.py --shared ../shared --collection /tmp/all \\
        --asked /tmp/asked.pickle --weights trained.safetensors --out reader.safetensors

Platt scaling (Platt 1999) over three features of a passage: see `rag.models.reader.answer_features`. How well
the held-out passages, questions and sentences are told apart goes into the card.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rag.models.embeddings import packaged_model, packaged_tokenizer
from rag.models.logits import UNLIKELY
from rag.models.reader import WindowCutter, answer_features, sentence_logits
from rag.models.reader_model import ReaderModel
from rag.models.tuned import load_frozen, save_tuned
from rag.text.citations import split_sentences
from rag.types import Span
from training.asked import add_questions, questions_of
from training.reading_data import Asked, Example
from training.weights_files import card_of

# Of the held-out questions over SQuAD 2.0 one in so many: else they would outweigh the own ones.
SQUAD2_ONE_IN = 4
_AT_ONCE = 32

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """A passage as the model reads it: features of the best window, sentence logits, and the truth."""

    features: tuple[float, float, float]
    sentences: list[float]
    evidence: list[bool]
    answers: bool


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The weights of the features with their bias, (4,), and by source how well things are told apart."""

    weights: Floats
    figures: dict[str, str]


def read_examples(model: ReaderModel, cutter: WindowCutter, examples: Sequence[Example]) -> list[Measured]:
    """Every example as the reader would read it, windows of like length together."""
    cut = [(i, w) for i, e in enumerate(examples) for w in cutter.windows(e.question, e.context, e.text)]
    cut.sort(key=lambda one: len(one[1].ids))
    spans = [split_sentences(e.text) or [Span(0, len(e.text))] for e in examples]
    best = [[UNLIKELY] * len(s) for s in spans]
    features = [(UNLIKELY, UNLIKELY, UNLIKELY)] * len(examples)
    for at in range(0, len(cut), _AT_ONCE):
        part = cut[at : at + _AT_ONCE]
        scores = model.score([w.ids for _, w in part], [w.types for _, w in part])
        for (i, window), scored in zip(part, scores, strict=True):
            logits = sentence_logits(window, scored, spans[i])
            best[i] = [max(a, b) for a, b in zip(best[i], logits, strict=True)]
            features[i] = max(features[i], answer_features(window, scored, max(logits)))
    measured = []
    for example, sentences, logits, feature in zip(examples, spans, best, features, strict=True):
        evidence = example.evidence()
        measured.append(Measured(feature, logits, [s in evidence for s in sentences], bool(example.answers)))
    return measured


def calibrate(features: Floats, truth: Floats) -> Floats:
    """Platt scaling over the features by Newton's method: confidence = sigmoid(features @ w + b)."""
    inputs = np.c_[features, np.ones(len(features))]
    weights = np.zeros(inputs.shape[1])
    ridge = np.array([1e-2] * features.shape[1] + [1e-9])
    for _ in range(50):
        p = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (p - truth) + ridge * weights
        hessian = (inputs * (p * (1 - p))[:, None]).T @ inputs + np.diag(ridge)
        weights -= np.linalg.solve(hessian, gradient)
    return weights


def measure(model: ReaderModel, cutter: WindowCutter, held_out: dict[str, list[Asked]]) -> Calibrated:
    """Calibrate on what was held out, and say how well passages, questions and sentences are told apart."""
    read = {}
    for name, questions in held_out.items():
        grouped = [(*asked.answering, *asked.others) for asked in questions]
        every_one = iter(read_examples(model, cutter, [e for group in grouped for e in group]))
        read[name] = [[next(every_one) for _ in group] for group in grouped]
    every = [one for groups in read.values() for group in groups for one in group]
    weights = calibrate(
        np.array([one.features for one in every]), np.array([float(one.answers) for one in every])
    )
    return Calibrated(weights, {name: _figures(groups, weights) for name, groups in read.items()})


def _figures(groups: Sequence[Sequence[Measured]], weights: Floats) -> str:
    confidences = [[float(np.dot(weights, (*one.features, 1.0))) for one in group] for group in groups]
    passages = [c for group in confidences for c in group]
    truth = [one.answers for group in groups for one in group]
    asked = [max(group) for group in confidences]
    asked_truth = [any(one.answers for one in group) for group in groups]
    first: list[float] = [
        group[int(np.argmax(c))].answers
        for group, c in zip(groups, confidences, strict=True)
        if len(group) > 1 and any(one.answers for one in group)
    ]
    right = [one.evidence[int(np.argmax(one.sentences))] for group in groups for one in group if one.answers]
    # Where every question has an answer there is nothing to tell them from.
    by_question = f"question AUC {roc_auc_score(asked_truth, asked):.3f}, " if not all(asked_truth) else ""
    return (
        f"passage AUC {roc_auc_score(truth, passages):.3f}, {by_question}"
        f"answering passage first {np.mean(first or [np.nan]):.3f}, "
        f"answering sentence first {np.mean(right):.3f}, questions {len(groups)}"
    )


def write(calibrated: Calibrated, weights: Path, out: Path) -> None:
    """The weights file again, with the calibration in it and the figures in its card."""
    tensors = load_file(weights) | {"calibration": torch.tensor(calibrated.weights, dtype=torch.float32)}
    save_tuned(tensors, out, {**card_of(weights), **calibrated.figures})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_questions(parser)
    parser.add_argument("--weights", type=Path, required=True, help="of train_student.py or mean_weights.py")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    held_out = questions_of(options).held_out
    held_out = {**held_out, "squad2": held_out["squad2"][::SQUAD2_ONE_IN]}
    model = ReaderModel()
    load_frozen(model, packaged_model(), options.weights)
    calibrated = measure(model, WindowCutter(packaged_tokenizer()), held_out)
    print(calibrated, flush=True)
    write(calibrated, options.weights, options.out)


if __name__ == "__main__":
    main()
