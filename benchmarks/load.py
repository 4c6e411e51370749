"""What a server stands on this machine, beside a textbook retrieval service in the same run.

    python benchmarks/load.py [--paragraphs 10000] [--seconds 60] [--rates 5 10 20 40] [--soak-minutes 0]
        [--workers 1 2]

A collection of generated paragraphs (sentences of the sample collection in random order) is embedded once and
kept in build/load. `cableqa serve` answers distinct questions, extractively and whole: found, read, checked,
written into the ledger. The textbook service (benchmarks/textbook.py) only retrieves. Demand is open-loop and
comes from the same machine: what it takes of the processor is missing to both.

1. Each rate for `--seconds`: the highest at which nothing is shed and p99 is within 400 ms is sustained.
2. Five times that rate: what is shed, and p99 of what is served.
3. With `--slow N`: N clients that read a stream at 100 bytes a second, and the sustained rate beside them.
4. With `--soak-minutes M`: the sustained rate for M minutes, and how the memory grew;
   each minute by itself, too.

With `--workers 1 2` all of it once with one process and once with two on the one address.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.search_latency import generated
from benchmarks.textbook import open_store
from evals.load import Demand, LoadReport, drive
from rag.config import PACKAGED_MODEL, Settings
from rag.index.collection import open_collection
from rag.models.embeddings import load_encoder
from rag.store.cable_store import CableStore
from rag.types import Chunk

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "load"
GOAL_MS = 400.0
OVERLOAD = 5
SLOW_BYTES_PER_S = 100
# Chroma takes no more at once.
CHROMA_BATCH = 5_000


def build(paragraphs: int) -> tuple[Path, Path, list[str]]:
    """The collection and the textbook's store, made where they are missing; and questions, all different."""
    cables = list(generated(paragraphs, random.Random(1)))
    chance = random.Random(2)
    texts = [p.text for cable in cables for p in cable.paragraphs]
    questions = [" ".join(chance.choice(texts).split()[:12]) + f" {n}?" for n in range(50_000)]
    own, plain = FOLDER / f"own-{paragraphs}", FOLDER / f"textbook-{paragraphs}"
    encoder = load_encoder(PACKAGED_MODEL)
    if not (own / "made").exists():
        cable_store = CableStore.open(own)
        for cable in cables:
            cable_store.put(
                cable, [Chunk(p.cable_id, p.label, 0, 0, len(p.text), p.text) for p in cable.paragraphs]
            )
        cable_store.close()
        open_collection(Settings(data_dir=own), encoder, write=True).close()
        (own / "made").touch()
    if not (plain / "made").exists():
        store = open_store(str(plain), encoder)
        for start in range(0, len(texts), CHROMA_BATCH):
            store.add_texts(texts[start : start + CHROMA_BATCH])
        (plain / "made").touch()
    encoder.close()
    return own, plain, questions


@contextmanager
def served(command: Sequence[str], port: int, environment: dict[str, str]) -> Iterator[str]:
    """A service in a process of its own, once it answers a question."""
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment})
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.post(f"{url}/v1/answers", json={"question": "Cod?"}, timeout=30).status_code == 200:
                    break
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(30)


async def _slow(url: str, question: str, until: float) -> None:
    """A client that reads its stream byte by byte."""
    body = {"question": question, "mode": "extractive"}
    async with (
        httpx.AsyncClient(timeout=None) as client,
        client.stream("POST", f"{url}/v1/answers/stream", json=body) as response,
    ):
        async for piece in response.aiter_raw(SLOW_BYTES_PER_S):
            if not piece or time.monotonic() > until:
                return
            await asyncio.sleep(1)


async def run(
    url: str, demand: Demand, slow: int = 0, tell: Callable[[LoadReport], None] | None = None
) -> LoadReport:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=500)
    async with httpx.AsyncClient(base_url=url, limits=limits) as client:
        until = time.monotonic() + demand.seconds
        beside = []
        for place in range(slow):
            beside.append(asyncio.create_task(_slow(url, demand.questions[-1 - place], until)))
            # They come one after another: what is measured is that they stay, not that they all ask at once.
            await asyncio.sleep(0.1)
        report = await drive(client, demand, tell)
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        return report


def row(service: str, demand: Demand, report: LoadReport) -> str:
    def shown(value: float | None) -> str:
        return "" if value is None else f"{value:.0f}"

    grown = "" if report.memory_growth is None else f"{report.memory_growth:+.1%}"
    return (
        f"| {service} | {demand.rate:g} | {report.answers_per_s:.1f} | {shown(report.p50_ms)} | "
        f"{shown(report.p95_ms)} | {shown(report.p99_ms)} | {report.shed} | "
        f"{sum(report.failed.values())} | {grown} |"
    )


def sustained(service: str, url: str, demand: Demand, rates: Sequence[float]) -> float:
    """The highest of `rates`, going up, at which nothing is shed or fails and p99 stands; 0 for none."""
    best = 0.0
    for rate in rates:
        asked = replace(demand, rate=rate)
        report = asyncio.run(run(url, asked))
        print(row(service, asked, report), flush=True)
        if report.failed or report.shed or report.p99_ms is None or report.p99_ms > GOAL_MS:
            break
        best = rate
    return best


def measured(name: str, url: str, demand: Demand, options: argparse.Namespace) -> None:
    """Every row of one server."""
    best = sustained(name, url, demand, options.rates)
    if not best:
        return
    over = replace(demand, rate=best * OVERLOAD)
    print(row(f"{name}, {OVERLOAD} times that", over, asyncio.run(run(url, over))), flush=True)
    asked = replace(demand, rate=best)
    if options.slow:
        report = asyncio.run(run(url, asked, options.slow))
        print(row(f"{name} beside {options.slow} slow readers", asked, report), flush=True)
    if options.soak_minutes:
        asked = replace(asked, seconds=options.soak_minutes * 60)

        def tell(minute: LoadReport) -> None:
            print(row(f"{name}, a minute of it", asked, minute), flush=True)

        report = asyncio.run(run(url, asked, tell=tell))
        print(row(f"{name}, {options.soak_minutes:g} minutes", asked, report))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--paragraphs", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rates", type=float, nargs="+", default=[5, 10, 15, 20, 25, 30, 35, 40])
    parser.add_argument("--slow", type=int, default=0, help="clients that read slowly")
    parser.add_argument("--soak-minutes", type=float, default=0.0)
    parser.add_argument("--workers", type=int, nargs="+", default=[1], help="processes that answer")
    options = parser.parse_args()
    own, plain, questions = build(options.paragraphs)
    # Not the same question twice in one server: each run takes its own.
    random.Random(3).shuffle(questions)
    demand = Demand(questions, 1.0, options.seconds)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    print("| service | asked/s | answered/s | p50 ms | p95 ms | p99 ms | shed | failed | memory |")
    print("|---|---|---|---|---|---|---|---|---|")
    cableqa = Path(sys.executable).parent / "cableqa"
    command = [str(cableqa), "serve", "--port", str(port), "--data-dir", str(own)]
    for workers in options.workers:
        name = "cableqa" if workers == 1 else f"cableqa, {workers} processes"
        with served([*command, "--workers", str(workers)], port, {}) as url:
            measured(name, url, demand, options)
    with served([sys.executable, "-m", "benchmarks.textbook", str(plain), str(port)], port, {}) as url:
        rates = [*options.rates, *(options.rates[-1] * step for step in (2, 4))]
        sustained("textbook retrieval", url, demand, rates)


if __name__ == "__main__":
    main()
