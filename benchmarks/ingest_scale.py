"""Whether an ingest stays flat as it grows, and how long a second run over an unchanged archive takes.

    python benchmarks/ingest_scale.py [--small 10000 --large 100000] [--files 10000] [--dump-rows 100000]

1. Memory: the same process measures its peak (RSS, from the kernel) after an ingest of `--small` and of
   `--large` paragraphs, each in a process of its own. The encoder is one that hashes words: what is
   measured is everything but the model, whose memory does not depend on the number of paragraphs. Chroma
   keeps its graph in memory: what it takes for as many vectors, alone in a process, is printed beside it.
2. Second run: an archive of `--files` files, ingested, then ingested again unchanged.
3. A table of `--dump-rows` rows, parsed row by row: peak memory against the size of the file.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingestion.ingest import ingest
from ingestion.parse import parse_source
from ingestion.reading import IngestOptions
from ingestion.report import Status
from ingestion.sources import SourceFile, find_files
from rag.config import Settings
from rag.index.chunks import ChunkIndex
from rag.index.collection import open_collection
from rag.index.exact import ExactSearch
from rag.index.indexing import COMMIT_CHUNKS
from rag.store.cable_store import CableStore
from tests.fakes import WordEncoder
from tests.telegrams import telegram

ROOT = Path(__file__).resolve().parents[1]
PARAGRAPHS_PER_CABLE = 20
WORDS = """harbor minister bridge delegation weather river market council engineer ferry winter border
treaty committee report season village railway contract coffee lantern mountain interview election ministry
professor garden customs transport agreement hospital embassy library festival university teacher""".split()


def text_of(serial: int, paragraphs: int) -> str:
    """A telegram of paragraphs of 60 words that no other has."""
    chance = random.Random(serial)
    return telegram(serial, [" ".join(chance.choices(WORDS, k=60)) + "." for _ in range(paragraphs)])


def write_archive(folder: Path, cables: int, paragraphs: int) -> None:
    for serial in range(1, cables + 1):
        inner = folder / f"{serial // 1000:03d}"
        inner.mkdir(parents=True, exist_ok=True)
        (inner / f"08REYKJAVIK{serial}.txt").write_text(text_of(serial, paragraphs), encoding="utf-8")


def ingest_once(archive: Path, data: Path) -> dict[str, float]:
    started = time.perf_counter()
    with open_collection(Settings(data_dir=data), WordEncoder(), write=True) as collection:
        report = ingest([archive], collection, IngestOptions())
        paragraphs = collection.store.counts().paragraphs
    assert report.count(Status.FAILED) == 0
    return {
        "paragraphs": paragraphs,
        "seconds": time.perf_counter() - started,
        "ingest_s": report.seconds,
        "unchanged": report.count(Status.UNCHANGED),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def fill_chroma(data: Path, ingested: Path) -> dict[str, float]:
    """The peak of a process that gives Chroma as many vectors as `ingested` has chunks, and nothing else."""
    store = CableStore.open(ingested)
    count = store.counts().chunks
    chance = np.random.default_rng(7)
    index = ChunkIndex.open(data, None, "rows", name="rows", exact=ExactSearch(store, "rows"), write=True)
    for start in range(0, count, COMMIT_CHUNKS):
        rows = chance.standard_normal((min(COMMIT_CHUNKS, count - start), WordEncoder.dimension))
        vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        index.add([f"row|{start + n}|0" for n in range(len(vectors))], vectors)
    index.close()
    store.close()
    return {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def parse_table(table: Path) -> dict[str, float]:
    started = time.perf_counter()
    (source,) = find_files(table)
    assert isinstance(source, SourceFile)
    cables = sum(1 for _ in parse_source(source))
    return {
        "cables": cables,
        "seconds": time.perf_counter() - started,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


STEPS: dict[str, Callable[..., dict[str, float]]] = {
    "ingest": ingest_once,
    "chroma": fill_chroma,
    "table": parse_table,
}


def in_a_process(step: str, *paths: Path) -> dict[str, float]:
    """Run one step alone, so that its peak is its own."""
    command = [sys.executable, __file__, "--step", step, *map(str, paths)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return measured


def measure(folder: Path, small: int, large: int, files: int, rows: int) -> None:
    peaks: list[float] = []
    chroma: list[float] = []
    for paragraphs in (small, large):
        archive = folder / f"archive{paragraphs}"
        write_archive(archive, paragraphs // PARAGRAPHS_PER_CABLE, PARAGRAPHS_PER_CABLE)
        found = in_a_process("ingest", archive, folder / f"data{paragraphs}")
        peaks.append(found["peak_mib"])
        alone = in_a_process("chroma", folder / f"chroma{paragraphs}", folder / f"data{paragraphs}")
        chroma.append(alone["peak_mib"])
        print(
            f"{found['paragraphs']:>9,.0f} paragraphs: peak {found['peak_mib']:7.0f} MiB, "
            f"{found['ingest_s']:7.1f} s, {found['paragraphs'] / found['ingest_s']:6.0f} paragraphs/s; "
            f"Chroma alone {chroma[-1]:.0f} MiB",
            flush=True,
        )
    print(
        f"peak, large / small: {peaks[1] / peaks[0]:.2f}x for {large / small:.0f}x the paragraphs; it grew "
        f"by {peaks[1] - peaks[0]:.0f} MiB, Chroma alone by {chroma[1] - chroma[0]:.0f} MiB\n"
    )

    archive = folder / "files"
    write_archive(archive, files, 1)
    first = in_a_process("ingest", archive, folder / "data-files")
    second = in_a_process("ingest", archive, folder / "data-files")
    assert second["unchanged"] == files
    print(
        f"{files:,} files: first run {first['ingest_s']:.1f} s; second run, unchanged, "
        f"{second['ingest_s']:.2f} s ({second['seconds']:.2f} s with opening the collection)\n",
        flush=True,
    )

    table = folder / "dump.csv"
    with table.open("w", encoding="utf-8") as file:
        file.write("id,date,body\n")
        for serial in range(1, rows + 1):
            file.write(f'08REYKJAVIK{serial},2008-05-06,"{text_of(serial, 2)}"\n')
    found = in_a_process("table", table)
    size = table.stat().st_size / 1024**2
    print(
        f"a table of {found['cables']:,.0f} rows, {size:.0f} MiB: "
        f"{found['cables'] / found['seconds']:.0f} cables/s, peak {found['peak_mib']:.0f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--dump-rows", type=int, default=100_000)
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        step, *paths = options.step
        found = STEPS[step](*map(Path, paths))
        print(json.dumps(found))
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.small, options.large, options.files, options.dump_rows)


if __name__ == "__main__":
    main()
