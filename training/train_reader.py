"""Fine-tune the packaged MiniLM into the reader that `rag.models.reader` loads.

    .venv/bin/cableqa ingest --data-dir /tmp/all ../shared/corpus
    .venv/bin/cableqa ingest --data-dir /tmp/all --corpus telegrams training/telegrams
    .venv/bin/python training/train_reader.py --shared ../shared --collection /tmp/all \
        --state /tmp/reader --out r.safetensors

Every epoch has all of the project's own questions, each with its near-misses and some of the paragraphs
that a search finds for it, and a sample of the public ones. Six transformer layers and two heads are
trained, the token embeddings stay as packaged; `--start` goes on from earlier weights, `--rehearse` then
takes a sample of the questions of earlier rounds. The same seed, data and versions give the same weights
up to the order of sums. With `--sitting` it pauses after so many minutes (status 75), and the same command
goes on.
"""

from __future__ import annotations

import argparse
import pickle
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rag.config import PACKAGED_MODEL, Settings
from rag.index.collection import open_collection
from rag.models.embeddings import load_encoder, packaged_model, packaged_tokenizer
from rag.models.logits import UNLIKELY
from rag.models.reader import END, EVIDENCE, START, Window, WindowCutter, answer_features, sentence_logits
from rag.models.reader_model import ReaderModel, load_reader_model
from rag.models.tuned import save_tuned
from rag.text.citations import split_sentences
from rag.types import Span
from training.contrast import Swaps, emptied
from training.public_data import public_questions
from training.reading_data import TELEGRAMS, Asked, Example, own_questions, own_rows
from training.tuning import PAUSED, add_sittings, area_under_curve, keep_of, kept_batches, train

BATCH = 16
SPAN_WEIGHT = 0.25
EVIDENCE_WEIGHT = 1.0
NEGATIVES = 2
# Of the pairs that answer, the shares shown once more without the answer, and with another name.
EMPTIED_SHARE = 0.5
SWAPPED_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class Item:
    """One input with what the heads should say of it."""

    window: Window
    start: int
    end: int
    evidence: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    ids: Tensor
    mask: Tensor
    types: Tensor
    starts: Tensor
    ends: Tensor
    evidence: Tensor
    answerable: Tensor


def items(cutter: WindowCutter, example: Example, chance: random.Random) -> list[Item]:
    """The windows of a passage that hold an answer, or one of a passage that does not answer."""
    windows = cutter.windows(example.question, example.context, example.text)
    if not example.answers:
        return [Item(chance.choice(windows), 0, 0, ())]
    sentences = example.evidence()
    made = []
    for window in windows:
        answering = [j for j, offset in enumerate(window.offsets) if _inside(offset, example.answers)]
        if not answering:
            continue
        # Of an answer in pieces, one is pointed at; the sentences of all of them are evidence.
        first = chance.choice([a for a in example.answers if any(_inside(o, [a]) for o in window.offsets)])
        pointed = [j for j in answering if _inside(window.offsets[j], [first])]
        evidence = tuple(
            window.first + j for j, offset in enumerate(window.offsets) if _inside(offset, sentences)
        )
        made.append(Item(window, window.first + pointed[0], window.first + pointed[-1], evidence))
    return made


def _inside(offset: tuple[int, int], spans: Sequence[Span]) -> bool:
    return any(offset[0] < span.end and offset[1] > span.start for span in spans)


def collate(part: Sequence[Item]) -> Batch:
    """Items as padded tensors; evidence is 1 in sentences that answer, 0 in others, -1 elsewhere."""
    length = max(len(item.window.ids) for item in part)

    def padded(rows: list[list[int]], value: int) -> Tensor:
        return torch.tensor([row + [value] * (length - len(row)) for row in rows])

    evidence = torch.full((len(part), length), -1.0)
    for i, item in enumerate(part):
        first = item.window.first
        evidence[i, first : first + len(item.window.offsets)] = 0.0
        evidence[i, list(item.evidence)] = 1.0
    return Batch(
        padded([item.window.ids for item in part], 0),
        padded([[1] * len(item.window.ids) for item in part], 0),
        padded([item.window.types for item in part], 0),
        torch.tensor([item.start for item in part]),
        torch.tensor([item.end for item in part]),
        evidence,
        torch.tensor([float(item.start > 0) for item in part]),
    )


