"""Embedding on Ray: two workers, a real Chroma server, and the same collection as without either."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from ingestion.ingest import ingest
from ingestion.reading import IngestOptions
from rag.config import PACKAGED_MODEL, Settings
from rag.errors import ModelUnavailable
from rag.index.collection import Collection, open_collection
from rag.index.ray_embedder import RayEmbedder, pending_texts
from rag.models.embeddings import load_encoder
from rag.store.cable_store import CableStore
from tests.fakes import WordEncoder
from tests.invariants import assert_whole
from tests.rag.test_server_index import server_url as server_url
from tests.telegrams import telegrams

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="the extra cableqa[ray] is not installed")
QUESTIONS = ("pigeons of message 12", "Paragraph 7 tells of cats", "What does the minister want?")


def load_packaged() -> object:
    return load_encoder(PACKAGED_MODEL)


def nearest(collection: Collection, question: str) -> list[float]:
    vector = collection.encoder.encode([question])[0]
    return [hit.similarity for hit in collection.chunks.search(vector, 10)]


def vectors(collection: Collection) -> np.ndarray:
    """Of all chunks, in the order of their ids."""
    found = collection.store.vectors.of_chunks(collection.encoder.fingerprint)
    return np.concatenate([part for _, part in found])


@pytest.mark.heavy
@needs_ray
@pytest.mark.filterwarnings("ignore:::ray", "ignore::ResourceWarning")
@pytest.mark.parametrize("model", ["words", "packaged"])
def test_two_workers_and_a_server_give_the_same_collection(
    tmp_path: Path, server_url: str, model: str
) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    for name, text in telegrams(60, 12).items():
        (archive / name).write_text(text, encoding="utf-8")
    load = WordEncoder if model == "words" else load_packaged
    encoder = load()
    told: list[tuple[int, int]] = []
    ray = RayEmbedder(load, workers=2, on_progress=lambda done, total: told.append((done, total)))
    served = Settings(data_dir=tmp_path / "served", chroma_url=server_url, embedding_precision="fp32")
    embedded = Settings(data_dir=tmp_path / "embedded", embedding_precision="fp32")

    with open_collection(served, encoder, write=True, embedder=ray) as collection:
        report = ingest([archive], collection, IngestOptions(), embedder=ray)
        assert (report.embedded, report.reused) == (720, 0)
        assert_whole(collection)
        again = ingest([archive], collection, IngestOptions(), embedder=ray)
        assert (again.embedded, again.reused) == (0, 0)
    assert told[-1] == (720, 720) and len(told) > 1
    with open_collection(embedded, encoder, write=True) as collection:
        ingest([archive], collection, IngestOptions())
    with (
        open_collection(served, encoder, write=False) as there,
        open_collection(embedded, encoder, write=False) as here,
    ):
        assert there.store.snapshot() == here.store.snapshot()
        assert sorted(there.chunks.ids()) == sorted(here.chunks.ids())
        assert sorted(there.lexical.keys()) == sorted(here.lexical.keys())
        np.testing.assert_allclose(vectors(there), vectors(here), atol=1e-4)
        for question in QUESTIONS:
            assert nearest(there, question) == pytest.approx(nearest(here, question), abs=1e-4)
    assert not (tmp_path / "served" / "chroma").exists()


class OtherWords(WordEncoder):
    """Another model than the one of the machine that asks."""

    fingerprint = "other"


@pytest.mark.heavy
@needs_ray
@pytest.mark.filterwarnings("ignore:::ray", "ignore::ResourceWarning")
def test_a_node_with_another_model_stops_the_run_and_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(telegrams(1)["08REYKJAVIK1.txt"], encoding="utf-8")
    settings = Settings(data_dir=tmp_path / "data")
    ray = RayEmbedder(OtherWords, workers=2)
    with (
        pytest.raises(ModelUnavailable, match="Ray stopped after 0 of 6 texts"),
        open_collection(settings, WordEncoder(), write=True) as collection,
    ):
        ingest([tmp_path / "a.txt"], collection, IngestOptions(), embedder=ray)
    with open_collection(settings, WordEncoder(), write=True) as collection:
        assert_whole(collection)
        assert collection.store.counts().cables == 1


class OneProcess:
    """An embedder without Ray: what the ingest does with any of them."""

    def embed(self, store: CableStore, fingerprint: str, precision: str) -> int:
        texts = {sha256: text for batch in pending_texts(store) for sha256, text in batch.items()}
        vectors = WordEncoder().encode(list(texts.values()))
        store.vectors.put(dict(zip(texts, vectors, strict=True)), fingerprint)
        return len(texts)


class NoEncoder(WordEncoder):
    """Knows lengths, and may not encode."""

    def submit(self, texts: Sequence[str]) -> Future[np.ndarray]:
        raise AssertionError("encoded here, not by the embedder")


def test_an_embedder_fills_the_cache_and_nothing_is_encoded_here(tmp_path: Path) -> None:
    for name, text in telegrams(4).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    settings = Settings(data_dir=tmp_path / "data")
    files = sorted(tmp_path.glob("*.txt"))
    with open_collection(settings, NoEncoder(), write=True, embedder=OneProcess()) as collection:
        report = ingest(files, collection, IngestOptions(), embedder=OneProcess())
        assert (report.embedded, report.reused) == (24, 0)
        assert_whole(collection)
