"""The vector index: neighbours with and without filters are those of brute force."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.api.collection_configuration import CreateCollectionConfiguration, CreateHNSWConfiguration
from chromadb.config import Settings

from rag.errors import CollectionDamaged, CollectionError
from rag.index.chunks import ChunkIndex
from rag.index.exact import SUFFIX, ExactSearch
from rag.index.huge_pages import LARGE, use_huge_pages
from rag.store.cable_store import FILE_NAME, CableStore
from rag.store.migrations import copy_database
from rag.types import Chunk
from tests.cables import make_cable
from tests.held import HeldStore
from tests.pages import memory_in_small_pages, why_not

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
        index.prepare()
        for is_ready in (False, True):
            for vector in unit_rows(12, 2):
                found = index.search(vector, 10, allowed)
                assert [scored.chunk_id for scored in found] == brute_force(vector, 10, allowed)
            assert index.exact.is_ready is is_ready
            held.held.let_go.set()
            index.exact.settle()


def test_a_matrix_given_up_leaves_no_file(tmp_path: Path, held: HeldStore) -> None:
    held.held.let_go.set()
    held.held.is_endless = True
    exact = ExactSearch(held, FINGERPRINT)
    exact.prepare()
    assert held.held.begun.wait(60)
    exact.close()
    assert not exact.is_ready and not list(tmp_path.glob(f"*{SUFFIX}*"))


def test_a_single_command_makes_the_matrix_once_and_waits_for_it(tmp_path: Path, held: HeldStore) -> None:
    held.held.let_go.set()
    many, few = frozenset(CABLES[:90]), frozenset(CABLES[:10])
    for times, allowed in enumerate((few, many, many)):
        with closing(open_index(tmp_path / "1", held, write=not times)) as index:
            if not times:
                index.add(IDS, VECTORS)
            found = index.search(VECTORS[7], 10, allowed)
            assert [scored.chunk_id for scored in found] == brute_force(VECTORS[7], 10, allowed)
            assert index.exact.is_ready is (times > 0)
        assert len(list(tmp_path.glob(f"*{SUFFIX}*"))) == (times > 0)
    assert held.held.times_read_whole == 1


@pytest.mark.parametrize("retry_s", [0, 3600])
def test_a_matrix_that_failed_is_tried_again_later_and_not_at_each_question(
    held: HeldStore, retry_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    held.held.let_go.set()
    held.held.is_disk_full = True
    exact = ExactSearch(held, FINGERPRINT, read_rows=0, retry_s=retry_s)
    exact.prepare()
    exact.settle()
    assert "could not be made" in caplog.text and "No space left" in caplog.text
    held.held.is_disk_full = False
    allowed = frozenset(CABLES[:90])
    for _ in range(3):
        found = [scored.chunk_id for scored in exact.search(VECTORS[7], 10, allowed)]
        assert found == brute_force(VECTORS[7], 10, allowed)
        exact.settle()
    assert held.held.times_read_whole == (2 if retry_s == 0 else 1)
    assert exact.is_ready is (retry_s == 0)
    exact.close()


def test_a_question_for_the_graph_has_the_matrix_tried_again(held: HeldStore) -> None:
    held.held.let_go.set()
    held.held.is_disk_full = True
    exact = ExactSearch(held, FINGERPRINT, read_rows=0, retry_s=0)
    exact.prepare()
    exact.settle()
    held.held.is_disk_full = False
    assert not exact.is_settled(200) and not exact.takes(200)
    exact.settle()
    assert exact.is_settled(200) and exact.takes(200)
    exact.close()


def test_huge_pages_hold_what_was_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    if reason := why_not():
        pytest.skip(reason)
    never = tmp_path / "enabled"
    never.write_text("always madvise [never]\n")
    with memory_in_small_pages(2 * LARGE) as memory:
        before = memory.huge_kb()
        use_huge_pages(enabled=never)
        assert memory.huge_kb() == before and not caplog.text
        # A folder cannot be read: as where the system hides the file.
        use_huge_pages(maps=tmp_path)
        assert memory.huge_kb() == before and "could not be moved" in caplog.text
        use_huge_pages()
        assert memory.huge_kb() > before and memory.is_as_written()


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
