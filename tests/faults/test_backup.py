"""Backups: taken while others read, answer and write; whole or refused; restored to equality."""

from __future__ import annotations

import hashlib
import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from api.history import History
from api.keys import KeyBook, Scope
from api.opening import open_beside_store
from rag.config import Settings
from rag.errors import CableqaError, CollectionDamaged, UsageError
from rag.index.collection import open_collection
from rag.keeping.backup import MANIFEST, back_up, verified
from rag.keeping.restore import restore
from rag.record import QuestionIn
from rag.store.cable_store import FILE_NAME, CableStore
from rag.store.lock import RESTORING
from tests.api import small
from tests.fakes import WordEncoder
from tests.ingestion.test_resume import contents, kill_after, start, told
from tests.invariants import assert_whole
from tests.telegrams import telegrams


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection with an answer in a conversation, and a key."""
    folder = tmp_path_factory.mktemp("made")
    service = small.build_guarded(small.build_collection(folder, small.cables()), folder)
    begun = service.history.conversations.begin("Barges")
    service.answer(QuestionIn(question=small.QUESTION, conversation_id=begun.conversation_id))
    service.keys.create("Ann", Scope.ASK)
    service.close()
    service.pipeline.collection.close()
    return folder


@pytest.fixture(scope="module")
def taken(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return back_up(made, tmp_path_factory.mktemp("backups") / "whole").place


def brought_back(place: Path, folder: Path) -> Settings:
    settings = Settings(data_dir=folder)
    restore(place, settings, WordEncoder(), open_beside_store)
    return settings


def rows(data_dir: Path, name: str, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data_dir / name)) as file:
        return sorted(file.execute(f"SELECT * FROM {table}").fetchall())


@pytest.mark.parametrize("name", ["backup", "backup.tar"])
def test_a_backup_taken_while_answers_are_given_restores_to_equality(tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    service = small.build_guarded(small.build_collection(data, small.cables()), data)
    _, key = service.keys.create("Ann", Scope.ASK)
    begun = service.history.conversations.begin("Barges")
    ending = threading.Event()
    acknowledged: list[str] = []

    def ask() -> None:
        while not ending.is_set():
            asked = QuestionIn(question=small.QUESTION, conversation_id=begun.conversation_id)
            acknowledged.append(service.answer(asked).answer_id)

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    while len(acknowledged) < 5:
        ending.wait(0.01)
    before = list(acknowledged)
    backup = back_up(data, tmp_path / name)
    ending.set()
    for asker in askers:
        asker.join()

    settings = brought_back(backup.place, tmp_path / "back")
    with (
        open_collection(settings, WordEncoder(), write=False) as collection,
        closing(KeyBook.open(settings.data_dir)) as keys,
        closing(History.open(settings.data_dir)) as history,
    ):
        assert_whole(collection)
        assert contents(collection) == contents(service.pipeline.collection)
        found = keys.find(key)
        assert found is not None and found.name == "Ann"
        told_of = history.conversations.get(begun.conversation_id).answer_ids
        assert set(before) <= set(told_of) <= set(acknowledged)
        for answer_id in told_of:
            record = collection.store.find_answer(answer_id)
            assert record is not None and record == service.store.find_answer(answer_id)
    for file, table in (("keys.sqlite", "keys"), (FILE_NAME, "paragraphs"), (FILE_NAME, "vectors")):
        assert rows(settings.data_dir, file, table) == rows(data, file, table)
    assert (settings.data_dir / "audit.jsonl").read_text(encoding="utf-8")
    service.close()
    service.pipeline.collection.close()


def test_a_backup_taken_while_cables_are_read_in_is_of_one_moment(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    for name, text in telegrams(24, 40).items():
        (archive / name).write_text(text, encoding="utf-8")
    child, reader = start(archive, tmp_path / "data", tmp_path / "log")
    done = 0
    for number in range(3):
        for _ in range(6):
            told(reader)
        with closing(CableStore.open(tmp_path / "data", write=False)) as store:
            done = max(done, len(store.work.files()))
        back_up(tmp_path / "data", tmp_path / f"{number}.tar")
    kill_after(child, reader, 0, 0)
    cables = []
    for number in range(3):
        settings = brought_back(tmp_path / f"{number}.tar", tmp_path / f"back{number}")
        with open_collection(settings, WordEncoder(), write=False) as collection:
            assert_whole(collection)
            cables.append(collection.store.counts().cables)
    assert cables == sorted(cables) and cables[-1] >= done > 0


def truncated(place: Path) -> None:
    path = place / FILE_NAME
    path.write_bytes(path.read_bytes()[:-4096])


def flipped(place: Path) -> None:
    path = place / FILE_NAME
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def lost(place: Path) -> None:
    (place / "keys.sqlite").unlink()


def half(place: Path) -> None:
    (place / MANIFEST).unlink()


def torn_manifest(place: Path) -> None:
    path = place / MANIFEST
    path.write_bytes(path.read_bytes()[:-40])


def escaping(place: Path) -> None:
    manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    manifest["files"][0]["name"] = "../keys.sqlite"
    (place / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def newer(place: Path) -> None:
    path = place / FILE_NAME
    with closing(sqlite3.connect(path)) as file:
        file.execute("UPDATE meta SET value = '999' WHERE key = 'schema_version'")
        file.commit()
    # As a newer version would have written it: with its true checksum.
    manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    (entry,) = (entry for entry in manifest["files"] if entry["name"] == FILE_NAME)
    entry["sha256"], entry["bytes"] = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size
    (place / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


DAMAGE = [
    (truncated, "not the size"),
    (flipped, "not the checksum"),
    (lost, "keys.sqlite is missing"),
    (half, "no manifest"),
    (torn_manifest, "no manifest that can be read"),
    (escaping, "outside itself"),
    (newer, "newer"),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGE, ids=[damage.__name__ for damage, _ in DAMAGE])
def test_a_damaged_backup_restores_nothing_and_says_why(
    taken: Path, tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    place = tmp_path / "damaged"
    shutil.copytree(taken, place)
    damage(place)
    with pytest.raises(CableqaError, match=said):
        brought_back(place, tmp_path / "back")
    assert not list((tmp_path / "back").glob("*.sqlite"))


@pytest.mark.parametrize("keep", [0, 700, 30_000, -20_000])
def test_half_of_a_tar_file_restores_nothing(made: Path, tmp_path: Path, keep: int) -> None:
    place = back_up(made, tmp_path / "b.tar").place
    place.write_bytes(place.read_bytes()[:keep])
    with pytest.raises(CollectionDamaged, match="is no whole backup"):
        verified(place)


def test_a_backup_is_never_written_over_and_never_into_something(made: Path, taken: Path) -> None:
    with pytest.raises(UsageError, match="exists already"):
        back_up(made, taken)
    with pytest.raises(UsageError, match=r"not empty .*--data-dir"):
        brought_back(taken, made)


def test_a_damaged_store_is_not_taken_for_a_backup(made: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(made, data)
    with (data / FILE_NAME).open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096 * 4)
    with pytest.raises(CollectionDamaged, match=r"damaged .*cableqa restore"):
        back_up(data, tmp_path / "b.tar")
    assert list(tmp_path.iterdir()) == [data]


def test_a_disk_that_fills_up_leaves_no_backup_and_the_collection_as_it_was(
    made: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from api.cli import main\n"
        f"sys.argv = ['cableqa', 'backup', {str(tmp_path / 'b.tar')!r}, '--data-dir', {str(made)!r}]\n"
        "main()"
    )
    limit = (made / FILE_NAME).stat().st_size // 2
    done = subprocess.run(
        [sys.executable, "-c", code],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3 and "most likely the disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert verified(back_up(made, tmp_path / "b.tar").place).manifest.cables == 4


def test_a_restore_that_was_killed_is_run_again_and_opened_by_nobody_before(
    taken: Path, tmp_path: Path
) -> None:
    data = tmp_path / "back"
    (data / RESTORING).mkdir(parents=True)
    shutil.copyfile(taken / "keys.sqlite", data / "keys.sqlite")
    (data / RESTORING / FILE_NAME).write_bytes(b"half")
    for write in (True, False):
        with pytest.raises(CollectionDamaged, match="run the same `cableqa restore` again"):
            open_collection(Settings(data_dir=data), WordEncoder(), write=write)
    settings = brought_back(taken, data)
    with open_collection(settings, WordEncoder(), write=False) as collection:
        assert_whole(collection)
    assert not (data / RESTORING).exists()


def test_a_backup_that_was_killed_does_not_count_and_is_not_in_the_way(made: Path, tmp_path: Path) -> None:
    place = tmp_path / "b.tar"
    (tmp_path / "b.tar.partial").mkdir()
    (tmp_path / "b.tar.partial" / FILE_NAME).write_bytes(b"half")
    (tmp_path / "b.tar.partial-tar").write_bytes(b"half")
    with pytest.raises(UsageError, match="no backup"):
        verified(place)
    back_up(made, place)
    assert [path.name for path in tmp_path.iterdir()] == ["b.tar"]
    with tarfile.open(place) as archive:
        assert all(member.isreg() and "/" not in member.name for member in archive)
