"""How fast cables go in, against the usual ways of embedding the same texts, in one run.

    python benchmarks/ingest_speed.py --paragraphs 1000 [--corpus FOLDER]

Texts are real cables: of every folder of `--corpus` so many files, in an order drawn once, that each gives
an equal share of the paragraphs. Where there is no such folder, and with `--corpus generated`, they are
telegrams with paragraphs of about 117 words, drawn from the sentences of the sample collection. Each way
gets a directory of its own; model loading is outside every measurement. All ways are run in turn, in
several rounds, and the best round of each counts: a neighbour on the same cores slows some rounds down,
and CPU time less than the clock. Beside each way stands the share of the ten nearest neighbours of each
chunk that sentence-transformers' own vectors, in fp32, give too. The row of `langchain-chroma` is left out
where it is missing.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings

from ingestion.ingest import ingest
from ingestion.reading import IngestOptions, parsed, sources
from rag.config import ON_OPENVINO, PACKAGED_MODEL, Settings
from rag.index.collection import open_collection
from rag.index.embedded import embedded_text
from rag.models.embeddings import Encoder, load_encoder, packaged_model
from rag.models.processor import has_bf16
from rag.models.worker import Precision
from rag.store.cable_store import CableStore
from rag.text.citations import split_sentences
from rag.types import Cable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PARAGRAPHS_PER_CABLE = 8
CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
GENERATED = "generated"
SAMPLE = Path(__file__).resolve().parents[1] / "ingestion" / "sample"
TOP = 10


class PlainEmbeddings(Embeddings):
    """sentence-transformers with its defaults, as a LangChain program would use it."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self._model.encode(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def write_archive(folder: Path, paragraphs: int, chance: random.Random) -> None:
    """Telegrams with paragraphs of sentences in a random order."""
    bodies = [
        " ".join(paragraph.text.split())
        for _, source in sources([SAMPLE], IngestOptions())
        for cable in parsed(source, IngestOptions())
        if isinstance(cable, Cable)
        for paragraph in cable.paragraphs
    ]
    sentences = [body[span.start : span.end] for body in bodies for span in split_sentences(body)]

    def paragraph() -> str:
        chosen = [chance.choice(sentences)]
        while sum(len(sentence.split()) for sentence in chosen) < chance.randint(85, 125):
            chosen.append(chance.choice(sentences))
        return " ".join(chosen)

    for serial in range(1, paragraphs // PARAGRAPHS_PER_CABLE + 1):
        body = "\n\n".join(f"{number}. {paragraph()}" for number in range(1, PARAGRAPHS_PER_CABLE + 1))
        (folder / f"08REYKJAVIK{serial}.txt").write_text(
            f"P 060721Z MAY 08\nFM AMEMBASSY REYKJAVIK\nTO SECSTATE WASHDC\nUNCLAS REYKJAVIK {serial:06d}\n\n"
            f"E.O. 12958: N/A\nTAGS: PGOV, IC\nSUBJECT: MESSAGE {serial}\n\n{body}\n\nHOLT\n",
            encoding="utf-8",
        )


def pick_archive(folder: Path, corpus: Path, paragraphs: int, chance: random.Random) -> None:
    """Links to files of each folder of `corpus`, until each has given its share of the paragraphs."""
    kinds = sorted(path for path in corpus.iterdir() if path.is_dir())
    counts = dict.fromkeys(kinds, 0)
    files = {kind: sorted(path for path in kind.rglob("*") if path.is_file()) for kind in kinds}
    left = paragraphs
    # The smallest first: what a folder has not, the larger ones give.
    for place, kind in enumerate(sorted(kinds, key=lambda kind: len(files[kind]))):
        share = left // (len(kinds) - place)
        for path in chance.sample(files[kind], len(files[kind])):
            if counts[kind] >= share:
                break
            cables = [
                cable
                for _, source in sources([path], IngestOptions())
                for cable in parsed(source, IngestOptions())
                if isinstance(cable, Cable)
            ]
            counts[kind] += sum(len(cable.paragraphs) for cable in cables)
            (folder / kind.name).mkdir(exist_ok=True)
            (folder / kind.name / path.name).symlink_to(path.resolve())
        left -= counts[kind]


@dataclass(frozen=True, slots=True)
class Taken:
    """What some work took by the clock, and of all cores together."""

    seconds: float
    cpu_s: float


def taken(work: Callable[[], object]) -> Taken:
    started, cpu = time.perf_counter(), time.process_time()
    work()
    return Taken(time.perf_counter() - started, time.process_time() - cpu)


def overlap(vectors: np.ndarray, reference: np.ndarray) -> float:
    """The mean share of each text's ten nearest neighbours that two sets of vectors agree on."""

    def nearest(matrix: np.ndarray) -> np.ndarray:
        scores = matrix @ matrix.T
        np.fill_diagonal(scores, -1)
        return np.argsort(-scores, axis=1)[:, :TOP]

    pairs = zip(nearest(vectors), nearest(reference), strict=True)
    return float(np.mean([len(set(a) & set(b)) / TOP for a, b in pairs]))


def ingested(folder: Path, archive: Path, encoder: Encoder, precision: Precision) -> tuple[Taken, Taken]:
    """What an ingest into a new directory took, and a second one over the same files."""
    settings = Settings(data_dir=folder, chroma_url=None, embedding_precision=precision)
    with open_collection(settings, encoder, write=True) as collection:
        collection.encoder.encode(["warm up"] * 64)
        first = taken(lambda: ingest([archive], collection, IngestOptions()))
        return first, taken(lambda: ingest([archive], collection, IngestOptions()))


def embedded(store: CableStore, fingerprint: str) -> dict[str, np.ndarray]:
    """The vectors that an ingest made, by what was embedded: a text that comes twice is there once."""
    vectors = {
        chunk_id: vector
        for chunk_ids, rows in store.vectors.of_chunks(fingerprint)
        for chunk_id, vector in zip(chunk_ids, rows, strict=True)
    }
    found: dict[str, np.ndarray] = {}
    for header in store.headers(list(store.census.cable_ids())).values():
        paragraphs = {paragraph.label: paragraph for paragraph in store.cable_paragraphs(header.cable_id)}
        for chunk in store.cable_chunks(header.cable_id):
            found[embedded_text(header, paragraphs[chunk.label], chunk)] = vectors[chunk.chunk_id]
    return found


def measure(folder: Path, corpus: Path | None, paragraphs: int, rounds: int) -> None:
    archive = folder / "archive"
    archive.mkdir()
    if corpus is None:
        write_archive(archive, paragraphs, random.Random(7))
    else:
        pick_archive(archive, corpus, paragraphs, random.Random(7))

    import torch
    from sentence_transformers import SentenceTransformer

    cores = torch.get_num_threads()
    # As `cableqa ingest` loads it: from here on a product takes one core, but for the other ways.
    encoder = load_encoder(PACKAGED_MODEL, in_bulk=True)
    compiled = load_encoder(ON_OPENVINO) if find_spec("openvino") else None
    model = SentenceTransformer(str(packaged_model()))

    def on_all_cores(work: Callable[[], object]) -> Taken:
        torch.set_num_threads(cores)
        try:
            return taken(work)
        finally:
            torch.set_num_threads(1)

    on_all_cores(lambda: model.encode(["warm up"] * 64))
    precisions: tuple[Precision, ...] = ("fp32", "bf16") if has_bf16() else ("fp32",)
    rows: dict[str, list[Taken]] = {}
    made: dict[Precision, dict[str, np.ndarray]] = {}
    theirs: list[np.ndarray] = []
    for n in range(rounds):
        for precision in precisions:
            data = folder / f"data{n}{precision}"
            first, again = ingested(data, archive, encoder, precision)
            rows.setdefault(f"cableqa ingest, end to end ({precision})", []).append(first)
            rows.setdefault("again", []).append(again)
            store = CableStore.open(data)
            chosen = encoder.at(precision)
            made[precision] = embedded(store, chosen.fingerprint)
            texts, count = list(made[precision]), store.counts().paragraphs
            store.close()
            alone = taken(lambda chosen=chosen, texts=texts: chosen.encode(texts))
            rows.setdefault(f"cableqa encoder alone ({precision})", []).append(alone)
            if compiled is not None:
                way = compiled.at(precision)
                way.encode(["warm up"])
                alone = taken(lambda way=way, texts=texts: way.encode(texts))
                rows.setdefault(f"cableqa encoder on OpenVINO alone ({precision})", []).append(alone)
        plain = on_all_cores(lambda texts=texts: theirs.append(model.encode(texts)))
        rows.setdefault("sentence-transformers encode, defaults", []).append(plain)
        if find_spec("langchain_chroma") is not None:
            whole = on_all_cores(
                lambda texts=texts, n=n: langchain_ingest(texts, model, folder / f"langchain{n}")
            )
            rows.setdefault("langchain_chroma.Chroma.from_texts", []).append(whole)
        rows.setdefault("parse", []).append(taken(lambda: parse(archive)))
    best = {
        way: Taken(min(one.seconds for one in each), min(one.cpu_s for one in each))
        for way, each in rows.items()
    }
    encoder.close()
    if compiled is not None:
        compiled.close()
    again, parsing = best.pop("again"), best.pop("parse")
    cables = sum(path.is_file() for path in archive.rglob("*"))
    drawn = "generated" if corpus is None else f"of {corpus.name}"
    agreed = {
        precision: overlap(np.stack([vectors[text] for text in texts]), theirs[-1])
        for precision, vectors in made.items()
    }
    print(f"{cables} files {drawn}, {count} paragraphs, {len(texts)} chunks; best of {rounds} rounds\n")
    faster = "".join(f"{f'{precision} ingest is':>16}" for precision in precisions)
    print(f"{'way':<44}{'paragraphs/s':>14}{'CPU ms each':>14}{f'top-{TOP} overlap':>16}{faster}")
    for way, one in best.items():
        print(
            f"{way:<44}{count / one.seconds:>14.1f}{one.cpu_s / count * 1e3:>14.2f}"
            f"{next((agreed[p] for p in made if f'({p})' in way), 1.0):>16.4f}"
            + "".join(
                f"{one.seconds / best[f'cableqa ingest, end to end ({precision})'].seconds:>15.2f}x"
                for precision in precisions
            )
        )
    for precision in precisions:
        ours, alone = (
            best[f"cableqa {way} ({precision})"] for way in ("ingest, end to end", "encoder alone")
        )
        print(
            f"{precision}: end to end takes {ours.seconds / alone.seconds - 1:.1%} longer than encoding "
            f"alone, {ours.cpu_s / alone.cpu_s - 1:.1%} by CPU time"
        )
    print(f"parser alone: {cables / parsing.cpu_s:.0f} cables/s; second run: {again.seconds:.2f} s")


def langchain_ingest(texts: list[str], model: SentenceTransformer, folder: Path) -> None:
    from langchain_chroma import Chroma

    Chroma.from_texts(texts, PlainEmbeddings(model), persist_directory=str(folder))


def parse(archive: Path) -> int:
    """Parse everything under `archive`; says how many cables."""
    return sum(
        isinstance(item, Cable)
        for _, source in sources([archive], IngestOptions())
        for item in parsed(source, IngestOptions())
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paragraphs", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--corpus", default=str(CORPUS) if CORPUS.is_dir() else GENERATED)
    arguments = parser.parse_args()
    corpus = None if arguments.corpus == GENERATED else Path(arguments.corpus)
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), corpus, arguments.paragraphs, arguments.rounds)


if __name__ == "__main__":
    main()
