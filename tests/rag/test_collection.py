"""A collection: opened together, finishing what was left, refusing what does not agree."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingestion.chunk import chunk_cable
from rag.config import Settings
from rag.errors import CollectionDamaged, CollectionEmpty, CollectionLocked
from rag.index.collection import UNCLEAN, Collection, open_collection
from rag.index.generations import Places
from rag.store.cable_store import CableStore
from tests.cables import make_cable
from tests.fakes import WordEncoder
from tests.invariants import assert_whole


class OtherEncoder(WordEncoder):
    """As another model would be."""

    fingerprint = "other-64"


@pytest.fixture
def made(tmp_path: Path) -> Settings:
    """A data directory whose store has two cables that no index has: a run killed before its first window."""
    settings = Settings(data_dir=tmp_path / "data")
    store = CableStore.open(settings.data_dir)
    for cable in (make_cable("08ZEMBLA1"), make_cable("08ZEMBLA2", ("Only cats.",))):
        store.put(cable, chunk_cable(cable, WordEncoder()))
    store.close()
    return settings


def finish(settings: Settings) -> None:
    with open_collection(settings, WordEncoder(), write=True) as collection:
        assert_whole(collection)


def read(settings: Settings) -> Collection:
    return open_collection(settings, WordEncoder(), write=False)


def test_an_empty_directory_opens_and_says_so(tmp_path: Path) -> None:
    with read(Settings(data_dir=tmp_path / "new")) as collection:
        with pytest.raises(CollectionEmpty, match="cableqa ingest"):
            collection.require_cables()
        assert collection.lexical.search("pigeons", 3) == []
        assert collection.chunks.search(WordEncoder().encode(["pigeons"])[0], 3) == []


def test_a_writer_finishes_what_was_left_and_a_reader_refuses_until_then(made: Settings) -> None:
    with pytest.raises(CollectionDamaged, match=r"interrupted: 2 cables.*cableqa ingest"):
        read(made)
    finish(made)
    with read(made) as collection:
        assert_whole(collection)
        best = collection.chunks.search(WordEncoder().encode(["only cats"])[0], 1)[0]
        assert best.chunk_id == "08ZEMBLA2|1|0"
    assert not (made.data_dir / UNCLEAN).exists()


def test_an_unclean_end_is_probed_and_forgiven(made: Settings) -> None:
    finish(made)
    (made.data_dir / UNCLEAN).touch()
    with read(made) as collection:
        assert_whole(collection)


def test_two_readers_and_no_writer_beside_them(made: Settings) -> None:
    finish(made)
    with read(made), read(made), pytest.raises(CollectionLocked, match="is reading it"):
        open_collection(made, WordEncoder(), write=True)


def test_another_encoder_is_refused_with_what_mends_it(made: Settings) -> None:
    finish(made)
    with pytest.raises(CollectionDamaged, match=r"words-64.*other-64.*cableqa doctor"):
        open_collection(made, OtherEncoder(), write=False)


@pytest.mark.parametrize("kind", ["chroma", "lexical"])
def test_a_lost_index_is_damage_not_an_empty_answer(made: Settings, kind: str) -> None:
    finish(made)
    shutil.rmtree(made.data_dir / kind)
    for write in (False, True):
        with pytest.raises(CollectionDamaged, match="cableqa doctor"):
            open_collection(made, WordEncoder(), write=write)


def test_a_broken_vector_index_is_found_by_the_probe(made: Settings) -> None:
    finish(made)
    store = CableStore.open(made.data_dir)
    chroma = Places.of(store, 1).chroma
    store.close()
    (chroma / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    (made.data_dir / UNCLEAN).touch()
    with pytest.raises(CollectionDamaged, match=r"trial process.*cableqa doctor"):
        read(made)
    # A failed opening lets go of the lock.
    with pytest.raises(CollectionDamaged):
        read(made)
