"""How well paragraphs are found: plain baselines and the project's own search, side by side in one process.

    python benchmarks/retrieval.py ../shared [--sets cable-qa squad2 clapnq mtrag-un] [--limit N] [--json]

Baselines see the paragraphs' texts alone: BM25 (Robertson and Zaragoza 2009; k1 1.5, b 0.75),
the encoder's cosine, reciprocal rank fusion of both (Cormack et al. 2009, k 60) and their weighted sum. The
project's own search runs over a real collection of the same paragraphs, kept in the cache folder, with its
filters, look-ups and rewriting of follow-ups; "with reader" is with the packaged reranker. The follow-ups of
cable-qa are a set of their own; "(last turn)" asks conversations without their history. `--ablation` leaves
out one ingredient of the ranking at a time. Intervals draw whole cables, articles or conversations.

The reader was trained on most articles of the SQuAD 2 half, and is not shown there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.loaders.clapnq import load_clapnq
from evals.loaders.mtrag import load_mtrag
from evals.loaders.public import PublicPassage, PublicSet
from evals.loaders.squad import load_squad
from evals.metrics import hit_at, recall_at, reciprocal_rank
from evals.samples import FOLLOWUP, ParagraphKey, Sample, clusters, load_samples
from evals.statistics import mean_interval
from ingestion.chunk import chunk_cable
from ingestion.parse import parse_source
from ingestion.sources import find_files
from rag.asking.understand import understand
from rag.config import PACKAGED_MODEL, Settings
from rag.errors import ParseError
from rag.finding.ranking import Weights
from rag.finding.rerank import ReaderReranker, Reranker
from rag.finding.retrieve import HybridSearch
from rag.index.collection import Collection, open_collection
from rag.models.embeddings import Encoder, load_encoder
from rag.models.reader import load_reader
from rag.models.worker import Precision, Vectors
from rag.store.cable_store import CableStore
from rag.store.catalogue import StoredArchive
from rag.types import Cable, Question

K1, B = 1.5, 0.75
RRF_K = 60
BM25_WEIGHT = 0.35
DEPTH = 10
POOL_PART = 1_000
FIGURES: dict[str, Callable[[list[ParagraphKey], Sample], float | None]] = {
    "hit@1": lambda ranked, sample: hit_at(ranked, {*sample.gold, *sample.also}, 1),
    "hit@5": lambda ranked, sample: hit_at(ranked, {*sample.gold, *sample.also}, 5),
    "hit@10": lambda ranked, sample: hit_at(ranked, {*sample.gold, *sample.also}, 10),
    "recall@5": lambda ranked, sample: recall_at(ranked, sample.gold, 5),
    "recall@10": lambda ranked, sample: recall_at(ranked, sample.gold, 10),
    "mrr@10": lambda ranked, sample: reciprocal_rank(ranked, {*sample.gold, *sample.also}, DEPTH),
}
Floats = NDArray[np.float64]
Ranking = Mapping[str, list[ParagraphKey]]


@dataclass(frozen=True, slots=True)
class Bench:
    """A set with its pool, and the cables that a collection of it holds."""

    name: str
    samples: tuple[Sample, ...]
    passages: tuple[PublicPassage, ...]
    cables: tuple[Cable, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell of the table; `versus_rrf` is the paired difference to plain RRF with its interval."""

    set: str
    way: str
    metric: str
    n: int
    mean: float
    ci95: tuple[float, float] | None
    versus_rrf: tuple[float, float, float] | None


