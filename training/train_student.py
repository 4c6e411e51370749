"""Fine-tune the packaged MiniLM into the reader, or the entailment model, that `rag.models.tuned` loads.

    .venv/bin/python training/train_student.py --packed reader.xz --start rag/data/reader.safetensors \\
        --labels reader.labels --seconds 180 --out first.safetensors

Six transformer layers and two heads are trained; the token embeddings stay as packaged. It learns from what
people have said of the rows and, with `--labels`, from what a teacher says (`train_teacher.py`), whose weight
is `--alpha`. A second cycle starts from the weights of the first with a lower `--learning-rate`, and
`mean_weights.py` joins what several gave. On a GPU where there is one; on a CPU the same with more seconds
and fewer `--tokens`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rag.models.embeddings import packaged_model
from training.batching import Feed
from training.learning import Budget, counts_of, figures_of, learn, load_labels, this_device
from training.packed import Split, load_packed
from training.weights_files import export, file_digest, student


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--packed", type=Path, required=True, help="of pack_reader.py or pack_entailment.py")
    parser.add_argument("--start", type=Path, help="weights file for the layers; else the packaged ones")
    parser.add_argument("--labels", type=Path, help="of train_teacher.py")
    parser.add_argument("--alpha", type=float, default=0.5, help="the teacher's weight, 0..1")
    parser.add_argument("--seconds", type=float, required=True, help="time to learn")
    parser.add_argument("--learning-rate", type=float, default=4e-4)
    parser.add_argument("--tokens", type=int, default=40_000, help="learned from at once, with padding")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def main() -> None:
    options = read_arguments()
    packed, device = load_packed(options.packed), this_device()
    print(f"{packed.task} on {device}: {counts_of(packed)}", flush=True)
    labels = load_labels(options.labels) if options.labels else None
    feed = Feed(packed, device, labels)
    # New heads are drawn.
    torch.manual_seed(options.seed)
    network = student(packed.task, packaged_model(), options.start).to(device)
    # Without a teacher there is nothing to learn from rows without a label.
    rows = packed.rows_of(Split.TRAIN, labelled=labels is None)
    budget = Budget(options.seconds, options.learning_rate, options.tokens)
    learned = learn(network, feed, rows, budget, options.alpha, options.seed)
    figures = figures_of(network, feed)
    print(learned, figures, flush=True)
    card = {
        "rows": packed.digest,
        "sources": ", ".join(packed.sources),
        "start": file_digest(options.start) if options.start else "packaged",
        "taught": f"alpha {options.alpha}" if labels else "by people alone",
        "learned": f"{learned.steps} steps of {options.tokens} tokens, {learned.epochs:.1f} epochs",
        "learning rate": str(options.learning_rate),
        "seed": str(options.seed),
        **figures,
    }
    export(network, options.out, card)


if __name__ == "__main__":
    main()
