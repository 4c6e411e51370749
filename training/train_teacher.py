"""Fine-tune all-mpnet-base-v2 into the teacher of a network, and have it label all rows to train on.

    .venv/bin/python training/train_teacher.py --packed reader.xz --teacher all-mpnet-base-v2 \\
        --seconds 180 --out reader.labels

It learns from the rows with a label. What it says of these and of the others (its logits, not its weights) is
what `train_student.py --labels` learns from. On a GPU where there is one; how it does on the rows held out is
printed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from training.batching import Feed
from training.learning import (
    Budget,
    counts_of,
    figures_of,
    learn,
    save_labels,
    soft_labels,
    this_device,
)
from training.packed import Split, load_packed
from training.weights_files import teacher


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--packed", type=Path, required=True, help="of pack_reader.py or pack_entailment.py")
    parser.add_argument("--teacher", type=Path, required=True, help="folder of all-mpnet-base-v2")
    parser.add_argument("--seconds", type=float, required=True, help="time to learn")
    parser.add_argument("--learning-rate", type=float, default=6e-5)
    parser.add_argument("--tokens", type=int, default=24_000, help="learned from at once, with padding")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="what it says of the rows to train on")
    return parser.parse_args()


def main() -> None:
    options = read_arguments()
    packed, device = load_packed(options.packed), this_device()
    print(f"{packed.task} on {device}: {counts_of(packed)}", flush=True)
    network = teacher(packed.task, options.teacher).to(device)
    feed = Feed(packed, device)
    budget = Budget(options.seconds, options.learning_rate, options.tokens)
    print(learn(network, feed, packed.rows_of(Split.TRAIN, labelled=True), budget, 0.0, options.seed))
    print(figures_of(network, feed), flush=True)
    save_labels(soft_labels(network, feed, packed.rows_of(Split.TRAIN, labelled=False)), options.out)


if __name__ == "__main__":
    main()
