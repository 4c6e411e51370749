"""The load driver against an application that answers, sheds and fails by plan."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from evals.load import Demand, LoadReport, drive, questions_of, rows_of


def planned(statuses: list[int]) -> FastAPI:
    """Answers with these statuses in turn; tells its memory as a server does."""
    app = FastAPI()
    asked: list[str] = []
    app.state.asked = asked

    @app.post("/v1/answers")
    async def answer(request: Request) -> Response:
        asked.append((await request.json())["question"])
        status = statuses[(len(asked) - 1) % len(statuses)]
        return Response(status_code=status, headers={"retry-after": "1"} if status == 503 else {})

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(f"process_resident_memory_bytes {100 + len(asked)}\n")

    @app.get("/v1/cables")
    async def cables(after: str | None = None) -> dict[str, object]:
        head = {"cable_id": "05OSLO1", "origin": "Embassy Oslo", "subject": "COD" if after else None}
        return {"cables": [head], "next": None if after else "05OSLO1"}

    return app


async def driven(app: FastAPI, demand: Demand) -> LoadReport:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(base_url="http://here", transport=transport) as client:
        return await drive(client, demand)


def test_every_outcome_is_counted_apart() -> None:
    app = planned([200, 503, 500, 200])
    report = asyncio.run(driven(app, Demand(["a", "b", "c"], rate=100, seconds=0.2)))
    assert (report.asked, report.answered, report.shed, report.failed) == (20, 10, 5, {"500": 5})
    assert report.p50_ms is not None and report.p50_ms <= (report.p99_ms or 0)
    assert report.memory_growth == pytest.approx(0.2)
    # Each question before any is asked again.
    assert app.state.asked[:6] == ["a", "b", "c", "a", "b", "c"]
    assert dict(rows_of(report))["failed"] == "500: 5"


def test_what_comes_back_is_told_part_by_part() -> None:
    told: list[LoadReport] = []

    async def asked() -> LoadReport:
        transport = httpx.ASGITransport(planned([200, 503, 500, 200]))
        async with httpx.AsyncClient(base_url="http://here", transport=transport) as client:
            return await drive(client, Demand(["a"], rate=100, seconds=0.4), told.append, every_s=0.1)

    whole = asyncio.run(asked())
    assert len(told) >= 2
    for count in ("answered", "shed", "asked"):
        assert 0 < sum(getattr(part, count) for part in told) <= getattr(whole, count)
    assert told[-1].memory_growth is not None


def test_a_refusal_that_does_not_say_when_to_come_again_is_a_failure() -> None:
    report = asyncio.run(driven(planned([429]), Demand(["a"], rate=50, seconds=0.1)))
    assert (report.shed, report.failed) == (0, {"429": 5})


def test_questions_are_made_of_headers_and_none_twice() -> None:
    async def made() -> list[str]:
        transport = httpx.ASGITransport(planned([200]))
        async with httpx.AsyncClient(base_url="http://here", transport=transport) as client:
            return await questions_of(client, None, 50)

    questions = asyncio.run(made())
    assert "What did Embassy Oslo report about COD?" in questions
    assert "What did Embassy Oslo report about 05OSLO1?" in questions
    assert len(questions) == len(set(questions)) == 10
