"""Fine-tune the packaged MiniLM into the reader that `rag.reader` loads.

    .venv/bin/python training/train_reader.py --shared ../shared --out rag/data/reader.safetensors

Every epoch has all of the project's own questions and a fresh sample of the public ones. Six transformer
layers and two heads are trained, the token embeddings stay as packaged. Less than an hour on one CPU
core. The same seed, data and versions give the same weights up to the order of sums.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rag.embeddings import packaged_model
from rag.reader_model import ReaderModel, save_reader_model
from training.reading_data import Example, own_questions, squad2

BATCH = 16
TOKENS = 256
LEARNING_RATE = 2e-4
PUBLIC_SAMPLE = 2_500
SPAN_WEIGHT = 0.5
IGNORED = -100


@dataclass(frozen=True, slots=True)
class Batch:
    ids: Tensor
    mask: Tensor
    types: Tensor
    starts: Tensor
    ends: Tensor
    answerable: Tensor


def encode(tokenizer: Tokenizer, examples: Sequence[Example]) -> Batch:
    """Questions and passages as padded tensors; an answer beyond the cut has no span, but is an answer."""
    encoded = tokenizer.encode_batch([(example.question, example.text) for example in examples])
    starts, ends = [], []
    for example, one in zip(examples, encoded, strict=True):
        if not example.answerable:
            starts.append(0)
            ends.append(0)
            continue
        touched = [
            i
            for i, (kind, (a, b)) in enumerate(zip(one.sequence_ids, one.offsets, strict=True))
            if kind == 1 and a < example.end and b > example.start
        ]
        starts.append(touched[0] if touched else IGNORED)
        ends.append(touched[-1] if touched else IGNORED)
    return Batch(
        torch.tensor([one.ids for one in encoded]),
        torch.tensor([one.attention_mask for one in encoded]),
        torch.tensor([one.type_ids for one in encoded]),
        torch.tensor(starts),
        torch.tensor(ends),
        torch.tensor([float(example.answerable) for example in examples]),
    )


def loss_of(model: ReaderModel, batch: Batch) -> Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        spans, answerable = model(batch.ids, batch.mask, batch.types)
    # The span is in the passage, or at [CLS] where there is none.
    allowed = (batch.types == 1) & (batch.mask == 1)
    allowed[:, 0] = True
    spans = spans.float().masked_fill(~allowed.unsqueeze(-1), -1e4)
    loss = nn.functional.binary_cross_entropy_with_logits(answerable.float(), batch.answerable)
    if bool((batch.starts != IGNORED).any()):
        loss = loss + SPAN_WEIGHT * nn.functional.cross_entropy(spans[..., 0], batch.starts)
        loss = loss + SPAN_WEIGHT * nn.functional.cross_entropy(spans[..., 1], batch.ends)
    return loss


def shuffled_batches(examples: Sequence[Example], chance: random.Random) -> Iterator[list[Example]]:
    """Batches of similar length, in random order."""
    order = list(examples)
    chance.shuffle(order)
    batches = []
    for at in range(0, len(order), BATCH * 20):
        block = sorted(order[at : at + BATCH * 20], key=lambda example: len(example.text))
        batches += [block[i : i + BATCH] for i in range(0, len(block), BATCH)]
    chance.shuffle(batches)
    yield from batches


@torch.inference_mode()
def features(model: ReaderModel, tokenizer: Tokenizer, examples: Sequence[Example]) -> np.ndarray:
    """(n, 3): answerability logit, lead of the best span over [CLS], whether that span touches the answer."""
    model.eval()
    rows = []
    for at in range(0, len(examples), 32):
        part = examples[at : at + 32]
        encoded = tokenizer.encode_batch([(example.question, example.text) for example in part])
        batch = encode(tokenizer, part)
        spans, answerable = model(batch.ids, batch.mask, batch.types)
        for i, (example, one) in enumerate(zip(part, encoded, strict=True)):
            inside = [j for j, kind in enumerate(one.sequence_ids) if kind == 1]
            starts, ends = spans[i, inside, 0], spans[i, inside, 1]
            n = len(inside)
            sums = (starts[:, None] + ends[None, :]).masked_fill(torch.ones(n, n).triu().tril(40) == 0, -1e4)
            start, end = divmod(int(sums.argmax()), n)
            a, b = one.offsets[inside[start]][0], one.offsets[inside[end]][1]
            touches = example.answerable and a < example.end and b > example.start
            lead = float(sums.max() - spans[i, 0, 0] - spans[i, 0, 1])
            rows.append((float(answerable[i]), lead, float(touches)))
    model.train()
    return np.array(rows)


def calibrate(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Platt scaling over both scores by Newton's method: confidence = sigmoid(a * x0 + b * x1 + c)."""
    inputs = np.c_[scores[:, :2], np.ones(len(scores))]
    weights = np.zeros(3)
    for _ in range(50):
        p = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (p - truth) + np.array([1e-2, 1e-2, 0]) * weights
        hessian = (inputs * (p * (1 - p))[:, None]).T @ inputs + np.diag([1e-2, 1e-2, 1e-9])
        weights -= np.linalg.solve(hessian, gradient)
    return weights


