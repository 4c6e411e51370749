"""A data directory of the version before: upgraded by a writer with a copy kept, refused by a reader."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from api.keys import KeyBook, Scope
from rag.config import Settings
from rag.errors import CollectionDamaged, CollectionOutdated, StorageFull
from rag.index.collection import open_collection
from rag.record import AnswerRecord
from rag.store.cable_store import FILE_NAME, CableStore
from rag.store.migrations import UPGRADES
from rag.store.schema import STORE_SCHEMA
from rag.types import Question
from tests.api import small
from tests.fakes import WordEncoder
from tests.invariants import assert_whole

VERSION_1 = Path(__file__).with_name("version_1.sql")
NEW_IN_2 = "answer_sources"


@pytest.fixture
def old(tmp_path: Path) -> Settings:
    """A collection with an answer in its ledger, in the tables of version 1."""
    made = tmp_path / "made"
    collection = small.build_collection(made, small.cables())
    small.build_pipeline(collection).answer(Question(small.QUESTION))
    collection.close()
    with closing(sqlite3.connect(made / FILE_NAME)) as today:
        (answers,) = today.execute("SELECT count(*) FROM answers").fetchone()
        assert answers == 1
        old = made / "old.sqlite"
        today.execute("ATTACH ? AS old", (str(old),))
        with closing(sqlite3.connect(old)) as empty:
            empty.execute("PRAGMA journal_mode = WAL")
            empty.executescript(VERSION_1.read_text(encoding="utf-8"))
            tables = [name for (name,) in empty.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        today.execute("PRAGMA foreign_keys = OFF")
        for table in tables:
            today.execute(f'INSERT INTO old."{table}" SELECT * FROM main."{table}"')
        today.execute("UPDATE old.meta SET value = '1' WHERE key = 'schema_version'")
        today.commit()
    old.replace(made / FILE_NAME)
    return Settings(data_dir=made)


def version(path: Path) -> str:
    with closing(sqlite3.connect(path)) as file:
        (written,) = file.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    return str(written)


def test_a_writer_upgrades_and_keeps_a_copy_of_before(old: Settings) -> None:
    with open_collection(old, WordEncoder(), write=True) as collection:
        assert_whole(collection)
        (answer_id,) = collection.store.ledger.citing("05TALLINN7")
        # What the new table is for: an answer that only read a cable is found when the cable goes.
        read = AnswerRecord.model_validate_json(collection.store.find_answer(answer_id) or "").evidence
        collection.store.delete("05TALLINN7")
        redacted = AnswerRecord.model_validate_json(collection.store.find_answer(answer_id) or "")
    assert any(item.text for item in read if item.cable_id == "05TALLINN7")
    assert not any(item.text for item in redacted.evidence if item.cable_id == "05TALLINN7")
    assert version(old.data_dir / FILE_NAME) == str(STORE_SCHEMA.version)
    copy = old.data_dir / UPGRADES / "cables.schema-1.sqlite"
    assert version(copy) == "1" and b"212 barges" in copy.read_bytes()


def test_a_reader_says_what_to_run_and_changes_nothing(old: Settings) -> None:
    before = (old.data_dir / FILE_NAME).read_bytes()
    with pytest.raises(CollectionOutdated, match=r"schema 1.*cableqa doctor"):
        open_collection(old, WordEncoder(), write=False)
    assert (old.data_dir / FILE_NAME).read_bytes() == before
    open_collection(old, WordEncoder(), write=True).close()
    open_collection(old, WordEncoder(), write=False).close()


def test_an_upgrade_that_breaks_leaves_the_old_file(old: Settings) -> None:
    with closing(sqlite3.connect(old.data_dir / FILE_NAME)) as file:
        file.execute("UPDATE answers SET record = 'torn'")
        file.commit()
    with pytest.raises(CollectionDamaged, match=r"could not be upgraded .* is as it was"):
        CableStore.open(old.data_dir)
    assert version(old.data_dir / FILE_NAME) == "1"
    with closing(sqlite3.connect(old.data_dir / FILE_NAME)) as file:
        assert file.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (NEW_IN_2,)).fetchone() is None


def test_without_a_copy_nothing_is_upgraded(old: Settings) -> None:
    (old.data_dir / UPGRADES).write_text("no folder")
    with pytest.raises(StorageFull, match=UPGRADES):
        CableStore.open(old.data_dir)
    assert version(old.data_dir / FILE_NAME) == "1"


@pytest.mark.parametrize("name", ["cables", "history", "keys"])
def test_a_file_of_a_newer_version_is_refused(tmp_path: Path, name: str) -> None:
    from api.history import History

    opened = {"cables": CableStore.open, "history": History.open, "keys": KeyBook.open}[name]
    opened(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / f"{name}.sqlite")) as file:
        file.execute("UPDATE meta SET value = '999' WHERE key = 'schema_version'")
        file.commit()
    with pytest.raises(CollectionDamaged, match=r"newer cableqa \(schema 999.*install the newer"):
        opened(tmp_path)


def test_keys_of_before_versions_open_and_their_copy_is_not_needed(tmp_path: Path) -> None:
    book = KeyBook.open(tmp_path)
    _, text = book.create("Ann", Scope.ASK)
    book.close()
    with closing(sqlite3.connect(tmp_path / "keys.sqlite")) as file:
        file.execute("DROP TABLE meta")
        file.commit()
    again = KeyBook.open(tmp_path)
    found = again.find(text)
    again.close()
    assert found is not None and found.name == "Ann"
    assert (tmp_path / "keys.sqlite").stat().st_mode & 0o077 == 0
