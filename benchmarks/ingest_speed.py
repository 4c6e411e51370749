"""How fast cables go in, against the usual ways of embedding the same texts, in one run.

    python benchmarks/ingest_speed.py --paragraphs 1000

Texts are telegrams with paragraphs of about 117 words, drawn from the sentences of the sample
collection. Each way gets a directory of its own; model loading is outside every measurement. The row of `langchain-chroma` is left out where it is missing.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings

from ingestion.ingest import ingest
from ingestion.reading import IngestOptions, parsed, sources
from rag.citations import split_sentences
from rag.collection import open_collection
from rag.config import PACKAGED_MODEL, Settings
from rag.embedded import embedded_text
from rag.embeddings import Encoder, load_encoder, packaged_model
from rag.types import Cable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PARAGRAPHS_PER_CABLE = 8
SAMPLE = Path(__file__).resolve().parents[1] / "ingestion" / "sample"
TOP = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    way: str
    paragraphs_per_s: float


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


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def overlap(vectors: np.ndarray, reference: np.ndarray) -> float:
    """The mean share of each text's ten nearest neighbours that two sets of vectors agree on."""

    def nearest(matrix: np.ndarray) -> np.ndarray:
        scores = matrix @ matrix.T
        np.fill_diagonal(scores, -1)
        return np.argsort(-scores, axis=1)[:, :TOP]

    pairs = zip(nearest(vectors), nearest(reference), strict=True)
    return float(np.mean([len(set(a) & set(b)) / TOP for a, b in pairs]))


def measure(folder: Path, paragraphs: int) -> None:
    archive = folder / "archive"
    archive.mkdir()
    write_archive(archive, paragraphs, random.Random(7))
    encoder = load_encoder(PACKAGED_MODEL)
    settings = Settings(data_dir=folder / "data", chroma_url=None)
    with open_collection(settings, encoder, write=True) as collection:
        chosen: Encoder = collection.encoder
        chosen.encode(["warm up"] * 64)
        whole_s = seconds(lambda: ingest([archive], collection, IngestOptions()))
        again_s = seconds(lambda: ingest([archive], collection, IngestOptions()))
        store = collection.store
        texts = [
            embedded_text(header, paragraph, chunk)
            for header in store.headers(list(store.census.cable_ids())).values()
            for keyed in [{p.label: p for p in store.cable_paragraphs(header.cable_id)}]
            for chunk in store.cable_chunks(header.cable_id)
            for paragraph in [keyed[chunk.label]]
        ]
        count = store.counts().paragraphs
    cables: list[Cable] = []

    def parse() -> None:
        for _, source in sources([archive], IngestOptions()):
            cables.extend(item for item in parsed(source, IngestOptions()) if isinstance(item, Cable))

    parse_s = seconds(parse)
    vectors = chosen.encode(texts[:1])
    encode_s = seconds(lambda: chosen.encode(texts))
    vectors = chosen.encode(texts)
    reference = encoder.at("fp32").encode(texts)

    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(packaged_model()))
    model.encode(["warm up"] * 64)
    plain_s = seconds(lambda: model.encode(texts))
    rows = [
        Row(f"cableqa ingest, end to end ({chosen.precision})", count / whole_s),
        Row("cableqa encoder alone", count / encode_s),
        Row("sentence-transformers encode, defaults", count / plain_s),
    ]
    try:
        from langchain_chroma import Chroma
    except ImportError:
        print("langchain-chroma is not installed: its row is left out")
    else:
        langchain_s = seconds(
            lambda: Chroma.from_texts(
                texts, PlainEmbeddings(model), persist_directory=str(folder / "langchain")
            )
        )
        rows.append(Row("langchain_chroma.Chroma.from_texts", count / langchain_s))
    print(f"{len(cables)} cables, {count} paragraphs, {len(texts)} chunks\n")
    print(f"{'way':<48}{'paragraphs/s':>14}{'ingest is':>12}")
    for row in rows:
        ratio = rows[0].paragraphs_per_s / row.paragraphs_per_s
        print(f"{row.way:<48}{row.paragraphs_per_s:>14.1f}{ratio:>11.2f}x")
    print(f"\ntop-{TOP} overlap with fp32: {overlap(vectors, reference):.4f}")
    print(
        f"parser alone: {len(cables) / parse_s:.0f} cables/s; second run over the same files: {again_s:.2f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paragraphs", type=int, default=1_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), arguments.paragraphs)


if __name__ == "__main__":
    main()