def read_cable_qa(shared: Path, *, follow_ups: bool = False) -> Bench:
    """The development questions over seed, NARA and, as distractors, all DFAT documents."""
    cables = []
    for folder in ("seed", "nara", "dfat"):
        for source in find_files(shared / "corpus" / folder):
            if isinstance(source, ParseError):
                raise source
            for cable in parse_source(source):
                if isinstance(cable, ParseError):
                    raise cable
                cables.append(cable)
    passages = [
        PublicPassage(ParagraphKey(p.cable_id, p.label), cable.header.subject, p.text)
        for cable in cables
        for p in cable.paragraphs
    ]
    questions = load_samples(shared / "benchmarks" / "cable-qa-dev.jsonl")
    kept = [sample for sample in questions.samples if (sample.type == FOLLOWUP) is follow_ups]
    name = "cable-qa follow-ups" if follow_ups else "cable-qa"
    return Bench(name, _with_gold(kept), tuple(passages), tuple(cables))


def read_public(name: str, found: PublicSet) -> Bench:
    return Bench(name, _with_gold(found.questions.samples), found.passages, tuple(found.cables()))


def _with_gold(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    return tuple(sample for sample in samples if sample.gold)


READERS: dict[str, Callable[[Path], Bench]] = {
    "cable-qa": read_cable_qa,
    "cable-qa-follow-ups": lambda shared: read_cable_qa(shared, follow_ups=True),
    "squad2": lambda shared: read_public("squad2", load_squad(shared / "benchmarks/squad2-dev.json")),
    "clapnq": lambda shared: read_public(
        "clapnq",
        load_clapnq(
            [shared / f"benchmarks/clapnq-{kind}-dev.jsonl" for kind in ("answerable", "unanswerable")]
        ),
    ),
    "mtrag-un": lambda shared: read_public("mtrag-un", load_mtrag(shared / "benchmarks/mtrag-un-dev.jsonl")),
}


class Bm25:
    """Okapi BM25 over lower-case words, as baselines have it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(words(text)) for text in texts]
        self._lengths = np.array([sum(counts.values()) for counts in self._counts], dtype=np.float64)
        self._holding: dict[str, list[int]] = {}
        for position, counts in enumerate(self._counts):
            for word in counts:
                self._holding.setdefault(word, []).append(position)

    def scores(self, question: str) -> Floats:
        total = np.zeros(len(self._counts))
        norm = K1 * (1 - B + B * self._lengths / self._lengths.mean())
        for word in words(question):
            holding = self._holding.get(word, [])
            if holding:
                idf = np.log(1 + (len(self._counts) - len(holding) + 0.5) / (len(holding) + 0.5))
                frequency = np.array([self._counts[position][word] for position in holding], dtype=np.float64)
                total[holding] += idf * frequency * (K1 + 1) / (frequency + norm[holding])
        return total


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def encoded_pool(bench: Bench, encoder: Encoder, folder: Path) -> Vectors:
    """Vectors of the passages' texts alone, (n, dimension), kept in `folder` for the next run."""
    folder.mkdir(parents=True, exist_ok=True)
    vectors = []
    for start in range(0, len(bench.passages), POOL_PART):
        texts = [passage.text for passage in bench.passages[start : start + POOL_PART]]
        name = hashlib.sha256("\n".join((encoder.fingerprint, *texts)).encode()).hexdigest()
        path = folder / f"{name[:16]}.npy"
        if not path.exists():
            np.save(path, encoder.encode(texts))
        vectors.append(np.load(path))
    return np.concatenate(vectors)


def baselines(bench: Bench, encoder: Encoder, folder: Path) -> dict[str, Ranking]:
    """The four plain ways over the pool; a tie goes to the passage that stands first."""
    keys = [passage.key for passage in bench.passages]
    lexical = Bm25([passage.text for passage in bench.passages])
    pool = encoded_pool(bench, encoder, folder)
    asked = encoder.encode([sample.question for sample in bench.samples])
    found: dict[str, dict[str, list[ParagraphKey]]] = {
        name: {} for name in ("BM25", "MiniLM", "plain RRF", f"weighted sum {BM25_WEIGHT} BM25")
    }
    for sample, vector in zip(bench.samples, asked, strict=True):
        bm25 = lexical.scores(sample.question)
        cosine = (pool @ vector).astype(np.float64)
        fused = 1 / (RRF_K + _ranks(bm25)) + 1 / (RRF_K + _ranks(cosine))
        weighted = BM25_WEIGHT * _scaled(bm25) + (1 - BM25_WEIGHT) * _scaled(cosine)
        for name, scores in zip(found, (bm25, cosine, fused, weighted), strict=True):
            best = np.argsort(-scores, kind="stable")[:DEPTH]
            found[name][sample.id] = [keys[position] for position in best]
    return dict(found)


def _ranks(scores: Floats) -> Floats:
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return ranks


def _scaled(scores: Floats) -> Floats:
    span = np.ptp(scores)
    return (scores - scores.min()) / span if span else np.zeros(len(scores))


def build(bench: Bench, encoder: Encoder, folder: Path) -> Collection:
    """Open the set's collection, made on the first run and brought up to date on the next."""
    folder.mkdir(parents=True, exist_ok=True)
    store = CableStore.open(folder)
    known = {header.cable_id for header in store.headers([c.header.cable_id for c in bench.cables]).values()}
    for cable in bench.cables:
        if cable.header.cable_id not in known:
            store.put(cable, chunk_cable(cable, encoder))
    store.close()
    settings = Settings(data_dir=folder)
    open_collection(settings, encoder, write=True).close()
    return open_collection(settings, encoder, write=False)


class Encoded:
    """An encoder that has encoded all questions at once, in batches."""

    def __init__(self, encoder: Encoder, texts: Sequence[str]) -> None:
        self._encoder = encoder
        self._known = dict(zip(texts, encoder.encode(texts), strict=True))
        self.fingerprint, self.precision = encoder.fingerprint, encoder.precision
        self.dimension, self.max_tokens = encoder.dimension, encoder.max_tokens

    def at(self, precision: Precision) -> Encoder:
        return self._encoder.at(precision)

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows: Vectors = np.stack([self._known[text] for text in texts])
        return rows

    def submit(self, texts: Sequence[str]) -> Future[Vectors]:
        return self._encoder.submit(texts)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.token_counts(texts)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self._encoder.token_spans(text)

    def close(self) -> None:
        self._encoder.close()


def own(
    bench: Bench,
    collection: Collection,
    *,
    history: bool = True,
    reranker: Reranker | None = None,
    weights: Weights | None = None,
) -> Ranking:
    """The project's search on the way that a question takes, without writing an answer."""
    archive = StoredArchive(collection.store)
    queries = {
        sample.id: understand(Question(sample.question, history=sample.history if history else ()), archive)
        for sample in bench.samples
    }
    asked = [one for query in queries.values() for one in (query, *query.parts)]
    texts = {text for query in asked for text in (query.standalone, query.text)}
    search = HybridSearch(
        replace(collection, encoder=Encoded(collection.encoder, sorted(texts))), reranker, weights
    )
    found = {}
    for name, query in queries.items():
        hits = search.find(query, DEPTH)
        found[name] = [ParagraphKey(hit.paragraph.cable_id, hit.paragraph.label) for hit in hits]
    return found


# Each ingredient of the ranking left out, the others as they are.
ABLATIONS = {
    "without words (dense alone)": {"lexical": 0.0},
    "without meaning (BM25 alone)": {"lexical": 1.0},
    "without proximity": {"proximity": 0.0},
    "without the cable's best paragraph": {"cable": 0.0},
    "without neighbours": {"neighbours": 0},
    "without the comment boost": {"kind": 0.0},
    "without the date boost": {"date": 0.0},
    "without abbreviations": {"abbreviation": 0.0},
    "follow-ups by their stand-alone text alone": {"follow_up_own": 0.0, "follow_up_cable": 0.4},
}


def ablated(bench: Bench, collection: Collection) -> dict[str, Ranking]:
    """The search without one ingredient at a time."""
    return {
        f"cableqa {name}": own(bench, collection, weights=replace(Weights(), **changed))
        for name, changed in ABLATIONS.items()
    }


def figures(bench: Bench, ways: Mapping[str, Ranking]) -> list[Figure]:
    cluster_of = clusters(bench.samples)
    groups = [cluster_of[sample.id] for sample in bench.samples]
    made = []
    for metric, score in FIGURES.items():
        plain = [score(ways["plain RRF"][sample.id], sample) or 0.0 for sample in bench.samples]
        for way, ranking in ways.items():
            values = [score(ranking[sample.id], sample) or 0.0 for sample in bench.samples]
            interval = mean_interval(values, groups)
            steps = [value - other for value, other in zip(values, plain, strict=True)]
            paired = mean_interval(steps, groups, bounded=False)
            made.append(
                Figure(
                    bench.name,
                    way,
                    metric,
                    len(values),
                    sum(values) / len(values),
                    None if interval is None else (interval.low, interval.high),
                    None if paired is None else (sum(steps) / len(steps), paired.low, paired.high),
                )
            )
    return made


def table(made: Sequence[Figure]) -> str:
    """The figures as Markdown: a row for each way, a column for each metric."""
    cells = {(figure.set, figure.way, figure.metric): figure for figure in made}
    lines = [
        f"| set | way | {' | '.join(FIGURES)} | hit@5 against plain RRF |",
        f"|---|---|{'---|' * (len(FIGURES) + 1)}",
    ]
    for name, way in dict.fromkeys((figure.set, figure.way) for figure in made):
        row = [cells[name, way, metric] for metric in FIGURES]
        shown = [
            f"{f.mean:.3f} ({f.ci95[0]:.3f}-{f.ci95[1]:.3f})" if f.ci95 else f"{f.mean:.3f}" for f in row
        ]
        versus = cells[name, way, "hit@5"].versus_rrf
        against = f"{versus[0]:+.3f} ({versus[1]:+.3f} to {versus[2]:+.3f})" if versus else ""
        lines.append(f"| {name} ({row[0].n}) | {way} | {' | '.join(shown)} | {against} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shared", type=Path, help="folder with corpus/ and benchmarks/")
    parser.add_argument("--sets", nargs="+", choices=list(READERS), default=list(READERS))
    parser.add_argument("--cache", type=Path, default=Path("build/bench"), help="folder for collections")
    parser.add_argument("--limit", type=int, help="at most so many questions of a set, evenly spaced")
    parser.add_argument("--ablation", action="store_true", help="leave out one ingredient at a time")
    parser.add_argument("--reader", action="store_true", help="also with the packaged reranker (slow)")
    parser.add_argument("--json", action="store_true", help="figures as JSON instead of a table")
    options = parser.parse_args()
    encoder = load_encoder(PACKAGED_MODEL)
    reader = load_reader() if options.reader else None
    made: list[Figure] = []
    for name in options.sets:
        started = time.perf_counter()
        bench = READERS[name](options.shared)
        if options.limit is not None and len(bench.samples) > options.limit:
            step = len(bench.samples) / options.limit
            spaced = tuple(bench.samples[int(number * step)] for number in range(options.limit))
            bench = replace(bench, samples=spaced)
        ways = dict(baselines(bench, encoder, options.cache / "pools"))
        collection = build(bench, encoder, options.cache / name.removesuffix("-follow-ups"))
        try:
            if any(sample.history for sample in bench.samples):
                ways["cableqa (last turn)"] = own(bench, collection, history=False)
            ways["cableqa"] = own(bench, collection)
            if options.ablation:
                ways.update(ablated(bench, collection))
            if reader is not None and name != "squad2":
                ways["cableqa with reader"] = own(bench, collection, reranker=ReaderReranker(reader))
        finally:
            collection.close()
        made += figures(bench, ways)
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    print(json.dumps([asdict(figure) for figure in made], indent=1) if options.json else table(made))


if __name__ == "__main__":
    main()
