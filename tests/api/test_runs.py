"""Streams over a real socket: cuts, readers that are gone, readers that are slow, too many at once."""

from __future__ import annotations

import asyncio
import functools
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import httpx
import pytest

from api.runs import Run, Runs
from api.service import Service
from api.workers import Kind, Workers
from rag.answering.answer import Draft, Rejected
from rag.errors import Busy
from rag.index.collection import Collection
from rag.text.citations import split_sentences
from rag.types import DraftSentence, Passage, PipelineEvent, Query, Question, Quote
from tests.api import small
from tests.api.serving import serving
from tests.api.test_answers import read_events


class PatientModel:
    """Writes sentence after sentence, each when it is let; counts how many it wrote."""

    name = "patient"

    def __init__(self, sentences: int) -> None:
        self.sentences = sentences
        self.written = 0
        self.closed = threading.Event()
        self.let = threading.Semaphore(0)

    def draft(
        self, query: Query, passages: Sequence[Passage], rejected: Sequence[Rejected] = ()
    ) -> Iterator[Draft]:
        try:
            for number in range(self.sentences):
                assert self.let.acquire(timeout=20)
                self.written += 1
                passage = passages[number % len(passages)]
                first = split_sentences(passage.text)[0]
                yield DraftSentence(passage.text[first.start : first.end], (Quote(passage.number),))
        finally:
            self.closed.set()


@pytest.fixture
def model() -> PatientModel:
    return PatientModel(6)


@pytest.fixture
def patient_service(collection: Collection, model: PatientModel) -> Iterator[Service]:
    service = small.build_service(collection, model)
    yield service
    model.let.release(100)
    service.close()


ASKED = {"question": small.QUESTION, "policy": "annotate"}


def first_events(url: str, model: PatientModel, count: int, last: str | None = None) -> list[str]:
    """Read the ids of `count` events, then cut the connection."""
    headers = {"Last-Event-ID": last} if last else {}
    ids: list[str] = []
    with httpx.stream(
        "POST", f"{url}/v1/answers/stream", json=ASKED, headers=headers, timeout=20
    ) as response:
        for line in response.iter_lines():
            if line.startswith("id: "):
                ids.append(line[4:])
                if len(ids) == count:
                    break
                model.let.release()
    return ids


def test_a_cut_stream_goes_on_without_loss_or_repeat(patient_service: Service, model: PatientModel) -> None:
    with serving(patient_service) as url:
        ids = first_events(url, model, 1)
        for _ in range(5):
            model.let.release()
            ids += first_events(url, model, 1, last=ids[-1])
        model.let.release(10)
        rest = httpx.post(
            f"{url}/v1/answers/stream", json=ASKED, headers={"Last-Event-ID": ids[-1]}, timeout=20
        )
    events = read_events(rest.text)
    numbers = [int(event_id.rpartition(":")[2]) for event_id in [*ids, *(event[1] for event in events)]]
    assert numbers == list(range(1, 9))
    assert events[-1][0] == "answer"
    assert model.written == 6


class KnownRuns(Runs):
    """Hands out each run that is started."""

    def __init__(self, workers: Workers, *, grace_s: float) -> None:
        super().__init__(workers, grace_s=grace_s)
        self.started = queue.SimpleQueue[Run]()

    def start(
        self, question: Question, stream: Callable[[Question], Iterator[PipelineEvent]], owner: str = ""
    ) -> Run:
        run = super().start(question, stream, owner)
        self.started.put(run)
        return run


def test_a_run_that_nobody_follows_is_stopped(patient_service: Service, model: PatientModel) -> None:
    runs = KnownRuns(patient_service.workers, grace_s=0.3)
    object.__setattr__(patient_service, "runs", runs)
    with serving(patient_service) as url:
        first_events(url, model, 2)
        assert runs.started.get(timeout=20).stopped.wait(20)
        model.let.release(10)
        assert model.closed.wait(10)
        assert model.written <= 3


def test_a_second_reader_sees_everything(patient_service: Service, model: PatientModel) -> None:
    with serving(patient_service) as url:
        ids = first_events(url, model, 3)
        model.let.release(10)
        again = httpx.post(
            f"{url}/v1/answers/stream",
            json=ASKED,
            headers={"Last-Event-ID": f"{ids[0].partition(':')[0]}:0"},
            timeout=20,
        )
    assert [event_id for _, event_id, _ in read_events(again.text)][:3] == ids


def test_many_slow_readers_all_get_their_answer(service: Service) -> None:
    async def read(client: httpx.AsyncClient, url: str) -> str:
        body = b""
        async with client.stream(
            "POST", f"{url}/v1/answers/stream", json={"question": small.QUESTION}
        ) as response:
            async for piece in response.aiter_raw(256):
                body += piece
                if len(body) % 4096 < 256:
                    await asyncio.sleep(0.01)
        return body.decode()

    async def read_all(url: str) -> list[str]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=60, limits=limits) as client:
            return await asyncio.gather(*(read(client, url) for _ in range(100)))

    with serving(service) as url:
        bodies = asyncio.run(read_all(url))
    assert len(bodies) == 100
    assert all(read_events(body)[-1][0] == "answer" for body in bodies)


