"""The doctor: finds what is wrong, mends it from the store without embedding, says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingestion.doctor import DoctorReport, Finding, examine
from rag.config import Settings
from rag.errors import CollectionLocked
from rag.index.collection import open_collection
from rag.index.generations import Places
from rag.store.cable_store import CableStore
from tests.fakes import WordEncoder
from tests.ingestion.conftest import Ingested, Opened
from tests.invariants import assert_whole
from tests.rag.test_collection import OtherEncoder
from tests.telegrams import telegram


@pytest.fixture
def made(archive: Path, ingested: Ingested, data_settings: Settings) -> Settings:
    (archive / "a.txt").write_text(telegram(1), encoding="utf-8")
    ingested()
    return data_settings


def unwell(report: DoctorReport) -> list[Finding]:
    return [finding for finding in report.findings if not finding.well]


def found(report: DoctorReport, check: str) -> Finding:
    return next(finding for finding in report.findings if finding.check == check)


def test_a_healthy_collection_is_left_as_it_is(made: Settings, opened: Opened) -> None:
    report = examine(made, WordEncoder(), repair=True)
    assert report.healthy and unwell(report) == []
    assert "1 cable, 3 paragraphs" in found(report, "store").message
    assert "rebuild" not in [finding.check for finding in report.findings]
    with opened() as collection:
        assert_whole(collection)


def break_words(made: Settings, places: Places) -> None:
    (places.lexical / "meta.json").write_text("{", encoding="utf-8")


def lose_words(made: Settings, places: Places) -> None:
    shutil.rmtree(places.lexical)


def lose_vectors(made: Settings, places: Places) -> None:
    shutil.rmtree(places.chroma)


def break_vectors(made: Settings, places: Places) -> None:
    (places.chroma / "chroma.sqlite3").write_bytes(b"no database" * 1000)


def add_strangers(made: Settings, places: Places) -> None:
    with open_collection(made, WordEncoder(), write=True) as collection:
        collection.chunks.add(["99NOWHERE1|1|0"], WordEncoder().encode(["stranger"]))


DAMAGE = [
    (break_words, "word index"),
    (lose_words, "word index"),
    (lose_vectors, "vector index"),
    (break_vectors, "vector index"),
    (add_strangers, "vector index"),
]


@pytest.mark.parametrize(("damage", "check"), DAMAGE, ids=[damage.__name__ for damage, _ in DAMAGE])
def test_damage_is_found_then_mended_without_embedding(
    made: Settings, opened: Opened, damage: object, check: str
) -> None:
    store = CableStore.open(made.data_dir)
    places = Places.of(store, 1)
    store.close()
    damage(made, places)
    looked = examine(made, WordEncoder(), repair=False)
    assert not looked.healthy and [finding.check for finding in unwell(looked)] == [check]
    mended = examine(made, WordEncoder(), repair=True)
    assert mended.healthy and found(mended, check).done == "rebuilt from the store"
    assert "3 vectors from the cache, 0 embedded" in found(mended, "rebuild").message
    assert not places.chroma.exists() and not places.lexical.exists()
    with opened() as collection:
        assert_whole(collection)
    assert unwell(examine(made, WordEncoder(), repair=True)) == []


def test_a_changed_model_is_embedded_anew(made: Settings) -> None:
    report = examine(made, OtherEncoder(), repair=True)
    assert report.healthy and "0 vectors from the cache, 3 embedded" in found(report, "rebuild").message
    with open_collection(made, OtherEncoder(), write=False) as collection:
        assert_whole(collection)


def test_the_doctor_needs_the_directory_alone(made: Settings, opened: Opened) -> None:
    with opened(), pytest.raises(CollectionLocked):
        examine(made, WordEncoder(), repair=False)