def loss_of(model: ReaderModel, batch: Batch) -> Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        tokens, answerable = model(batch.ids, batch.mask, batch.types)
    tokens = tokens.float()
    # The span is in the passage, or at [CLS] where there is none.
    allowed = batch.evidence >= 0
    spans = tokens.masked_fill(~allowed.unsqueeze(-1), UNLIKELY)
    spans[:, 0] = tokens[:, 0]
    binary = nn.functional.binary_cross_entropy_with_logits
    loss = binary(answerable.float(), batch.answerable)
    loss = loss + SPAN_WEIGHT * nn.functional.cross_entropy(spans[..., START], batch.starts)
    loss = loss + SPAN_WEIGHT * nn.functional.cross_entropy(spans[..., END], batch.ends)
    return loss + EVIDENCE_WEIGHT * binary(tokens[..., EVIDENCE][allowed], batch.evidence[allowed])


def epoch_of(
    own: Sequence[Asked], public: Sequence[Asked], sample: int, cutter: WindowCutter, chance: random.Random
) -> list[Item]:
    """All own questions with some of their negatives, a sample of public ones, and what differs little."""
    chosen: list[Example] = []
    swaps = Swaps([*own, *public])
    for asked in own:
        chosen += [*asked.answering, *contrasts(asked, swaps, chance), *negatives(asked, NEGATIVES, chance)]
    for asked in chance.sample(list(public), min(sample, len(public))):
        chosen += [*asked.answering, *contrasts(asked, swaps, chance), *negatives(asked, 1, chance)]
    return [item for example in chosen for item in items(cutter, example, chance)]


def negatives(asked: Asked, count: int, chance: random.Random) -> list[Example]:
    """Of what cannot answer, the near-miss always, and so many that a search finds."""
    near = 0 if asked.answering else 1
    found = asked.others[near:]
    return [*asked.others[:near], *chance.sample(found, min(count, len(found)))]


def contrasts(asked: Asked, swaps: Swaps, chance: random.Random) -> list[Example]:
    """Of some of the pairs that answer, the passage without its answer or the question of something else."""
    made = [emptied(e) for e in asked.answering if chance.random() < EMPTIED_SHARE]
    made += [
        swaps.swapped(asked.subject, e, chance) for e in asked.answering if chance.random() < SWAPPED_SHARE
    ]
    return [example for example in made if example is not None]


def contrasted(questions: Sequence[Asked]) -> list[Asked]:
    """Held-out pairs that answer, each beside its passage without the answer."""
    pairs = [(asked, e, emptied(e)) for asked in questions for e in asked.answering]
    return [replace(asked, answering=(e,), others=(less,)) for asked, e, less in pairs if less is not None]


def shuffled_batches(order: list[Item], chance: random.Random) -> Iterator[list[Item]]:
    """Batches of similar length, in random order."""
    chance.shuffle(order)
    batches = []
    for at in range(0, len(order), BATCH * 20):
        block = sorted(order[at : at + BATCH * 20], key=lambda item: len(item.window.ids))
        batches += [block[i : i + BATCH] for i in range(0, len(block), BATCH)]
    chance.shuffle(batches)
    yield from batches


@dataclass(frozen=True, slots=True)
class Measured:
    """A passage as the model reads it: features of the best window, sentence logits, and the truth."""

    features: tuple[float, float, float]
    sentences: list[float]
    evidence: list[bool]
    answers: bool


def read_examples(model: ReaderModel, cutter: WindowCutter, examples: Sequence[Example]) -> list[Measured]:
    """Every example as the reader would read it, windows of like length together."""
    cut = [(i, w) for i, e in enumerate(examples) for w in cutter.windows(e.question, e.context, e.text)]
    cut.sort(key=lambda one: len(one[1].ids))
    spans = [split_sentences(e.text) or [Span(0, len(e.text))] for e in examples]
    best = [[UNLIKELY] * len(s) for s in spans]
    features = [(UNLIKELY, UNLIKELY, UNLIKELY)] * len(examples)
    for at in range(0, len(cut), 32):
        part = cut[at : at + 32]
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


def calibrate(features: np.ndarray, truth: np.ndarray) -> np.ndarray:
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


