"""How long a search takes without the encoder, by size and by how much a filter lets through.

    python benchmarks/search_latency.py --sizes 10000 100000

Collections are generated: cables of eight paragraphs with sentences of the sample collection in random
order, and a vector for each near a plane of 48 dimensions: real embeddings lie close to few, and among
wholly random directions no graph finds its way. Beside the project's search stands LangChain's
`Chroma.as_retriever` over the same texts and vectors, with the same filters as metadata; it is left out
where `langchain-chroma` is missing. Query vectors come from a table, so that no encoder is in any figure; its
time is measured apart. Collections are kept in the cache folder, and what a run could not finish the next
one does. Of the ten nearest by brute force, the share that the graph finds is printed too.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from hashlib import blake2b
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from ingestion.parse import parse_source
from ingestion.sources import find_files
from rag.asking.understand import understand
from rag.config import PACKAGED_MODEL, Settings
from rag.errors import ParseError
from rag.finding.retrieve import HybridSearch
from rag.index.collection import Collection, open_collection
from rag.index.indexing import Indexer
from rag.models.embeddings import load_encoder
from rag.models.worker import Vectors
from rag.store.batches import Batch
from rag.store.cable_store import CableStore
from rag.store.catalogue import StoredArchive
from rag.text.citations import split_sentences
from rag.types import Cable, Chunk, Filters, Question, Segment

SAMPLE = Path(__file__).resolve().parents[1] / "ingestion" / "sample"
PARAGRAPHS_PER_CABLE = 8
DIMENSION = 384
PLANE = 48
OFF_PLANE = 0.2
_PLANE = np.random.default_rng(0).standard_normal((PLANE, DIMENSION), dtype=np.float32) / PLANE**0.5
K = 10
# Shares of the cables that a filter lets through; the smallest is a cable or two by name.
SHARES = (0.0001, 0.01, 0.14, 1.0)
FILTERS = ("none", "0.01 %", "1 %", "14 %", "100 %")
SEED = 1
# Written in one transaction.
CABLES_AT_ONCE = 500


class TableEncoder(Embeddings):
    """Vectors close to a plane, the same for the same text: no model, hardly any time."""

    fingerprint = f"table-{DIMENSION}"
    dimension = DIMENSION
    max_tokens = 256

    def __init__(self) -> None:
        # Of questions, so that making their vectors is in no figure.
        self._table: dict[str, Vectors] = {}

    def remember(self, texts: Sequence[str]) -> None:
        self._table.update(zip(texts, self.encode(texts), strict=True))

    def at(self, precision: str) -> TableEncoder:
        return self

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._table[text] if text in self._table else self._unit(text) for text in texts])

    def submit(self, texts: Sequence[str]) -> Future[Vectors]:
        future: Future[Vectors] = Future()
        future.set_result(self.encode(texts))
        return future

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self.encode(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [len(self.token_spans(text)) for text in texts]

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return []

    def close(self) -> None:
        return None

    def _unit(self, text: str) -> Vectors:
        seed = int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
        chance = np.random.default_rng(seed)
        row: Vectors = chance.standard_normal(PLANE, dtype=np.float32) @ _PLANE
        row = row + OFF_PLANE * chance.standard_normal(DIMENSION, dtype=np.float32)
        return (row / np.linalg.norm(row)).astype(np.float32)


def generated(number: int, chance: random.Random) -> Iterator[Cable]:
    """So many paragraphs in cables of eight; origins carry the shares that filters let through.

    One cable after another: a million of them do not fit in memory beside their graph.
    """
    parsed = [cable for source in _sources() for cable in parse_source(source)]
    pattern = next(cable for cable in parsed if not isinstance(cable, ParseError))
    texts = [p.text for cable in parsed if not isinstance(cable, ParseError) for p in cable.paragraphs]
    sentences = [text[span.start : span.end] for text in texts for span in split_sentences(text)]
    count = number // PARAGRAPHS_PER_CABLE
    for place in range(count):
        cable_id = _cable_id(place)
        share = place / count
        origin = "Embassy One" if share < SHARES[1] else "Embassy"
        if SHARES[1] <= share < SHARES[1] + SHARES[2]:
            origin = "Embassy Many"
        paragraphs, start = [], 0
        for ordinal in range(PARAGRAPHS_PER_CABLE):
            text = " ".join(chance.choices(sentences, k=5))
            label = str(ordinal + 1)
            paragraphs.append(
                replace(
                    pattern.paragraphs[0], cable_id=cable_id, label=label, ordinal=ordinal, start=start,
                    end=start + len(text), text=text,
                    sha256=blake2b(f"{cable_id}{label}".encode(), digest_size=32).hexdigest(),
                )
            )  # fmt: skip
            start += len(text) + 2
        body = "\n\n".join(p.text for p in paragraphs)
        subject = " ".join(chance.choices(sentences))
        header = replace(pattern.header, cable_id=cable_id, origin=origin, subject=subject)
        yield replace(
            pattern, header=header, body=body, paragraphs=tuple(paragraphs), references=(),
            raw=body.encode(), segments=(Segment(0, 0, len(body)),), stripped=(), aliases=(), warnings=(),
        )  # fmt: skip


def _sources() -> list:  # type: ignore[type-arg]
    return [source for source in find_files(SAMPLE) if not isinstance(source, ParseError)]


def build(folder: Path, size: int, encoder: TableEncoder) -> Collection:
    """Open the generated collection, which is finished from where the run before left it."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(data_dir=folder, embedding_precision="fp32")
    with open_collection(settings, encoder, write=True) as collection:
        # They are written in their order.
        stored = collection.store.counts().cables
        if stored < size // PARAGRAPHS_PER_CABLE:
            _read_in(collection, islice(generated(size, random.Random(SEED)), stored, None), size)
    return open_collection(settings, encoder, write=False)


