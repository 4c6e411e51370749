"""Own and public questions with what is found for each, kept in a file since finding takes minutes."""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from rag.config import PACKAGED_MODEL, Settings
from rag.index.collection import open_collection
from rag.models.embeddings import load_encoder
from training.contrast import emptied
from training.public_data import public_questions
from training.reading_data import HERE, TELEGRAMS, Asked, own_questions, own_rows


@dataclass(frozen=True, slots=True)
class Questions:
    """Those to train on, and by source those that are held out."""

    trained: list[Asked]
    held_out: dict[str, list[Asked]]


def add_questions(parser: argparse.ArgumentParser) -> None:
    """The options that say where questions are read and kept."""
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--collection", type=Path, required=True, help="into which all was ingested")
    parser.add_argument("--asked", type=Path, required=True, help="file where what was found is kept")
    parser.add_argument("--seed", type=int, default=0)


def questions_of(options: argparse.Namespace) -> Questions:
    """All questions, searched for once."""
    own, public = _searched(options)
    held_out = {
        "own": [a for a in own if a.held_out and a.subject != TELEGRAMS][::2],
        TELEGRAMS: [a for a in own if a.held_out and a.subject == TELEGRAMS],
        "squad2": [a for a in public if a.held_out],
    }
    held_out["without"] = contrasted([*held_out["own"], *held_out["squad2"][::4]])
    return Questions([a for a in (*own, *public) if not a.held_out], held_out)


def contrasted(questions: Sequence[Asked]) -> list[Asked]:
    """Held-out pairs that answer, each beside its passage without the answer."""
    pairs = [(asked, e, emptied(e)) for asked in questions for e in asked.answering]
    return [replace(asked, answering=(e,), others=(less,)) for asked, e, less in pairs if less is not None]


def _searched(options: argparse.Namespace) -> tuple[list[Asked], list[Asked]]:
    kept: Path = options.asked
    digest = sha256(b"".join(path.read_bytes() for path in sorted(HERE.glob("*questions.jsonl")))).hexdigest()
    if kept.exists():
        found: tuple[str, list[Asked], list[Asked]] = pickle.loads(kept.read_bytes())
        if found[0] != digest:
            raise SystemExit(f"{kept} was found for other questions than those of today: remove it")
        return found[1:]
    encoder = load_encoder(PACKAGED_MODEL)
    public = public_questions(options.shared / "benchmarks", encoder, options.seed)
    with open_collection(Settings(data_dir=options.collection), encoder, write=False) as collection:
        own = list(own_questions(collection, own_rows()))
    kept.write_bytes(pickle.dumps((digest, own, public)))
    return own, public
