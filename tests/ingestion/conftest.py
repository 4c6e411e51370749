"""An archive folder with cables of the tests' own writing, and a data directory to read it into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.ingest import ingest
from ingestion.reading import IngestOptions
from ingestion.report import IngestReport
from rag.config import Settings
from rag.index.collection import Collection, open_collection
from tests.fakes import WordEncoder
from tests.invariants import assert_whole

Opened = Callable[[], Collection]
Ingested = Callable[..., IngestReport]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    return folder


@pytest.fixture
def data_settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def opened(data_settings: Settings) -> Opened:
    """Opens the collection for reading."""

    return lambda: open_collection(data_settings, WordEncoder(), write=False)


@pytest.fixture
def ingested(archive: Path, data_settings: Settings) -> Ingested:
    """Ingests the archive (or what is named) and checks that the collection is whole after it."""

    def run(*paths: Path, sync: bool = False) -> IngestReport:
        with open_collection(data_settings, WordEncoder(), write=True) as collection:
            report = ingest(paths or (archive,), collection, IngestOptions(sync=sync))
            assert_whole(collection)
        return report

    return run