def _read_in(collection: Collection, cables: Iterator[Cable], size: int) -> None:
    indexer = Indexer(
        collection.store, collection.chunks, collection.lexical, collection.encoder,
        lambda totals: print(f"\r{totals.chunks:,} of {size:,}", end="", file=sys.stderr),
    )  # fmt: skip
    while part := list(islice(cables, CABLES_AT_ONCE)):
        chunked = [
            (cable, [Chunk(p.cable_id, p.label, 0, 0, len(p.text), p.text) for p in cable.paragraphs])
            for cable in part
        ]
        pending = collection.store.write(Batch(cables=chunked))
        for work, (cable, chunks) in zip(pending, chunked, strict=True):
            indexer.add_put(work, cable, chunks)
    indexer.finish()


def questions_of(store: CableStore, size: int, number: int) -> list[str]:
    """The first words of paragraphs drawn by chance."""
    chance = random.Random(SEED)
    keys = []
    for place in (chance.randrange(size) for _ in range(number)):
        cable, ordinal = divmod(place, PARAGRAPHS_PER_CABLE)
        keys.append((_cable_id(cable), str(ordinal + 1)))
    texts = store.paragraphs(keys)
    return [" ".join(texts[key].text.split()[:12]) + "?" for key in keys]


def filters_of(size: int) -> dict[str, Filters]:
    count = size // PARAGRAPHS_PER_CABLE
    few = max(1, round(count * SHARES[0]))
    return {
        "none": Filters(),
        "0.01 %": Filters(cable_ids=tuple(_cable_id(i * (count // few)) for i in range(few))),
        "1 %": Filters(origins=("Embassy One",)),
        "14 %": Filters(origins=("Embassy Many",)),
        "100 %": Filters(corpora=(next(generated(size, random.Random(SEED))).header.corpus,)),
    }


def _cable_id(place: int) -> str:
    return f"08POST{place}"


def measured(ask: Callable[[str], object], questions: Sequence[str]) -> tuple[float, float]:
    """p50 and p99 in milliseconds, after a few questions that nobody counts."""
    for question in questions[:10]:
        ask(question)
    times = []
    for question in questions:
        began = time.perf_counter()
        ask(question)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def own_way(collection: Collection, filters: Filters) -> Callable[[str], object]:
    """The project's search under these filters; nothing is kept from another way."""
    search, archive = HybridSearch(collection), StoredArchive(collection.store)
    return lambda text: search.find(understand(Question(text, filters=filters), archive), K)


def langchain_ways(folder: Path, size: int, encoder: TableEncoder) -> dict[str, Callable[[str], object]]:
    """LangChain's plain retriever over Chroma for each filter."""
    from langchain_chroma import Chroma

    store = Chroma("plain", encoder, persist_directory=str(folder))
    stored = len(store.get(include=[])["ids"])
    # What is there is whole cables: a part is written in one piece.
    cables = islice(generated(size, random.Random(SEED)), stored // PARAGRAPHS_PER_CABLE, None)
    while part := list(islice(cables, CABLES_AT_ONCE)):
        store.add_texts(
            [p.text for cable in part for p in cable.paragraphs],
            metadatas=[
                {
                    "cable_id": cable.header.cable_id,
                    "origin": str(cable.header.origin),
                    "corpus": cable.header.corpus,
                }
                for cable in part
                for _ in cable.paragraphs
            ],
        )
    ways: dict[str, Callable[[str], object]] = {}
    for name, filters in filters_of(size).items():
        where: dict[str, object] | None = None
        if filters.cable_ids:
            where = {"cable_id": {"$in": list(filters.cable_ids)}}
        elif filters.origins:
            where = {"origin": filters.origins[0]}
        elif filters.corpora:
            where = {"corpus": filters.corpora[0]}
        retriever = store.as_retriever(search_kwargs={"k": K, "filter": where})
        ways[name] = retriever.invoke
    return ways


def recall_of(collection: Collection, questions: Sequence[str]) -> float:
    """Share of the ten nearest by brute force that the graph finds."""
    vectors = collection.encoder.encode(list(questions))
    exact = [set(row) for row in _nearest(collection, vectors)]
    found = [{one.chunk_id for one in collection.chunks.search(vector, K)} for vector in vectors]
    return sum(len(one & other) for one, other in zip(exact, found, strict=True)) / (K * len(exact))


def _nearest(collection: Collection, vectors: Vectors) -> list[list[str]]:
    best: list[list[tuple[float, str]]] = [[] for _ in vectors]
    for ids, rows in collection.store.vectors.of_chunks(collection.encoder.fingerprint):
        scores = vectors @ rows.T
        for at, row in enumerate(scores):
            top = np.argsort(-row)[:K]
            best[at] = sorted([*best[at], *((float(row[i]), ids[i]) for i in top)], reverse=True)[:K]
    return [[chunk_id for _, chunk_id in one] for one in best]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], help="paragraphs")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument(
        "--plain-up-to", type=int, default=100_000, help="largest size with LangChain beside it"
    )
    parser.add_argument(
        "--cache", type=Path, default=Path("build/search-latency"), help="folder for collections"
    )
    parser.add_argument(
        "--filters", nargs="+", choices=FILTERS, default=FILTERS, help="what of the cables they let through"
    )
    parser.add_argument("--build-only", action="store_true", help="make what is missing, and measure nothing")
    options = parser.parse_args()
    lines, notes, plain_p50 = [], [], {}
    for size in options.sizes:
        table = TableEncoder()
        began = time.perf_counter()
        plain: dict[str, Callable[[str], object]] = {}
        if find_spec("langchain_chroma") is not None and size <= options.plain_up_to:
            plain = langchain_ways(options.cache / f"plain-{size}", size, table)
        with build(options.cache / f"own-{size}", size, table) as collection:
            print(f"{size:,} opened in {time.perf_counter() - began:.0f} s", file=sys.stderr)
            if options.build_only:
                continue
            # As a server does when it starts.
            collection.chunks.prepare()
            collection.chunks.exact.settle()
            questions = questions_of(collection.store, size, options.questions)
            table.remember(questions)
            for name, filters in filters_of(size).items():
                if name not in options.filters:
                    continue
                own = own_way(collection, filters)
                began = time.perf_counter()
                own("a first question that reads what the filter lets through")
                first = (time.perf_counter() - began) * 1000
                p50, p99 = measured(own, questions)
                beside = ""
                if name in plain:
                    beside = "{:.1f} / {:.1f}".format(*measured(plain[name], questions))
                if name == "none":
                    plain_p50[size] = p50
                lines.append(f"| {size:,} | {name} | {p50:.1f} / {p99:.1f} | {first:.0f} | {beside} |")
            recall = recall_of(collection, questions)
            notes.append(f"{size:,} paragraphs: recall@{K} of the graph {recall:.4f}")
    if options.build_only:
        return
    print("| paragraphs | filter | cableqa p50 / p99 ms | first ms | Chroma.as_retriever p50 / p99 ms |")
    print("|---|---|---|---|---|")
    print("\n".join([*lines, "", *notes]))
    if len(plain_p50) > 1:
        small, large = min(plain_p50), max(plain_p50)
        growth = plain_p50[large] / plain_p50[small]
        print(f"unfiltered p50 grows {growth:.2f} times from {small:,} to {large:,} paragraphs")
    encoder = load_encoder(PACKAGED_MODEL)
    p50, p99 = measured(lambda text: encoder.encode([text]), [f"{text} Why?" for text in questions])
    print(f"encoding a question: {p50:.1f} / {p99:.1f} ms")
    encoder.close()


if __name__ == "__main__":
    main()
