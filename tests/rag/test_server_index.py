"""A Chroma server instead of the embedded database: the same collection, the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.chunk import chunk_cable
from rag.config import Settings
from rag.index.chroma_client import connect
from rag.index.collection import open_collection, store_alone
from rag.index.huge_pages import LARGE
from rag.index.rebuild import rebuild
from rag.store.cable_store import CableStore
from tests.cables import make_cable
from tests.chroma import running_chroma
from tests.fakes import WordEncoder
from tests.invariants import assert_whole
from tests.pages import memory_in_small_pages, why_not


@pytest.fixture
def server_url(tmp_path: Path) -> Iterator[str]:
    """A real `chroma run` on a free port of the loopback."""
    with running_chroma(tmp_path / "server") as url:
        yield url


def test_a_collection_on_a_server(tmp_path: Path, server_url: str) -> None:
    found = []
    for settings in (
        Settings(data_dir=tmp_path / "served", chroma_url=server_url),
        Settings(data_dir=tmp_path / "embedded"),
    ):
        store = CableStore.open(settings.data_dir)
        for cable in (make_cable("08ZEMBLA1"), make_cable("08ZEMBLA2", ("Only cats.",))):
            store.put(cable, chunk_cable(cable, WordEncoder()))
        store.close()
        with open_collection(settings, WordEncoder(), write=True) as collection:
            assert_whole(collection)
            collection.chunks.delete(["08ZEMBLA2|1|0"])
            assert collection.chunks.count() == 3
            collection.chunks.add(["08ZEMBLA2|1|0"], WordEncoder().encode(["Only cats."]))
        with open_collection(settings, WordEncoder(), write=False) as collection:
            question = WordEncoder().encode(["pigeons over the capital"])[0]
            hits = collection.chunks.search(question, 4)
            found.append([(hit.chunk_id, round(hit.similarity, 4)) for hit in hits])
            # Beside a server there is no graph in our own memory.
            with memory_in_small_pages(LARGE * 2) as memory:
                before = memory.huge_kb()
                collection.chunks.prepare()
                assert (memory.huge_kb() > before) is (settings.chroma_url is None and why_not() is None)
    assert found[0] == found[1] and len(found[0]) == 4
    assert not (tmp_path / "served" / "chroma").exists()


def test_a_rebuild_leaves_on_the_server_what_is_in_use_and_what_is_of_others(
    tmp_path: Path, server_url: str
) -> None:
    settings = Settings(data_dir=tmp_path / "served", chroma_url=server_url)
    client = connect(None, server_url, write=True)
    client.create_collection("of-others", embedding_function=None)

    def served() -> list[str]:
        names = (collection.name for collection in client.list_collections())
        return sorted(name for name in names if name != "of-others")

    with open_collection(settings, WordEncoder(), write=True) as collection:
        collection.store.put(make_cable("08ZEMBLA1"), chunk_cable(make_cable("08ZEMBLA1"), WordEncoder()))
    (first,) = served()
    with store_alone(settings) as store:
        # Beside the one that is being read; the next writer takes the old one away.
        rebuild(settings, store, WordEncoder(), keep_old=True)
        assert len(served()) == 2
    open_collection(settings, WordEncoder(), write=True).close()
    (second,) = served()
    assert second != first
    with store_alone(settings) as store:
        rebuild(settings, store, WordEncoder())
    (third,) = served()
    assert third not in (first, second)
    with open_collection(settings, WordEncoder(), write=False) as collection:
        assert_whole(collection)
    assert client.count_collections() == 2
