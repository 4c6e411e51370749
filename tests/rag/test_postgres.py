"""The store on a PostgreSQL server: what a file cannot do, and that its failures have our names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from ingestion.chunk import chunk_cable
from ingestion.doctor import examine
from rag.ceiling import Ceiling
from rag.collection import open_collection
from rag.config import Settings
from rag.errors import CollectionError, CollectionLocked, NotFound, UsageError
from rag.healing import open_what_is_whole
from rag.postgres import shown_url
from rag.store import FILE_NAME, CableStore
from rag.store_ceiling import StoreBelow
from rag.types import Cable, Filters
from tests.cables import make_cable
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
