"""Fine-tune the packaged MiniLM into the entailment model that `rag.verifying.entailment` loads.

    .venv/bin/python training/train_entailment.py --shared ../shared --start rag/data/reader.safetensors \
        --state /tmp/entailment --out entailment.safetensors

Six transformer layers and two heads are trained; the token embeddings stay as packaged. The encoder starts
from the reader's layers, which already compare two texts. Three losses: whether the pair is supported,
whether it is contradicted (where that is known), and which words of the sentence make it false (where that
is known). The same seed, data and versions give the same weights up to the order of sums. With `--sitting` it
pauses after so many minutes (status 75), and the same command goes on.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rag.models.embeddings import packaged_model, packaged_tokenizer
from rag.models.tuned import save_tuned
from rag.verifying.entailment import PairEncoder
from rag.verifying.entailment_model import (
    Batch,
    Encoded,
    EntailmentModel,
    collate,
    load_entailment_model,
)
from training.entailment_data import Example, all_examples
from training.reading_data import TELEGRAMS
from training.tuning import PAUSED, add_sittings, area_under_curve, keep_of, kept_batches, train

BATCH = 24
CONTRADICTED_WEIGHT = 0.3
DOUBT_WEIGHT = 1.0
# Few words of a false sentence make it false.
DOUBTFUL_WORDS_WEIGHT = 3.0
UNKNOWN = -1.0
# The sources that are of the project's own writing.
OWN = frozenset({"own", TELEGRAMS, "edits"})


@dataclass(frozen=True, slots=True)
class Item:
    """One input with what the heads should say of it; `doubts` are per token of the sentence."""

    encoded: Encoded
    supported: float
    contradicted: float
    doubts: list[float] | None
    weight: float


@dataclass(frozen=True, slots=True)
class Targets:
    supported: Tensor
    contradicted: Tensor
    doubts: Tensor
    weights: Tensor


def item(encoder: PairEncoder, example: Example, weight: float) -> Item:
    pair = encoder.encode(example.pair)
    doubts = None
    if example.doubts is not None and (example.supported or example.doubts):
        doubts = [
            float(any(start < s.end and end > s.start for s in example.doubts)) for start, end in pair.offsets
        ]
    contradicted = UNKNOWN if example.contradicted is None else float(example.contradicted)
    return Item(pair.input, float(example.supported), contradicted, doubts, weight)


def targets_of(part: Sequence[Item], batch: Batch) -> Targets:
    doubts = torch.full(batch.sentence.shape, UNKNOWN)
    for row, one in zip(doubts, part, strict=True):
        if one.doubts is not None:
            row[one.encoded.sentence.start : one.encoded.sentence.stop] = torch.tensor(one.doubts)
    return Targets(
        torch.tensor([one.supported for one in part]),
        torch.tensor([one.contradicted for one in part]),
        doubts,
        torch.tensor([one.weight for one in part]),
    )


def loss_of(model: EntailmentModel, part: Sequence[Item]) -> Tensor:
    batch = collate([one.encoded for one in part])
    wanted = targets_of(part, batch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        verdicts, doubts = model(batch)
    binary = nn.functional.binary_cross_entropy_with_logits
    loss = binary(verdicts[:, 0], wanted.supported, wanted.weights)
    known = wanted.contradicted != UNKNOWN
    if known.any():
        loss = loss + CONTRADICTED_WEIGHT * binary(verdicts[known, 1], wanted.contradicted[known])
    known = wanted.doubts != UNKNOWN
    if known.any():
        heavier = torch.tensor(DOUBTFUL_WORDS_WEIGHT)
        loss = loss + DOUBT_WEIGHT * binary(doubts[known], wanted.doubts[known], pos_weight=heavier)
    return loss


def weights_of(examples: Sequence[Example]) -> list[float]:
    """Each source weighs supported and not supported pairs alike."""
    counts = Counter((e.source, e.supported) for e in examples)
    sources = Counter(e.source for e in examples)
    return [
        float(np.clip(sources[e.source] / (2 * counts[e.source, e.supported]), 0.5, 2.0)) for e in examples
    ]


def shuffled_batches(items: Sequence[Item], chance: random.Random) -> Iterator[list[Item]]:
    """Batches of similar length, in random order."""
    order = list(items)
    chance.shuffle(order)
    batches = []
    for at in range(0, len(order), BATCH * 20):
        block = sorted(order[at : at + BATCH * 20], key=lambda one: len(one.encoded.ids))
        batches += [block[i : i + BATCH] for i in range(0, len(block), BATCH)]
    chance.shuffle(batches)
    yield from batches


def measure(model: EntailmentModel, encoder: PairEncoder, examples: Sequence[Example]) -> dict[str, str]:
    """Area under the ROC curve and best balanced accuracy of each held-out source, by its own threshold."""
    model.eval()
    encoded = [encoder.encode(e.pair).input for e in examples]
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
    scores = np.zeros(len(encoded))
    for at in range(0, len(order), 32):
        part = order[at : at + 32]
        scores[part] = [one.supported for one in model.score([encoded[i] for i in part])]
    figures = {}
    for source in sorted({e.source for e in examples}):
        mine = [i for i, e in enumerate(examples) if e.source == source]
        truth = np.array([examples[i].supported for i in mine])
        figures[source] = (
            f"AUC {area_under_curve(scores[mine], truth):.3f}, n {len(mine)}, "
            f"documents {len({examples[i].group for i in mine})}, "
            f"balanced at 0 {(np.mean(scores[mine][truth] > 0) + np.mean(scores[mine][~truth] <= 0)) / 2:.3f}"
        )
    model.train()
    return figures


def start_from(model: EntailmentModel, path: Path) -> None:
    """Take the encoder's layers of another weights file of the project, the heads not."""
    layers = {name: tensor.float() for name, tensor in load_file(path).items() if name.startswith("encoder.")}
    if not layers:
        raise SystemExit(f"{path} has no encoder layers")
    model.load_state_dict(layers, strict=False)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="the reader's weights, for the encoder's layers")
    parser.add_argument("--resume", type=Path, help="weights of an earlier run of this script")
    parser.add_argument("--sources", nargs="*", help="train on these only")
    parser.add_argument(
        "--sentences", type=int, default=1_500, help="sentences of the corpus to edit, an epoch"
    )
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--limit", type=int, help="at most so many own examples an epoch")
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
    folder = packaged_model()
    model = load_entailment_model(folder, options.resume) if options.resume else EntailmentModel(folder)
    if options.start:
        start_from(model, options.start)
    encoder = PairEncoder(packaged_tokenizer())

    def make() -> list[list[Item]]:
        batches = []
        for number in range(options.epochs):
            # Other edits in every epoch.
            examples = all_examples(options.shared, options.seed + number, options.sentences)
            examples = [
                e for e in examples if not e.held_out and (not options.sources or e.source in options.sources)
            ]
            if options.limit:
                own = [e for e in examples if e.source in OWN]
                foreign = [e for e in examples if e.source not in OWN]
                examples = foreign + chance.sample(own, min(options.limit, len(own)))
            weights = weights_of(examples)
            items = [item(encoder, e, w) for e, w in zip(examples, weights, strict=True)]
            batches += shuffled_batches(items, chance)
            print(f"epoch of {len(items)} pairs", flush=True)
        return batches

    batches = kept_batches(options.state, make)
    done = train(
        model, batches, lambda part: loss_of(model, part), options.learning_rate, options.state,
        options.sitting,
    )  # fmt: skip
    if not done:
        raise SystemExit(PAUSED)
    if options.resume:
        keep_of(load_entailment_model(folder, options.resume), model, options.kept_share)
    held_out = [e for e in all_examples(options.shared, options.seed, options.sentences) if e.held_out]
    figures = measure(model, encoder, held_out)
    print(figures, flush=True)
    started = options.resume or options.start
    card = {
        "data": "own claims and edited sentences over DFAT; parts of WiCE, SummEdits and "
        "Factcheck-GPT; CLAPNQ; SQuAD 2.0",
        "seed": str(options.seed),
        "kept": f"{options.kept_share} of the weights it started from",
        "steps": f"{len(batches)} of {BATCH} pairs",
        "start": sha256(started.read_bytes()).hexdigest()[:12] if started else "packaged",
        **figures,
    }
    save_tuned(model, options.out, card)


if __name__ == "__main__":
    main()
