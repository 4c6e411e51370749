"""The small networks without padding, beside transformers and sentence-transformers in the same run.

    python benchmarks/networks.py [--repeats 20] [--threads 1]

Paragraphs are generated (benchmarks/search_latency.py). Milliseconds of processor time, least and median; the
two take turns, so that other work on the machine meets both.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from sentence_transformers import SentenceTransformer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.search_latency import generated
from rag.models.embeddings import packaged_model, packaged_tokenizer
from rag.models.processor import has_bf16
from rag.models.reader import WindowCutter
from rag.models.sentence_vectors import DTYPES, SentenceVectors
from rag.models.tokens import CountingTokenizer
from rag.models.tuned import packaged_encoder
from rag.models.unpadded import UnpaddedEncoder
from rag.models.weights import BertWeights
from rag.models.worker import Precision

PASSAGES = 8


def take_turns(repeats: int, *timed: Callable[[], object]) -> list[list[float]]:
    """Milliseconds of processor time of each, `repeats` times, after a turn that does not count."""
    spent: list[list[float]] = [[] for _ in timed]
    for turn in range(repeats + 1):
        for place, one in enumerate(timed):
            began = time.process_time()
            one()
            if turn:
                spent[place].append((time.process_time() - began) * 1000)
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    precision: Precision = "bf16" if has_bf16() else "fp32"
    texts = [p.text for cable in generated(400, random.Random(1)) for p in cable.paragraphs]
    tokenizer = packaged_tokenizer()

    bert = packaged_encoder(packaged_model()).eval()
    weights = BertWeights.in_folder(packaged_model())
    unpadded = UnpaddedEncoder(weights)
    dtype = DTYPES[precision]
    bert.to(dtype)
    cutter = WindowCutter(tokenizer)
    windows = [w for text in texts[:PASSAGES] for w in cutter.windows("Who asked for barges?", "", text)]
    ids, types = [w.ids for w in windows], [w.types for w in windows]

    def as_transformers_does() -> None:
        def padded(rows: list[list[int]]) -> torch.Tensor:
            return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)

        with torch.inference_mode():
            bert(
                input_ids=padded(ids),
                attention_mask=padded([[1] * len(row) for row in ids]),
                token_type_ids=padded(types),
            )

    model = SentenceTransformer(str(packaged_model())).to(dtype)
    own = SentenceVectors(weights, CountingTokenizer(tokenizer, model.max_seq_length or 256))

    def as_sentence_transformers_does(texts: list[str]) -> Callable[[], object]:
        return lambda: model.encode(texts, normalize_embeddings=True, show_progress_bar=False)

    print(f"{precision}, {options.threads} threads\n")
    print("| work | theirs, ms | ours, ms | ratio |\n|---|---|---|---|")
    question = ["Who asked for another three million kroons for the harbor of Kalmuse?"]
    for name, theirs, ours in (
        (
            f"read {len(ids)} windows of {sum(map(len, ids))} tokens",
            as_transformers_does,
            lambda: unpadded(ids, types),
        ),
        (
            "encode a question",
            as_sentence_transformers_does(question),
            lambda: own.encode(question, precision),
        ),
        (
            "encode 64 paragraphs",
            as_sentence_transformers_does(texts[:64]),
            lambda: own.encode(texts[:64], precision),
        ),
    ):
        a, b = take_turns(options.repeats, theirs, ours)
        figures = f"{min(a):.1f} ({median(a):.1f}) | {min(b):.1f} ({median(b):.1f}) | {min(a) / min(b):.2f}"
        print(f"| {name} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
