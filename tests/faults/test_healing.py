"""A damaged index: questions go on with what is whole, it is said so, and the index is built anew."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.history import History
from api.service import Service
from rag.config import Settings
from rag.errors import CollectionDamaged, CollectionDegraded
from rag.index.collection import Collection, open_collection
from rag.index.generations import Places
from rag.index.healing import Healer, open_what_is_whole
from rag.index.indexes import CHUNKS, LEXICAL, NOTES, PENDING
from rag.index.indexing import COMMIT_CHUNKS, IndexedTotals
from rag.index.lexical import LexicalIndex
from rag.index.rebuild import rebuild
from rag.index.segments import damaged_files
from rag.store.cable_store import CableStore
from rag.types import Filters, Outcome, Question
from tests.api import small
from tests.fakes import WordEncoder
from tests.invariants import assert_whole


class NeverAsked(WordEncoder):
    """Answers questions and embeds nothing: what is built anew is built from the vectors that are kept."""

    def submit(self, texts: object) -> object:  # type: ignore[override]
        raise AssertionError("something was embedded again")


def truncated_database(places: Places) -> None:
    file = places.chroma / "chroma.sqlite3"
    file.write_bytes(file.read_bytes()[: 3 * 4096])


def missing_vectors(places: Places) -> None:
    shutil.rmtree(places.chroma)


def flipped_words(places: Places) -> None:
    file = next(places.lexical.glob("*.idx"))
    content = bytearray(file.read_bytes())
    content[len(content) // 4] ^= 0xFF
    file.write_bytes(content)


def missing_segment(places: Places) -> None:
    next(places.lexical.glob("*.term")).unlink()


DAMAGE = [
    (truncated_database, CHUNKS),
    (missing_vectors, CHUNKS),
    (flipped_words, LEXICAL),
    (missing_segment, LEXICAL),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    small.build_collection(tmp_path, small.cables()).close()
    return Settings(data_dir=tmp_path)


@pytest.fixture(params=DAMAGE, ids=[damage.__name__ for damage, _ in DAMAGE])
def damaged(request: pytest.FixtureRequest, settings: Settings) -> Iterator[tuple[Collection, str]]:
    damage: Callable[[Places], None]
    damage, part = request.param
    with open_what_is_whole(settings, NeverAsked()) as whole:
        assert whole.indexes.degraded() == {}
        places = Places.of(whole.store, 1)
    damage(places)
    collection = open_what_is_whole(settings, NeverAsked())
    yield collection, part
    collection.close()


def wait_until_whole(collection: Collection) -> None:
    deadline = time.monotonic() + 60
    while collection.indexes.degraded():
        assert time.monotonic() < deadline, "the index was not built anew"
        time.sleep(0.02)


async def told_until_healed(service: Service, settings: Settings) -> dict[str, str]:
    """The parts of a server that says that it is degraded; it is healed, and then says so too."""
    collection = service.pipeline.collection
    transport = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        healer = Healer(settings, collection)
        healer.start()
        wait_until_whole(collection)
        healer.close()
        assert (await client.get("/readyz")).json()["status"] == "ready"
    parts: dict[str, str] = ready.json()["parts"]
    return parts


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_questions_go_on_without_a_damaged_index_until_it_is_built_anew(
    damaged: tuple[Collection, str], settings: Settings
) -> None:
    collection, part = damaged
    pipeline = small.build_pipeline(collection)
    assert set(collection.indexes.degraded()) == {part}

    answer = pipeline.answer(Question(small.QUESTION))
    assert answer.outcome is Outcome.ANSWERED and "212 barges" in answer.text
    assert NOTES[part] in answer.notes
    with pytest.raises(CollectionDegraded, match="ask again"):
        pipeline.answer(Question(small.EMPTY_QUESTION))
    counting = ("How many cables mention barges?", Filters(), 5)
    if part == LEXICAL:
        with pytest.raises(CollectionDegraded):
            pipeline.search(*counting)
    else:
        assert pipeline.search(*counting).found.total == 2

    service = Service(pipeline, settings, History.open(settings.data_dir))
    service.warm_up()
    said = await told_until_healed(service, settings)
    assert [name for name, state in said.items() if state != "ok"] == [part]
    service.close()

    assert_whole(collection)
    healed = pipeline.answer(Question(small.QUESTION))
    assert healed.text == answer.text and NOTES[part] not in healed.notes
    assert pipeline.answer(Question(small.EMPTY_QUESTION)).outcome is Outcome.NOT_IN_CORPUS
    assert pipeline.search(*counting).found.total == 2


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_server_starts_after_an_ingest_that_was_killed(settings: Settings) -> None:
    """A new cable, a changed one and one that went: all three in the store, and in no index."""
    with closing(CableStore.open(settings.data_dir)) as store:
        released = "The postmaster of Zembla released 400 pigeons."
        small.put(store, small.cable("09ZEMBLA4", "PIGEONS", [released]))
        small.put(store, small.reworded(small.cable(*small.HARBOR), "212 barges", "213 barges"))
        store.delete(small.FOLLOW_UP[0])
        begun = Places.of(store, 1).lexical / f"{uuid.uuid4().hex}.store"
    begun.write_bytes(b"words that were never committed")
    pigeons = Question("How many pigeons did the postmaster of Zembla release?")

    collection = open_what_is_whole(settings, WordEncoder())
    pipeline = small.build_pipeline(collection)
    assert set(collection.indexes.degraded()) == {PENDING}
    answer = pipeline.answer(Question("How many hectares of orchards did hail destroy near Kapisha?"))
    assert answer.outcome is Outcome.ANSWERED and "480 hectares" in answer.text
    assert NOTES[PENDING] in answer.notes
    changed = pipeline.answer(Question(small.QUESTION))
    assert "213 barges" in changed.text
    for unknown in (pigeons, Question(small.EMPTY_QUESTION)):
        with pytest.raises(CollectionDegraded, match="ask again"):
            pipeline.answer(unknown)
    with pytest.raises(CollectionDegraded):
        pipeline.search("How many cables mention barges?", Filters(), 5)
    gone = pipeline.search("Which barges pay 40 kroons a meter?", Filters(), 50)
    assert small.FOLLOW_UP[0] not in {hit.paragraph.cable_id for hit in gone.hits}

    service = Service(pipeline, settings, History.open(settings.data_dir))
    service.warm_up()
    said = await told_until_healed(service, settings)
    assert "3 cables are not yet in the indexes" in said[PENDING]
    assert_whole(collection)
    assert "400 pigeons" in pipeline.answer(pigeons).text
    assert pipeline.answer(Question(small.EMPTY_QUESTION)).outcome is Outcome.NOT_IN_CORPUS
    service.close()
    collection.close()
    # The next writer finds nothing to do, and clears away what was in use before; a stray file is none of it.
    (settings.data_dir / "chroma" / "notes.txt").write_text("kept by hand")
    open_collection(settings, NeverAsked(), write=True).close()
    assert {path.name for path in (settings.data_dir / "chroma").iterdir()} == {"2", "notes.txt"}


def test_words_of_an_older_state_are_seen_though_they_are_as_many(settings: Settings, tmp_path: Path) -> None:
    """As on a machine that did not see what another changed: its files are sound, and their number right."""
    words = settings.data_dir / "lexical"
    shutil.copytree(words, tmp_path / "older")
    with closing(CableStore.open(settings.data_dir)) as store:
        small.put(store, small.reworded(small.cable(*small.HARBOR), "212 barges", "213 rafts"))
    open_collection(settings, WordEncoder(), write=True).close()
    shutil.rmtree(words)
    (tmp_path / "older").rename(words)

    for write in (True, False):
        with pytest.raises(CollectionDamaged, match=r"not that of the store's last change.*cableqa doctor"):
            open_collection(settings, NeverAsked(), write=write)
    with open_what_is_whole(settings, NeverAsked()) as collection:
        assert set(collection.indexes.degraded()) == {LEXICAL}
        healer = Healer(settings, collection)
        healer.start()
        wait_until_whole(collection)
        healer.close()
        assert_whole(collection)
        assert [one.cable_id for one in collection.lexical.search("rafts", 5)] == [small.HARBOR[0]]
    open_collection(settings, NeverAsked(), write=False).close()


def test_a_rebuild_that_is_cut_short_leaves_pending_what_the_old_indexes_lack(settings: Settings) -> None:
    class Cut(Exception):
        pass

    def cut(totals: IndexedTotals) -> None:
        if totals.chunks > COMMIT_CHUNKS:
            raise Cut

    many = small.cable("08ZEMBLA1", "MANY", [f"Barge {n}." for n in range(COMMIT_CHUNKS + 1)])
    with closing(CableStore.open(settings.data_dir)) as store:
        # Beyond the first commit of what is built, and as many paragraphs as before.
        for cable in (small.reworded(small.cable(*small.HARBOR), "212 barges", "213 rafts"), many):
            small.put(store, cable)
        with pytest.raises(Cut):
            rebuild(settings, store, WordEncoder(), cut)
        waiting = [pending.cable_id for pending in store.work.pending("", 9)]
        assert waiting == [small.HARBOR[0], "08ZEMBLA1"]


def zeroed(content: bytes) -> bytes:
    return bytes(len(content))


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 3]


@pytest.mark.parametrize("damage", [zeroed, truncated])
def test_a_graph_that_is_not_the_one_that_was_written_is_seen(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    # Chroma writes its graph out only when a thousand vectors wait for it.
    many = small.cable(
        "08ZEMBLA1", "MANY", [f"Item {n} of {n * n} barges lies at pier {n}." for n in range(1_200)]
    )
    small.build_collection(tmp_path, [*small.cables(), many]).close()
    (graph,) = (tmp_path / "chroma").rglob("data_level0.bin")
    graph.write_bytes(damage(graph.read_bytes()))
    with open_what_is_whole(Settings(data_dir=tmp_path), NeverAsked()) as collection:
        assert set(collection.indexes.degraded()) == {CHUNKS}
        answer = small.build_pipeline(collection).answer(Question(small.QUESTION))
        assert answer.outcome is Outcome.ANSWERED and "212 barges" in answer.text


def test_every_byte_of_the_words_is_under_a_checksum(settings: Settings, tmp_path: Path) -> None:
    (folder,) = (tmp_path / "lexical").iterdir()
    assert damaged_files(folder) == []
    for file in sorted(folder.glob("*.*")):
        if file.name.startswith(".") or file.suffix == ".json":
            continue
        sound = file.read_bytes()
        for place in (0, len(sound) // 3, len(sound) - 1):
            torn = bytearray(sound)
            torn[place] ^= 1
            file.write_bytes(torn)
            assert damaged_files(folder) == [file.name]
        file.write_bytes(sound)
    LexicalIndex.open(folder, write=False).close()


def test_two_processes_that_serve_build_it_once_and_both_change_over(settings: Settings) -> None:
    with open_what_is_whole(settings, NeverAsked()) as whole:
        missing_vectors(Places.of(whole.store, 1))
    first, second = (open_what_is_whole(settings, NeverAsked()) for _ in range(2))
    healers = [Healer(settings, collection) for collection in (first, second)]
    for healer in healers:
        healer.start()
    for collection in (first, second):
        wait_until_whole(collection)
        assert_whole(collection)
    for healer in healers:
        healer.close()
    assert {path.name for path in (settings.data_dir / "chroma").iterdir()} == {"2"}
    for collection in (first, second):
        collection.close()