def area_under_curve(scores: np.ndarray, truth: np.ndarray) -> float:
    ranks = scores.argsort().argsort()
    positives = int(truth.sum())
    below = ranks[truth == 1].sum() - positives * (positives - 1) / 2
    return float(below / (positives * (len(truth) - positives)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    chance = random.Random(options.seed)
    folder = packaged_model()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(TOKENS, strategy="only_second")
    tokenizer.enable_padding()
    public = list(squad2(options.shared / "benchmarks" / "squad2-dev.json", options.seed))
    own = list(own_questions(options.shared / "corpus" / "dfat", options.seed))
    public_training = [e for e in public if not e.held_out]
    own_training = [e for e in own if not e.held_out]
    held_out = {"squad2": [e for e in public if e.held_out], "own": [e for e in own if e.held_out]}
    # Eager attention: the fused one is slower in bf16 backwards on a CPU (8.0 against 8.8 examples/s).
    model = ReaderModel(folder, "eager")
    for parameter in model.encoder.embeddings.parameters():
        parameter.requires_grad = False
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE, weight_decay=0.01)
    steps = options.epochs * ((len(own_training) + PUBLIC_SAMPLE) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / (0.06 * steps)) * max(0.02, 1 - step / steps)
    )
    print(f"{len(own_training)} own and {len(public_training)} public examples, {steps} steps", flush=True)
    began, step = time.perf_counter(), 0
    figures: dict[str, str] = {}
    model.train()
    for epoch in range(options.epochs):
        training = own_training + chance.sample(public_training, PUBLIC_SAMPLE)
        for part in shuffled_batches(training, chance):
            loss = loss_of(model, encode(tokenizer, part))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            if step % 50 == 0:
                rate = step * BATCH / (time.perf_counter() - began)
                print(f"{step}/{steps} loss {float(loss.detach()):.3f} {rate:.1f} examples/s", flush=True)
        measured = {name: features(model, tokenizer, examples) for name, examples in held_out.items()}
        truths = {name: np.array([e.answerable for e in es], dtype=float) for name, es in held_out.items()}
        weights = calibrate(np.concatenate(list(measured.values())), np.concatenate(list(truths.values())))
        model.calibration.data.copy_(torch.tensor(weights, dtype=torch.float32))
        for name, scores in measured.items():
            auc = area_under_curve(scores[:, :2] @ weights[:2], truths[name])
            touched = scores[truths[name] == 1, 2].mean()
            figures[name] = (
                f"answerable AUC {auc:.3f}, span touches the answer {touched:.3f}, n {len(scores)}"
            )
        print(f"epoch {epoch + 1}: {figures}", flush=True)
        card = {
            "data": "SQuAD 2.0 dev half (CC BY-SA 4.0), own questions over DFAT",
            "seed": str(options.seed),
        }
        save_reader_model(model, options.out, {**card, **figures})


if __name__ == "__main__":
    main()
