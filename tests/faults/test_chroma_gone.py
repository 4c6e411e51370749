"""A Chroma server that is gone, slow or says nonsense: the vectors of the store are searched in its place."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from ingestion.chunk import chunk_cable
from rag.config import Settings
from rag.errors import CollectionDegraded
from rag.index.chroma_client import READ_TIMEOUT_S
from rag.index.collection import open_collection
from rag.index.healing import Healer, open_what_is_whole
from rag.index.indexes import CHUNKS, NOTES
from rag.store.cable_store import CableStore
from rag.types import Outcome, Question
from tests.api import small
from tests.fakes import WordEncoder
from tests.rag.test_server_index import server_url

__all__ = ["server_url"]
GARBAGE = {
    "a page": b"<html>no database here</html>",
    "half of JSON": b'{"ids": [["05TALL',
    "other JSON": b'{"cats": 3}',
    "other ids": b'{"ids": [["nothing"]], "distances": [[0.1]], "include": ["distances"]}',
    "impossible distances": b'{"ids": [["05TALLINN7|1|0"]], "distances": [[77.0]], "include": ["distances"]}',
}


@dataclass
class Between:
    """What stands before the server: passes on, or does what `fault` says to every query."""

    target: str
    fault: str | None = None
    ended: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def between(server_url: str) -> Iterator[tuple[Between, str]]:
    state = Between(server_url)

    class Handler(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = state.fault
            if fault == "slow":
                state.ended.wait(60)
            if fault == "gone" or state.ended.is_set():
                self.close_connection = True
                return
            if fault in GARBAGE:
                status, body = 200, GARBAGE[fault]
            else:
                kind = {"Content-Type": self.headers.get("Content-Type", "application/json")}
                answer = httpx.request(
                    self.command, state.target + self.path, content=content, headers=kind, timeout=30
                )
                status, body = answer.status_code, answer.content
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = do_PUT = pass_on  # noqa: N815  # the names that the base class calls

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield state, f"http://127.0.0.1:{server.server_port}"
    state.ended.set()
    server.shutdown()
    server.server_close()


def test_a_chroma_server_that_fails_is_done_without_until_it_is_back(
    tmp_path: Path, between: tuple[Between, str]
) -> None:
    state, url = between
    settings = Settings(data_dir=tmp_path / "data", chroma_url=url)
    store = CableStore.open(settings.data_dir)
    for cable in small.cables():
        store.put(cable, chunk_cable(cable, WordEncoder()))
    store.close()
    open_collection(settings, WordEncoder(), write=True).close()
    for fault in ("gone", "slow", *GARBAGE):
        state.fault = None
        with open_what_is_whole(settings, WordEncoder()) as collection:
            pipeline = small.build_pipeline(collection)
            well = pipeline.answer(Question(small.QUESTION))
            assert collection.indexes.degraded() == {}
            state.fault = fault
            began = time.monotonic()
            answer = pipeline.answer(Question(small.QUESTION))
            assert time.monotonic() - began < READ_TIMEOUT_S + 10
            assert (answer.outcome, answer.text) == (Outcome.ANSWERED, well.text)
            assert NOTES[CHUNKS] in answer.notes
            with pytest.raises(CollectionDegraded):
                pipeline.answer(Question(small.EMPTY_QUESTION))
    # A server that is away when ours starts; once it is back it is used again.
    state.fault = "gone"
    with open_what_is_whole(settings, WordEncoder()) as collection:
        assert set(collection.indexes.degraded()) == {CHUNKS}
        assert small.build_pipeline(collection).answer(Question(small.QUESTION)).text == well.text
        state.fault = None
        healer = Healer(settings, collection)
        healer.start()
        deadline = time.monotonic() + 60
        while collection.indexes.degraded():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        healer.close()
        assert small.build_pipeline(collection).answer(Question(small.QUESTION)).notes == well.notes
