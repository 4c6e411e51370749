"""The store on a PostgreSQL server: what a file cannot do, and that its failures have our names."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import psycopg
import pytest

from ingestion.chunk import chunk_cable
from ingestion.doctor import examine
from rag.config import Settings
from rag.errors import CollectionError, CollectionLocked, NotFound, UsageError
from rag.index.chroma_client import drop_collections
from rag.index.collection import Collection, open_collection
from rag.index.generations import Places, generation
from rag.index.healing import Healer, open_what_is_whole
from rag.index.home import FILE_NAME as DIRECTORY
from rag.index.indexes import CHUNKS, LEXICAL
from rag.store.cable_store import FILE_NAME, CableStore
from rag.store.ceiling import Ceiling
from rag.store.dialect import HEALING_LOCK
from rag.store.postgres import ServerLock, shown_url
from rag.store.under_ceiling import StoreBelow
from rag.types import Cable, Filters
from tests.cables import make_cable
from tests.chroma import running_chroma
from tests.fakes import WordEncoder
from tests.invariants import assert_whole
from tests.postgres import Cluster


@pytest.fixture
def url(postgres: Cluster) -> str:
    return postgres.new_database()


@pytest.fixture
def store(tmp_path: Path, url: str) -> Iterator[CableStore]:
    with closing(CableStore.open(tmp_path, url=url)) as opened:
        yield opened


def put(store: CableStore, *made: Cable) -> None:
    for cable in made:
        store.put(cable, chunk_cable(cable, WordEncoder()))


def test_a_sign_that_the_server_cannot_hold_comes_back(store: CableStore) -> None:
    cable = make_cable(texts=("A NUL \0 and an ESC \x1b, \x1b0 and \x1b1.",))
    put(store, cable)
    assert store.get_cable("08ZEMBLA17") == cable


def test_a_collection_is_written_by_one_and_read_by_many_from_several_machines(
    tmp_path: Path, url: str
) -> None:
    here = Settings(data_dir=tmp_path / "here", store_url=url)
    with open_collection(here, WordEncoder(), write=True) as collection:
        put(collection.store, make_cable("08ZEMBLA1"), make_cable("08ZEMBLA2", ("Only cats.",)))
    with open_collection(here, WordEncoder(), write=True) as collection:
        assert_whole(collection)
        assert not (here.data_dir / FILE_NAME).exists()
        # Its own folder, as of another machine: no file lock is in common.
        there = Settings(data_dir=tmp_path / "there", store_url=url)
        with pytest.raises(CollectionLocked, match=r"cableqa \d+ on .* \(writing\)"):
            open_collection(there, WordEncoder(), write=False)
    with (
        open_collection(here, WordEncoder(), write=False) as one,
        open_collection(here, WordEncoder(), write=False) as other,
    ):
        assert one.store.snapshot() == other.store.snapshot()
        one.store.save_answer("a", make_cable().header.sent_at, "{}", [("08ZEMBLA1", "1")])
        assert other.store.find_answer("a") == "{}"
        with pytest.raises(CollectionLocked, match="reading"):
            open_collection(there, WordEncoder(), write=True)


def test_who_serves_and_who_looks_it_over_read_the_store_on_the_server(tmp_path: Path, url: str) -> None:
    settings = Settings(data_dir=tmp_path / "data", store_url=url)
    with open_collection(settings, WordEncoder(), write=True) as collection:
        put(collection.store, make_cable("08ZEMBLA1"), make_cable("08ZEMBLA2", ("Only cats.",)))
    open_collection(settings, WordEncoder(), write=True).close()
    with open_what_is_whole(settings, WordEncoder()) as collection:
        assert collection.store.counts().cables == 2 and collection.indexes.degraded() == {}
        with pytest.raises(CollectionLocked, match="reading"):
            open_collection(settings, WordEncoder(), write=True)
    report = examine(settings, WordEncoder(), repair=False)
    assert [finding.message for finding in report.findings if not finding.well] == []
    assert not (settings.data_dir / FILE_NAME).exists()


def until_whole(*collections: Collection) -> None:
    deadline = time.monotonic() + 60
    while any(collection.indexes.degraded() for collection in collections):
        assert time.monotonic() < deadline, "the indexes were not built anew"
        time.sleep(0.02)


def test_of_two_machines_over_one_store_and_one_chroma_server_one_builds_anew(
    tmp_path: Path, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "rag.index.healing")
    with ExitStack() as stack:
        chroma = stack.enter_context(running_chroma(tmp_path / "server"))
        here, there = (
            Settings(data_dir=tmp_path / name, store_url=url, chroma_url=chroma) for name in ("here", "there")
        )
        with open_collection(here, WordEncoder(), write=True) as collection:
            put(collection.store, make_cable("08ZEMBLA1"), make_cable("08ZEMBLA2", ("Only cats.",)))
        open_collection(here, WordEncoder(), write=True).close()

        def opened(settings: Settings) -> tuple[Collection, Healer]:
            collection = stack.enter_context(open_what_is_whole(settings, WordEncoder()))
            return collection, Healer(settings, collection)

        # A machine that comes new makes its own words, and nobody's vectors.
        new, its_healer = opened(there)
        assert set(new.indexes.degraded()) == {LEXICAL}
        its_healer.start()
        until_whole(new)
        its_healer.close()
        assert_whole(new)
        assert generation(new.store) == 1

        # The vectors are lost to both: one makes them, after whoever else does so, and both have all words.
        name = Places.of(new.store, 1).name
        drop_collections(chroma, lambda each: each == name)
        both = [opened(settings) for settings in (here, there)]
        assert [set(collection.indexes.degraded()) for collection, _ in both] == [{CHUNKS}] * 2
        somebody = ServerLock.acquire(url, write=True, number=HEALING_LOCK)
        for _, healer in both:
            healer.start()
        deadline = time.monotonic() + 30
        while caplog.text.count("being built anew by") < 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert f"cableqa {os.getpid()} on" in caplog.text
        assert [generation(collection.store) for collection, _ in both] == [1, 1]
        somebody.release()
        until_whole(*(collection for collection, _ in both))
        for collection, healer in both:
            healer.close()
            assert_whole(collection)
            assert generation(collection.store) == 2
        # Nor does a machine go its own way beside them.
        alone = Settings(data_dir=tmp_path / "alone", store_url=url)
        with pytest.raises(UsageError, match="on a Chroma server: set CABLEQA_CHROMA_URL"):
            open_what_is_whole(alone, WordEncoder())


def test_a_second_machine_is_refused_where_the_vectors_are_in_a_data_directory(
    tmp_path: Path, url: str
) -> None:
    here, there = (Settings(data_dir=tmp_path / name, store_url=url) for name in ("here", "there"))
    with open_collection(here, WordEncoder(), write=True) as collection:
        put(collection.store, make_cable("08ZEMBLA1"), make_cable("08ZEMBLA2", ("Only cats.",)))
    open_collection(here, WordEncoder(), write=True).close()

    def refused(settings: Settings, first: Settings) -> None:
        said = rf"are at .*{first.data_dir.name}, .*CABLEQA_CHROMA_URL on each.*cableqa doctor"
        with pytest.raises(UsageError, match=said):
            open_what_is_whole(settings, WordEncoder())
        for write in (True, False):
            with pytest.raises(UsageError, match=said):
                open_collection(settings, WordEncoder(), write=write)

    refused(there, here)
    # Moved or mounted elsewhere, it is still the one.
    moved = Settings(data_dir=tmp_path / "moved", store_url=url)
    here.data_dir.rename(moved.data_dir)
    with open_what_is_whole(moved, WordEncoder()) as collection:
        assert collection.indexes.degraded() == {}
    # Gone, another takes its place, and only where it is told to.
    assert examine(there, WordEncoder(), repair=True).healthy
    open_collection(there, WordEncoder(), write=False).close()
    refused(moved, there)
    # What it is known by is lost, and nothing else: looked over, it is known again.
    (there.data_dir / DIRECTORY).unlink()
    refused(there, there)
    report = examine(there, WordEncoder(), repair=True)
    assert report.healthy and "rebuild" not in [finding.check for finding in report.findings]
    open_collection(there, WordEncoder(), write=False).close()


class CuttingOff(WordEncoder):
    """While it embeds, the server ends whoever builds the indexes."""

    def __init__(self, url: str) -> None:
        self._url = url

    def submit(self, texts: Sequence[str]) -> Future[np.ndarray]:
        with psycopg.connect(self._url, autocommit=True) as server:
            ended = server.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks "
                "WHERE locktype = 'advisory' AND objid = %s",
                [HEALING_LOCK & 0xFFFF_FFFF],
            ).fetchall()
            assert ended == [(True,)]
        return super().submit(texts)


def test_who_lost_the_turn_to_build_changes_nothing_over(
    tmp_path: Path, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(data_dir=tmp_path, store_url=url)
    with open_collection(settings, WordEncoder(), write=True) as collection:
        put(collection.store, make_cable("08ZEMBLA1"))
    open_collection(settings, WordEncoder(), write=True).close()
    shutil.rmtree(tmp_path / "chroma")
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("DELETE FROM vectors")
    with open_what_is_whole(settings, CuttingOff(url)) as collection:
        healer = Healer(settings, collection)
        healer.start()
        deadline = time.monotonic() + 30
        while "The lock was lost with its connection" not in caplog.text:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        healer.close()
        assert generation(collection.store) == 1
        assert set(collection.indexes.degraded()) == {CHUNKS}
        healer = Healer(settings, collection)
        healer.start()
        until_whole(collection)
        healer.close()
        assert_whole(collection)
        assert generation(collection.store) == 2


def test_cables_above_a_ceiling_do_not_exist(store: CableStore) -> None:
    put(store, make_cable("08ZEMBLA1"), make_cable("08ZEMBLA2", classification="SECRET"))
    with closing(StoreBelow(store, Ceiling.UNCLASSIFIED)) as below:
        assert below.matching_cables(Filters()) == {"08ZEMBLA1"}
        assert below.counts().cables == 1 and below.near_ids("08ZEMBLA3") == ("08ZEMBLA1",)
        with pytest.raises(NotFound):
            below.get_cable("08ZEMBLA2")
    assert store.counts().cables == 2


def test_a_deleted_cable_is_in_no_table_file_of_the_server(
    store: CableStore, url: str, postgres: Cluster
) -> None:
    put(store, make_cable(texts=("The password is swordfish-in-aspic.",)), make_cable("08ZEMBLA2"))
    store.delete("08ZEMBLA17")
    store.work.mark_purged()
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("CHECKPOINT")
    files = [path for path in postgres.tables.rglob("*") if path.is_file()]
    texts = [path.read_bytes() for path in files]
    assert any(b"08ZEMBLA2" in text for text in texts)
    assert not any(b"swordfish-in-aspic" in text for text in texts)


def test_a_server_that_is_gone_is_named_without_the_password(tmp_path: Path) -> None:
    url = "postgresql://ann:s3cret@127.0.0.1:1/cables"
    with pytest.raises(CollectionError, match="Start the server") as caught:
        CableStore.open(tmp_path, url=url)
    assert "s3cret" not in str(caught.value) and "s3cret" not in shown_url(url)


@pytest.mark.parametrize("url", ["sqlite:///x", "postgresql://host", "nonsense", "http://host/db"])
def test_an_address_of_something_else_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="CABLEQA_STORE_URL"):
        CableStore.open(tmp_path, url=url)
