"""Load: questions sent to a server at a steady rate, whether it keeps up or not, and what came of them.

The arrivals are open-loop: a question is due at its time and its latency counts from then, so that a server
that stalls cannot hide it by being asked less (G. Tene's "coordinated omission").
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle

import httpx
import numpy as np

ANSWERS = "/v1/answers"
TIMEOUT_S = 30.0
SHED = frozenset({429, 503})
MEMORY = "process_resident_memory_bytes "
# Asked of a cable by its header, where nobody brought questions.
TEMPLATES = (
    "What did {origin} report about {subject}?",
    "Who spoke about {subject}?",
    "When was {subject} reported by {origin}?",
    "How many are named in {subject}?",
    "Why does {origin} write about {subject}?",
)


@dataclass(frozen=True, slots=True)
class Demand:
    """`rate` questions a second for `seconds`; every one of `questions` before any is asked again."""

    questions: Sequence[str]
    rate: float
    seconds: float
    mode: str = "extractive"
    path: str = ANSWERS
    key: str | None = None


@dataclass(slots=True)
class Outcomes:
    """What came back: seconds by which a question was answered, and how often it was not, by status."""

    elapsed_s: float = 0.0
    served_s: list[float] = field(default_factory=list)
    refused_s: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    memory_before: float | None = None
    memory_after: float | None = None


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Figures of one run. Latencies are milliseconds from the time at which a question was due."""

    asked: int
    answered: int
    shed: int
    failed: Mapping[str, int]
    answers_per_s: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    shed_p99_ms: float | None
    memory_growth: float | None

    @classmethod
    def of(cls, found: Outcomes) -> LoadReport:
        grown = None
        if found.memory_before and found.memory_after:
            grown = found.memory_after / found.memory_before - 1
        return cls(
            asked=len(found.served_s) + len(found.refused_s) + found.failed.total(),
            answered=len(found.served_s),
            shed=len(found.refused_s),
            failed=dict(found.failed),
            answers_per_s=len(found.served_s) / found.elapsed_s if found.elapsed_s else 0.0,
            p50_ms=_quantile(found.served_s, 0.5),
            p95_ms=_quantile(found.served_s, 0.95),
            p99_ms=_quantile(found.served_s, 0.99),
            shed_p99_ms=_quantile(found.refused_s, 0.99),
            memory_growth=grown,
        )


async def drive(
    client: httpx.AsyncClient,
    demand: Demand,
    tell: Callable[[LoadReport], None] | None = None,
    every_s: float = 60.0,
) -> LoadReport:
    """Ask for as long as the demand says, wait for what is still open, and sum up.

    `tell` is given a report every `every_s`: what came back in that time, and the memory since the beginning.
    """
    found = Outcomes(memory_before=await _memory(client, demand))
    telling = None if tell is None else asyncio.create_task(_tell(client, demand, found, tell, every_s))
    questions = cycle(demand.questions)
    began = time.perf_counter()
    tasks: set[asyncio.Task[None]] = set()
    for place in range(round(demand.rate * demand.seconds)):
        due = began + place / demand.rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        task = asyncio.create_task(_ask(client, demand, next(questions), due, found))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    found.elapsed_s = time.perf_counter() - began
    if telling is not None:
        telling.cancel()
    found.memory_after = await _memory(client, demand)
    return LoadReport.of(found)


async def _tell(
    client: httpx.AsyncClient,
    demand: Demand,
    found: Outcomes,
    tell: Callable[[LoadReport], None],
    every_s: float,
) -> None:
    served = refused = 0
    failed = Counter[str]()
    while True:
        await asyncio.sleep(every_s)
        memory = await _memory(client, demand)
        part = Outcomes(
            every_s,
            found.served_s[served:],
            found.refused_s[refused:],
            found.failed - failed,
            found.memory_before,
            memory,
        )
        served, refused, failed = len(found.served_s), len(found.refused_s), found.failed.copy()
        tell(LoadReport.of(part))


async def questions_of(client: httpx.AsyncClient, key: str | None, limit: int) -> list[str]:
    """Questions about the cables of a server, made of their headers; no two are the same."""
    asked: dict[str, None] = {}
    after: str | None = None
    while len(asked) < limit:
        params = {"limit": "500"} | ({"after": after} if after else {})
        response = await client.get("/v1/cables", params=params, headers=_headers(key))
        response.raise_for_status()
        page = response.json()
        for head in page["cables"]:
            facts = {
                "origin": head["origin"] or "the post",
                "subject": head["subject"] or head["cable_id"],
            }
            asked |= dict.fromkeys(template.format(**facts) for template in TEMPLATES)
        after = page["next"]
        if after is None:
            break
    return list(asked)[:limit]


def rows_of(report: LoadReport) -> Iterator[tuple[str, str]]:
    """The report as names and figures for a table."""
    yield "asked", f"{report.asked:,}"
    yield "answered", f"{report.answered:,}"
    yield "answers/s", f"{report.answers_per_s:.1f}"
    yield "shed (429, 503)", f"{report.shed:,}"
    yield "failed", ", ".join(f"{name}: {n}" for name, n in report.failed.items()) or "0"
    for name, value in (
        ("p50", report.p50_ms),
        ("p95", report.p95_ms),
        ("p99", report.p99_ms),
        ("shed p99", report.shed_p99_ms),
    ):
        yield name, "-" if value is None else f"{value:.0f} ms"
    yield "memory", "-" if report.memory_growth is None else f"{report.memory_growth:+.1%}"


async def _ask(client: httpx.AsyncClient, demand: Demand, question: str, due: float, found: Outcomes) -> None:
    body = {"question": question, "mode": demand.mode}
    try:
        response = await client.post(demand.path, json=body, headers=_headers(demand.key), timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        found.failed[type(error).__name__] += 1
        return
    taken = time.perf_counter() - due
    if response.status_code == 200:
        found.served_s.append(taken)
    elif response.status_code in SHED and "retry-after" in response.headers:
        found.refused_s.append(taken)
    else:
        found.failed[str(response.status_code)] += 1


async def _memory(client: httpx.AsyncClient, demand: Demand) -> float | None:
    """Bytes that the server holds, where it tells (a key needs the scope admin)."""
    response = await client.get("/metrics", headers=_headers(demand.key))
    lines = response.text.splitlines() if response.status_code == 200 else []
    return next((float(line[len(MEMORY) :]) for line in lines if line.startswith(MEMORY)), None)


def _headers(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def _quantile(seconds: Sequence[float], q: float) -> float | None:
    return float(np.quantile(seconds, q)) * 1000 if seconds else None