@contextmanager
def held(workers: Workers, count: int, kind: Kind = "look-up") -> Iterator[None]:
    """So many pieces of work, none of which comes to its end before this does."""
    hold = threading.Event()
    futures = [workers.submit(hold.wait, kind) for _ in range(count)]
    yield
    hold.set()
    for future in futures:
        future.result(5)


def test_beyond_the_limit_it_says_busy() -> None:
    workers = Workers(threads=1, waiting=1)
    with held(workers, 2), pytest.raises(Busy):
        workers.submit(int)
    workers.submit(lambda: None).result(5)
    workers.close()


def test_only_the_latest_runs_are_kept() -> None:
    async def start() -> list[str]:
        workers = Workers(threads=1)
        runs = Runs(workers, kept=2)
        ids = [runs.start(Question(str(n)), lambda _: iter(())).run_id for n in range(3)]
        await asyncio.to_thread(workers.close)
        assert runs.resume(f"{ids[2]}:0", "2")[1] == 0
        with pytest.raises(Exception, match="no longer kept"):
            runs.resume(f"{ids[0]}:0", "0")
        return ids

    assert len(asyncio.run(start())) == 3


def test_who_would_wait_too_long_is_told_when_to_come_again() -> None:
    now = [0.0]
    workers = Workers(threads=1, wait_s=3.0, clock=lambda: now[0])

    def second() -> None:
        now[0] += 1.0

    workers.submit(second).result(5)
    with held(workers, 4):
        with pytest.raises(Busy) as refused:
            workers.submit(int)
        assert refused.value.detail == {"waiting": 3, "retry_after_s": 4}
    workers.close()


def test_as_many_as_there_are_threads_may_wait_however_long_it_takes() -> None:
    now = [0.0]
    workers = Workers(threads=2, wait_s=0.1, clock=lambda: now[0])

    def long() -> None:
        now[0] += 10.0

    workers.submit(long).result(5)
    with held(workers, 4), pytest.raises(Busy):
        workers.submit(int)
    workers.close()


def test_a_first_answer_that_took_long_is_soon_outweighed() -> None:
    now = [0.0]
    workers = Workers(threads=1, wait_s=1.0, clock=lambda: now[0])

    def taking(seconds: float) -> None:
        now[0] += seconds

    for seconds in (10.0, *[0.1] * 60):
        workers.submit(functools.partial(taking, seconds)).result(5)
    with held(workers, 4):
        pass
    workers.close()


def test_short_work_of_another_kind_does_not_make_the_line_of_answers_look_short() -> None:
    now = [0.0]
    workers = Workers(threads=1, wait_s=1.0, clock=lambda: now[0])

    def taking(seconds: float) -> None:
        now[0] += seconds

    for _ in range(4):
        workers.submit(functools.partial(taking, 0.5), "answer").result(5)
    for _ in range(60):
        workers.submit(functools.partial(taking, 0.01)).result(5)
    # Many that are short may wait; three answers may not.
    with held(workers, 40):
        pass
    with held(workers, 3, "answer"), pytest.raises(Busy) as refused:
        workers.submit(int, "answer")
    assert refused.value.detail == {"waiting": 2, "retry_after_s": 2}
    workers.close()


def test_workers_are_stuck_only_while_none_of_them_begins_anything() -> None:
    now = [0.0]
    workers = Workers(threads=2, clock=lambda: now[0])
    begun = threading.Semaphore(0)
    hold = threading.Event()

    def work() -> None:
        begun.release()
        hold.wait()

    for seconds, stuck_s in ((10.0, 0.0), (3.0, 3.0)):
        future = workers.submit(work)
        assert begun.acquire(timeout=5)
        now[0] += seconds
        assert workers.stuck_s() == stuck_s
    hold.set()
    future.result(5)
    workers.close()
    assert workers.stuck_s() == 0.0


def test_a_client_that_leaves_a_whole_answer_stops_the_work(
    patient_service: Service, model: PatientModel
) -> None:
    async def leave(url: str) -> None:
        async with httpx.AsyncClient() as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.post(f"{url}/v1/answers", json=ASKED, timeout=httpx.Timeout(1.0))

    runs = KnownRuns(patient_service.workers, grace_s=60)
    object.__setattr__(patient_service, "runs", runs)
    with serving(patient_service) as url:
        asyncio.run(leave(url))
        assert runs.started.get(timeout=20).stopped.wait(20)
        model.let.release(10)
        assert model.closed.wait(20)
        assert model.written <= 2