def measure(model: ReaderModel, cutter: WindowCutter, held_out: dict[str, list[Asked]]) -> dict[str, str]:
    """Calibrate on what was held out, and say how well passages, questions and sentences are told apart."""
    model.eval()
    read = {}
    for name, questions in held_out.items():
        grouped = [(*asked.answering, *asked.others) for asked in questions]
        every_one = iter(read_examples(model, cutter, [e for group in grouped for e in group]))
        read[name] = [[next(every_one) for _ in group] for group in grouped]
    every = [one for groups in read.values() for group in groups for one in group]
    features = np.array([one.features for one in every])
    weights = calibrate(features, np.array([float(one.answers) for one in every]))
    model.calibration.data.copy_(torch.tensor(weights, dtype=torch.float32))
    figures = {}
    for name, groups in read.items():
        confidences = [[float(np.dot(weights, (*one.features, 1.0))) for one in group] for group in groups]
        passages = np.array([c for group in confidences for c in group])
        truth = np.array([float(one.answers) for group in groups for one in group])
        asked_truth = np.array([float(any(one.answers for one in group)) for group in groups])
        asked = np.array([max(group) for group in confidences])
        first = [
            group[int(np.argmax(c))].answers
            for group, c in zip(groups, confidences, strict=True)
            if len(group) > 1 and any(one.answers for one in group)
        ]
        sentence = [
            one.evidence[int(np.argmax(one.sentences))] for group in groups for one in group if one.answers
        ]
        figures[name] = (
            f"passage AUC {area_under_curve(passages, truth):.3f}, "
            f"question AUC {area_under_curve(asked, asked_truth):.3f}, "
            f"answering passage first {np.mean(first or [np.nan]):.3f}, "
            f"answering sentence first {np.mean(sentence):.3f}, questions {len(groups)}"
        )
    model.train()
    return figures


def searched(options: argparse.Namespace, chance: random.Random) -> tuple[list[Asked], list[Asked]]:
    """Own and public questions with what is found for each, kept in the state since that takes minutes."""
    cache: Path = options.state / "asked.pickle"
    if cache.exists():
        kept: tuple[list[Asked], list[Asked]] = pickle.loads(cache.read_bytes())
        return kept
    encoder = load_encoder(PACKAGED_MODEL)
    public = public_questions(options.shared / "benchmarks", encoder, options.seed)
    with open_collection(Settings(data_dir=options.collection), encoder, write=False) as collection:
        own = list(own_questions(collection, own_rows(options.rehearse, chance)))
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_bytes(pickle.dumps((own, public)))
    return own, public


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--collection", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--rehearse", type=int, help="own questions of earlier rounds; else all")
    parser.add_argument("--public-sample", type=int, default=2_500)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    add_sittings(parser)
    return parser.parse_args()


def main() -> None:
    options = read_arguments()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    chance = random.Random(options.seed)
    own, public = searched(options, chance)
    held_out = {
        "own": [asked for asked in own if asked.held_out and asked.subject != TELEGRAMS][::2],
        "invented telegrams": [asked for asked in own if asked.held_out and asked.subject == TELEGRAMS],
        "squad2": [asked for asked in public if asked.held_out][::4],
    }
    held_out["without the answer"] = contrasted([*held_out["own"], *held_out["squad2"]])
    public = [asked for asked in public if not asked.held_out]
    own = [asked for asked in own if not asked.held_out]
    folder = packaged_model()
    model = load_reader_model(folder, options.start) if options.start else ReaderModel(folder)
    cutter = WindowCutter(packaged_tokenizer())

    def make() -> list[list[Item]]:
        orders = [epoch_of(own, public, options.public_sample, cutter, chance) for _ in range(options.epochs)]
        print(f"{len(own)} own and {len(public)} public questions, {[len(o) for o in orders]}", flush=True)
        return [batch for order in orders for batch in shuffled_batches(order, chance)]

    batches = kept_batches(options.state, make)
    done = train(
        model, batches, lambda part: loss_of(model, collate(part)), options.learning_rate, options.state,
        options.sitting,
    )  # fmt: skip
    if not done:
        raise SystemExit(PAUSED)
    if options.start:
        keep_of(load_reader_model(folder, options.start), model, options.kept_share)
    figures = measure(model, cutter, held_out)
    print(figures, flush=True)
    data = "SQuAD 2.0 dev half (CC BY-SA 4.0), CLAPNQ dev half (Apache-2.0), own questions over DFAT, "
    data += "telegrams of the 1970s and invented ones"
    save_tuned(model, options.out, {"data": data, "seed": str(options.seed), **figures})


if __name__ == "__main__":
    main()
