"""Fixtures that several rooms use."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rag.pipeline import Pipeline
    from tests.postgres import Cluster

SAMPLE = Path(__file__).resolve().parents[1] / "ingestion" / "sample"

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# Temporary files lie in memory where there is room for them: every commit of a database waits for a disk, and
# of a disk that others write to as well a run spends more time on that than on the tests.
IN_MEMORY, ROOM_BYTES = Path("/dev/shm"), 4 << 30
if "TMPDIR" not in os.environ and IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free >= ROOM_BYTES:
    os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)


def pytest_collection_finish() -> None:
    """What the modules brought in stays: collecting garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()
    # How soon garbage is looked for goes by how much there was the last time: hardly any, from here on.
    gc.collect()


@pytest.fixture(scope="session")
def encoder() -> Iterator[object]:
    """The real encoder, loaded once."""
    from rag.config import PACKAGED_MODEL
    from rag.models.embeddings import load_encoder

    loaded = load_encoder(PACKAGED_MODEL)
    yield loaded


@pytest.fixture(scope="session")
def sample_pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """The sample collection, ingested and asked as a user would have it: real encoder, indexes, reader."""
    from ingestion.ingest import ingest
    from ingestion.reading import IngestOptions
    from rag.bootstrap import build_pipeline
    from rag.config import Settings
    from rag.index.collection import open_collection
    from rag.models.embeddings import load_encoder

    settings = Settings(data_dir=tmp_path_factory.mktemp("sample"))
    collection = open_collection(settings, load_encoder(settings.embedding_model), write=True)
    ingest([SAMPLE], collection, IngestOptions(), lambda _: None)
    collection.close()
    pipeline = build_pipeline(settings)
    yield pipeline
    pipeline.collection.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server of the tests' own; skips, and says so, where it is not installed."""
    from tests.postgres import running_cluster

    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str | None:
    """Where the store is: once in a file of the data directory, once in a new database on the server."""
    if request.param == "sqlite":
        return None
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.new_database()
