"""The vector index: neighbours with and without filters are those of brute force."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.api.collection_configuration import CreateCollectionConfiguration, CreateHNSWConfiguration
from chromadb.config import Settings
from sqlalchemy import Engine

from rag.errors import CollectionDamaged, CollectionError
from rag.index.chunks import ChunkIndex
from rag.index.exact import SUFFIX, ExactSearch
from rag.index.huge_pages import LARGE, use_huge_pages
from rag.models.worker import Vectors
from rag.store.cable_store import FILE_NAME, CableStore
from rag.store.migrations import copy_database
from rag.store.vectors import VectorCache
from rag.types import Chunk
from tests.cables import make_cable

FINGERPRINT = "random-16"
CABLES = [f"08ZEMBLA{n}" for n in range(1, 101)]
IDS = [f"{cable_id}|{label}|0" for cable_id in CABLES for label in ("1", "2", "3")]


def unit_rows(n: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, 16)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


VECTORS = unit_rows(len(IDS), 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CableStore]:
    """A hundred cables of three chunks, whose vectors are in the cache."""
    opened = CableStore.open(tmp_path_factory.mktemp("store"))
    for cable_id in CABLES:
        cable = make_cable(cable_id)
        opened.put(cable, [Chunk(cable_id, p.label, 0, 0, len(p.text), p.text) for p in cable.paragraphs])
    keys = [tuple(chunk_id.split("|")) for chunk_id in IDS]
    opened.work.set_embedded({(c, label, int(n)): f"{c}{label}" for c, label, n in keys})
    opened.vectors.put({f"{c}{label}": VECTORS[i] for i, (c, label, _) in enumerate(keys)}, FINGERPRINT)
    yield opened
    opened.close()


def open_index(
    path: Path, store: CableStore, *, fingerprint: str = FINGERPRINT, write: bool = True
) -> ChunkIndex:
    exact = ExactSearch(store, fingerprint)
    return ChunkIndex.open(path, None, fingerprint, name="test-chunks", exact=exact, write=write)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, store: CableStore) -> Iterator[ChunkIndex]:
    opened = open_index(tmp_path_factory.mktemp("chroma") / "1", store)
    opened.add(IDS, VECTORS)
    yield opened
    opened.close()


def brute_force(vector: np.ndarray, k: int, allowed: frozenset[str]) -> list[str]:
    scores = VECTORS @ vector
    ranked = [IDS[i] for i in np.argsort(-scores, kind="stable")]
    return [chunk_id for chunk_id in ranked if chunk_id.split("|")[0] in allowed][:k]


@pytest.mark.parametrize("share", [0, 1, 2, 10, 64, 65, 90, 100])
@pytest.mark.parametrize("k", [1, 10, 500])
def test_a_filter_gives_what_brute_force_gives(index: ChunkIndex, share: int, k: int) -> None:
    chosen = np.random.default_rng(share).permutation(CABLES)[:share]
    allowed = frozenset(str(cable_id) for cable_id in chosen) | {"99NOWHERE1"}
    for vector in unit_rows(3, 2):
        found = index.search(vector, k, allowed)
        assert [scored.chunk_id for scored in found] == brute_force(vector, k, allowed)


class HeldVectors(VectorCache):
    """Those of chosen cables can be read at any time, all of them not before they are let go."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.let_go = threading.Event()

    def of_chunks(
        self, fingerprint: str, cable_ids: Collection[str] | None = None
    ) -> Iterator[tuple[list[str], Vectors]]:
        for part in super().of_chunks(fingerprint, cable_ids):
            assert cable_ids is not None or self.let_go.wait(60)
            yield part


class HeldStore(CableStore):
    """A store whose matrix takes as long to write as a test wants."""

    def __init__(self, path: Path, engine: Engine, url: str | None = None) -> None:
        super().__init__(path, engine, url)
        self.vectors = self.held = HeldVectors(engine)


@pytest.fixture
def held(tmp_path: Path, store: CableStore) -> Iterator[HeldStore]:
    copy_database(store.path / FILE_NAME, tmp_path / FILE_NAME)
    opened = HeldStore.open(tmp_path)
    assert isinstance(opened, HeldStore)
    yield opened
    opened.close()


