"""Deletion that really deletes: no byte of the text, and no vector of it, in any file that is left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from api.batches.questions import read_questions
from api.removal import delete_cables, redact_history
from ingestion.doctor import examine
from rag.config import Settings
from rag.errors import NotFound
from rag.index.collection import open_collection
from rag.index.embedded import embedded_text
from rag.index.exact import SUFFIX
from rag.index.generations import Places, generation
from rag.record import QuestionIn
from rag.store.cable_store import FILE_NAME, CableStore
from rag.store.migrations import UPGRADES, copy_database
from tests.api import small
from tests.fakes import WordEncoder
from tests.invariants import assert_whole

GONE, KEPT = "05TALLINN7", "06LUSAKA12"
# Of every paragraph of the cable, and of no other cable: as text, as words, as the stems that are indexed.
TEXTS = (
    "Dredging of the Kalmuse harbor",
    "212 barges in April",
    "another 3 million kroons",
    "HARBOR DREDGING ENDS",
)
STEMS = ("dredg", "measur")
OTHERS = ("480 hectares of orchards",)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A collection that was asked, with the cable's text wherever text can come to lie."""
    folder = tmp_path / "data"
    collection = small.build_collection(folder, small.cables())
    service = small.build_service(collection)
    begun = service.history.conversations.begin("Barges")
    asked = QuestionIn(question=small.QUESTION, conversation_id=begun.conversation_id)
    record = service.answer(asked)
    batch, _ = service.history.batches.begin(
        "", "sheet", read_questions(f"question\n{small.QUESTION}\n"), None
    )
    service.history.batches.answer(batch.batch_id, 0, record)
    cables = frozenset(collection.store.census.cable_ids())
    for _ in range(20):
        # Asked so often, the matrix of vectors is written to a file.
        collection.chunks.search(WordEncoder().encode(["barges"])[0], 3, cables)
    collection.chunks.exact.settle()
    assert list(folder.glob(f"*{SUFFIX}"))
    service.close()
    collection.close()
    (folder / UPGRADES).mkdir()
    copy_database(folder / FILE_NAME, folder / UPGRADES / "cables.schema-1.sqlite")
    return folder


def vectors_of(data: Path, cable_id: str) -> list[bytes]:
    store = CableStore.open(data, write=False)
    header = store.find_header(cable_id)
    paragraphs = {p.label: p for p in store.cable_paragraphs(cable_id)}
    assert header is not None
    texts = [embedded_text(header, paragraphs[c.label], c) for c in store.cable_chunks(cable_id)]
    store.close()
    return [np.ascontiguousarray(row, dtype="<f4").tobytes() for row in WordEncoder().encode(texts)]


def holding(data: Path, wanted: list[bytes]) -> dict[str, set[int]]:
    """Which files hold which of the wanted bytes, forwards or backwards: a term dictionary may turn them."""
    found: dict[str, set[int]] = {}
    for path in (path for path in data.rglob("*") if path.is_file()):
        held = path.read_bytes()
        hits = {n for n, one in enumerate(wanted) if one in held or one[::-1] in held}
        if hits:
            found[str(path.relative_to(data))] = hits
    return found


def test_no_file_keeps_a_byte_of_a_deleted_cable(data: Path) -> None:
    settings = Settings(data_dir=data)
    vectors = vectors_of(data, GONE)
    texts = [text.encode() for text in (*TEXTS, *STEMS)]
    before = holding(data, texts + vectors)
    # The search of bytes can see: it finds the text and the vectors where they lie while they are there.
    assert before[FILE_NAME] >= set(range(len(TEXTS))) | {len(texts)}
    assert "history.sqlite" in before and f"{UPGRADES}/cables.schema-1.sqlite" in before
    assert any(name.endswith(SUFFIX) for name in before)
    assert any(name.startswith("chroma") for name in before)

    (removed,) = delete_cables(["Tallinn 7 of 2005"], settings, WordEncoder())
    assert removed.cable_id == GONE and removed.paragraphs == 3 and len(removed.cited_by) == 1

    assert holding(data, texts + vectors) == {}
    assert FILE_NAME in holding(data, [text.encode() for text in OTHERS] + vectors_of(data, KEPT))
    with open_collection(settings, WordEncoder(), write=False) as collection:
        assert_whole(collection)
        assert collection.store.find_cable(GONE) is None
        record = collection.store.find_answer(removed.cited_by[0])
        assert record is not None and '"paragraph_sha256"' in record and GONE in record


def test_a_deletion_that_was_cut_short_is_finished_by_the_doctor(data: Path) -> None:
    vectors = vectors_of(data, GONE)
    redact_history(data, [GONE])
    store = CableStore.open(data)
    store.delete(GONE)
    store.close()
    settings = Settings(data_dir=data)
    looked = examine(settings, WordEncoder(), repair=False)
    assert {"deletion", "pending"} <= {finding.check for finding in looked.findings if not finding.well}
    assert examine(settings, WordEncoder(), repair=True).healthy
    assert holding(data, [text.encode() for text in STEMS] + vectors) == {}
    assert examine(settings, WordEncoder(), repair=True).healthy


def test_nothing_is_deleted_where_one_of_the_names_is_wrong(data: Path) -> None:
    with pytest.raises(NotFound, match=r"nothing was deleted.*Near it: 05TALLINN7"):
        delete_cables([KEPT, "05TALLINN77"], Settings(data_dir=data), WordEncoder())
    store = CableStore.open(data)
    assert store.find_cable(KEPT) is not None
    store.close()


def test_the_last_cable_leaves_nothing_either(tmp_path: Path) -> None:
    data = tmp_path / "data"
    small.build_collection(data, small.cables()[:1]).close()
    vectors = vectors_of(data, GONE)
    delete_cables([GONE], Settings(data_dir=data), WordEncoder())
    assert holding(data, [text.encode() for text in TEXTS] + vectors) == {}
    store = CableStore.open(data)
    places = Places.of(store, generation(store))
    store.close()
    assert places.lexical.is_dir()
