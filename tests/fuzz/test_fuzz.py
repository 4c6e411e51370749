"""Fuzzing in short; at length it is ``python -m benchmarks.fuzz``. What it found stays found, below."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from langchain_core.messages import AIMessageChunk

from rag.llm.reply_readers import SchemaReader
from rag.text.memo import parse_memo_sentence
from tests.fuzz.endpoints import Requests, Sent, check
from tests.fuzz.mutate import load_corpus, mutated
from tests.fuzz.targets import CORPUS, targets, try_one

DEEP = b"[" * 5_000


def test_no_seed_and_no_change_of_one_crashes_a_reader(tmp_path: Path) -> None:
    seeds = load_corpus(CORPUS)
    known = list(targets(tmp_path).values())
    for seed in [*seeds, b"", DEEP, b'{"a":' * 2_000]:
        for target in known:
            try_one(target, seed)
    for number in range(800):
        try_one(known[number % len(known)], mutated(seeds, number))


def test_the_same_number_is_the_same_input() -> None:
    seeds = load_corpus(CORPUS)
    assert [mutated(seeds, n) for n in range(50)] == [mutated(seeds, n) for n in range(50)]


@pytest.mark.filterwarnings("default")
def test_no_request_is_answered_with_a_bug(tmp_path: Path) -> None:
    async def run(requests: Requests) -> list[str]:
        deep = [
            Sent(method, path, path, ((b"content-type", kind),), DEEP)
            for method, path in (("POST", "/v1/answers"), ("POST", "/v1/batches"), ("POST", "/v1/verify"))
            for kind in (b"application/json", b"text/csv", b"text/plain", b"application/x-ndjson")
        ]
        found = []
        for sent in [*(requests.make(number) for number in range(400)), *deep]:
            _, problem = await check(requests.app, sent)
            found += [f"{problem}: {sent}"[:600]] if problem else []
        return found

    with Requests.over(tmp_path) as requests:
        assert asyncio.run(run(requests)) == []


def test_a_reply_that_nests_without_end_is_no_answer() -> None:
    reader = SchemaReader()
    first = '{"sentences": [{"text": "Police closed 22 houses.", "passages": [1]}, '
    assert reader.feed(AIMessageChunk(content=first)) == ["Police closed 22 houses. [1]"]
    assert reader.feed(AIMessageChunk(content=DEEP.decode())) == []
    assert reader.flush() == []


def test_blanks_without_end_in_a_memo_take_no_longer_than_words() -> None:
    """A minute of computing, where a run of blanks takes its square."""
    blanks = " " * 150_000
    for text in (f"It rained{blanks}.", f"It rained in 09ASTANA1206{blanks}."):
        assert parse_memo_sentence(text) == (" ".join(text.split()).replace(" .", "."), ())
    (told,) = parse_memo_sentence(f"It rained{blanks}(09ASTANA1206 , para 9).")[1]
    assert (told.cable_id, told.label) == ("09ASTANA1206", "9")
