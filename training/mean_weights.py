"""The mean of several weights files of one network, as one (Wortsman et al. 2022, "Model soups").

    .venv/bin/python training/mean_weights.py first.safetensors second.safetensors --out reader.safetensors

A reader is to be calibrated anew (`calibrate_reader.py`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rag.models.tuned import save_tuned
from training.weights_files import card_of, file_digest, mean_of


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    card = {f"mean of {file_digest(path)}": str(card_of(path)) for path in options.weights}
    save_tuned(mean_of(options.weights), options.out, card)


if __name__ == "__main__":
    main()