@pytest.mark.parametrize("share", [10, 90])
def test_no_question_waits_for_the_matrix(tmp_path: Path, held: HeldStore, share: int) -> None:
    allowed = frozenset(CABLES[:share])
    with closing(open_index(tmp_path / "1", held)) as index:
        index.add(IDS, VECTORS)
        for is_ready in (False, True):
            for vector in unit_rows(12, 2):
                found = index.search(vector, 10, allowed)
                assert [scored.chunk_id for scored in found] == brute_force(vector, 10, allowed)
            assert index.exact.is_ready is is_ready
            held.held.let_go.set()
            index.exact.settle()


def test_a_matrix_given_up_leaves_no_file(tmp_path: Path, held: HeldStore) -> None:
    exact = ExactSearch(held, FINGERPRINT)
    exact.prepare()
    closing_down = threading.Thread(target=exact.close)
    closing_down.start()
    held.held.let_go.set()
    closing_down.join()
    assert not list(tmp_path.glob(f"*{SUFFIX}*")) or exact.is_ready


def test_huge_pages_hold_what_was_there() -> None:
    numbers = np.arange(3 * LARGE // 8)
    use_huge_pages()
    assert (numbers == np.arange(len(numbers))).all()


def test_a_prepared_index_finds_what_brute_force_finds(index: ChunkIndex) -> None:
    index.prepare()
    index.exact.settle()
    assert index.exact.is_ready
    allowed = frozenset(CABLES[:80])
    found = [scored.chunk_id for scored in index.search(VECTORS[7], 10, allowed)]
    assert found == brute_force(VECTORS[7], 10, allowed)


def test_similarity_is_the_cosine(index: ChunkIndex) -> None:
    nearest = index.search(VECTORS[7], 5)
    filtered = index.search(VECTORS[7], 5, frozenset(CABLES))
    assert nearest[0].chunk_id == IDS[7] and nearest[0].similarity == pytest.approx(1.0, abs=1e-5)
    for one, other in zip(nearest, filtered, strict=True):
        assert one.chunk_id == other.chunk_id
        assert one.similarity == pytest.approx(other.similarity, abs=1e-5)


def test_add_replaces_delete_removes_and_a_reader_sees_it(tmp_path: Path, store: CableStore) -> None:
    path = tmp_path / "1"
    writer = open_index(path, store)
    writer.add(["a|1|0", "b|1|0"], VECTORS[:2])
    writer.add(["a|1|0"], VECTORS[2:3])
    writer.delete(["b|1|0", "never|1|0"])
    writer.settle()
    writer.close()
    reader = open_index(path, store, write=False)
    assert list(reader.ids()) == ["a|1|0"] and reader.count() == 1
    assert reader.search(VECTORS[2], 3)[0].similarity == pytest.approx(1.0, abs=1e-5)
    reader.close()


def test_a_reader_of_nothing_finds_nothing_and_makes_nothing(tmp_path: Path, store: CableStore) -> None:
    reader = open_index(tmp_path / "1", store, write=False)
    assert reader.search(VECTORS[0], 5) == [] and reader.count() == 0 and list(reader.ids()) == []
    assert not (tmp_path / "1").exists()


def test_a_graph_built_with_other_settings_is_searched_and_written_on(
    tmp_path: Path, store: CableStore
) -> None:
    graph = CreateHNSWConfiguration(space="cosine", max_neighbors=16, ef_construction=100)
    settings = CreateCollectionConfiguration(hnsw=graph)
    client = chromadb.PersistentClient(tmp_path, settings=Settings(anonymized_telemetry=False))
    client.create_collection("test-chunks", configuration=settings, metadata={"fingerprint": FINGERPRINT})
    client.close()  # type: ignore[attr-defined]
    with closing(open_index(tmp_path, store)) as writer:
        writer.add(IDS, VECTORS)
    with closing(open_index(tmp_path, store, write=False)) as reader:
        assert reader.count() == len(IDS)
        assert reader.is_sound()
        assert [found.chunk_id for found in reader.search(VECTORS[7], 1)] == [IDS[7]]


def test_vectors_of_another_encoder_are_refused(tmp_path: Path, store: CableStore) -> None:
    open_index(tmp_path / "1", store).close()
    with pytest.raises(CollectionDamaged, match=r"random-16.*cableqa doctor"):
        open_index(tmp_path / "1", store, fingerprint="another")


def test_a_server_that_is_not_there_is_named(store: CableStore) -> None:
    exact = ExactSearch(store, FINGERPRINT)
    with pytest.raises(CollectionError, match="CABLEQA_CHROMA_URL"):
        ChunkIndex.open(None, "http://127.0.0.1:9", FINGERPRINT, name="test", exact=exact, write=False)
