"""The store: what is put comes back, what is replaced leaves nothing, every filter and spelling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.chunk import chunk_cable
from rag.errors import CollectionDamaged, NotFound
from rag.store.cable_store import FILE_NAME, CableStore
from rag.store.calendar import place_of
from rag.types import Cable, Filters
from tests.cables import make_cable
from tests.fakes import WordEncoder
from tests.strategies import cables


def put(store: CableStore, *made: Cable) -> None:
    for cable in made:
        store.put(cable, chunk_cable(cable, WordEncoder()))


@pytest.fixture
def store(tmp_path: Path, store_url: str | None) -> Iterator[CableStore]:
    opened = CableStore.open(tmp_path, url=store_url)
    yield opened
    opened.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(cables(), min_size=1, max_size=5))
def test_the_last_cable_put_under_an_id_comes_back_whole(store_url: str | None, made: list[Cable]) -> None:
    with TemporaryDirectory() as folder:
        store = CableStore.open(Path(folder), url=store_url)
        for left in list(store.census.cable_ids()):
            store.delete(left)
        put(store, *made)
        last = {cable.header.cable_id: cable for cable in made}
        assert {cable_id: store.get_cable(cable_id) for cable_id in last} == last
        assert store.counts().cables == len(last)
        assert store.counts().paragraphs == sum(len(cable.paragraphs) for cable in last.values())
        assert store.census.paragraphs_out_of_place() == []
        snapshot = store.snapshot()
        for cable_id in last:
            store.delete(cable_id)
        assert store.is_empty() and store.snapshot() != snapshot
        put(store, *reversed(last.values()))
        assert store.snapshot() == snapshot
        store.close()


def test_replacing_and_deleting_queue_what_must_leave_the_indexes(store: CableStore) -> None:
    put(store, make_cable(texts=("One.", "Two.", "Three.")))
    store.work.mark_done(["08ZEMBLA17"], "r1")
    put(store, make_cable(texts=("One.",)))
    put(store, make_cable(texts=("One.", "Two.")))
    # Both replacements were not worked off: ¶3 is stale still, ¶2 is there again.
    assert store.work.pending_cable("08ZEMBLA17").stale == ("08ZEMBLA17|2|0", "08ZEMBLA17|3|0")
    store.delete("08ZEMBLA17")
    assert "08ZEMBLA17|1|0" in store.work.pending_cable("08ZEMBLA17").stale
    with pytest.raises(NotFound):
        store.delete("08ZEMBLA17")


@pytest.mark.parametrize(
    "spelled",
    ["08ZEMBLA17", "08 Zembla 17", "ZEMBLA 00000017", "Zembla 17", "2008ZEMBLA17", "cable 17 from Zembla"],
)
def test_an_id_is_found_by_every_spelling(store: CableStore, spelled: str) -> None:
    put(store, make_cable(), make_cable("08ZEMBLA171"), make_cable("1978GUATEM00316"))
    assert store.resolve_id(spelled) == "08ZEMBLA17"


def test_a_spelling_that_could_be_two_cables_is_none_of_them(store: CableStore) -> None:
    put(store, make_cable("08ZEMBLA17"), make_cable("09ZEMBLA17"), make_cable("1978GUATEM00316"))
    assert store.resolve_id("Zembla 17") is None
    assert store.resolve_id("Zembla 17 of 2009") == "09ZEMBLA17"
    assert store.resolve_id("Guatemala 316 of 1978") == "1978GUATEM00316"
    assert store.resolve_id("Guadalajara 316") is None
    assert store.resolve_id("what about pigeons") is None


def test_a_missing_cable_names_those_near_it(store: CableStore) -> None:
    put(store, make_cable("08ZEMBLA17"), make_cable("08ZEMBLA19"), make_cable("06FREEDONIA18"))
    assert store.near_ids("08ZEMBLA18")[:2] == ("08ZEMBLA17", "08ZEMBLA19")
    with pytest.raises(NotFound, match="08ZEMBLA17") as caught:
        store.get_cable("08ZEMBLA18")
    assert caught.value.detail["near"] == ["08ZEMBLA17", "08ZEMBLA19", "06FREEDONIA18"]


FILTERS = [
    ("origin", Filters(origins=("embassy zembla",)), {"Z8", "Z9"}),
    ("station", Filters(origins=("Zembla",)), {"Z8", "Z9"}),
    ("tag", Filters(tags=("efis",)), {"F7"}),
    ("tag by its meaning", Filters(tags=("commercial fishing and fish processing",)), {"F7"}),
    ("classification", Filters(classifications=("unclassified",)), {"Z8", "Z9"}),
    ("from", Filters(date_from=date(2008, 5, 6)), {"Z8", "Z9", "Y8"}),
    ("to", Filters(date_to=date(2008, 1, 31)), {"F7", "Y8"}),
    ("inside", Filters(date_from=date(2008, 6, 1), date_to=date(2008, 6, 2)), {"Y8"}),
    ("id", Filters(cable_ids=("Zembla 1 of 2008", "nothing 9")), {"Z8"}),
    ("corpus", Filters(corpora=("OTHER",)), {"F7"}),
    ("both", Filters(origins=("Zembla",), date_from=date(2009, 1, 1)), {"Z9"}),
    ("nothing", Filters(tags=("XXXX",)), set()),
]
NAMES = {"Z8": "08ZEMBLA1", "Z9": "09ZEMBLA1", "F7": "07FREEDONIA2", "Y8": "08YEAR3", "U": "UNDATED4"}


@pytest.mark.parametrize(("name", "filters", "wanted"), FILTERS, ids=[name for name, _, _ in FILTERS])
def test_filters(store: CableStore, name: str, filters: Filters, wanted: set[str]) -> None:
    put(
        store,
        make_cable(NAMES["Z8"]),
        make_cable(NAMES["Z9"], day=date(2009, 3, 1)),
        make_cable(
            NAMES["F7"],
            origin="Consulate Freedonia",
            day=date(2007, 2, 3),
            tags=("EFIS",),
            classification=None,
            corpus="other",
        ),
        of_the_year_2008(),
        make_cable(NAMES["U"], origin=None, day=None, classification=None),
    )
    assert store.matching_cables(filters) == {NAMES[key] for key in wanted}
    listed = store.list_headers(filters, limit=10, after=None)
    assert [header.cable_id for header in listed] == sorted(NAMES[key] for key in wanted)
    assert sum(facet.count for facet in store.facets(filters).corpora) == len(wanted)


def of_the_year_2008() -> Cable:
    """A cable of which only the year is known: it may be of any day that a filter names."""
    from dataclasses import replace

    cable = make_cable(NAMES["Y8"], origin=None, classification=None)
    header = replace(cable.header, date_from=date(2008, 1, 1), date_to=date(2008, 12, 31), sent_at=None)
    return replace(cable, header=header)


def test_no_filter_is_none_and_pages_follow_on(store: CableStore) -> None:
    put(store, *(make_cable(f"08ZEMBLA{n}") for n in (1, 2, 3)))
    assert store.matching_cables(Filters()) is None
    first = store.list_headers(Filters(), limit=2, after=None)
    rest = store.list_headers(Filters(), limit=2, after=first[-1].cable_id)
    assert [h.cable_id for h in (*first, *rest)] == ["08ZEMBLA1", "08ZEMBLA2", "08ZEMBLA3"]


DAYS = st.lists(st.one_of(st.none(), st.dates(date(2005, 1, 1), date(2005, 1, 4))), max_size=8)


@settings(max_examples=20, deadline=None)
@given(DAYS, st.integers(1, 4), st.data())
def test_pages_by_date_go_on_where_they_ended_though_that_cable_is_gone(
    days: list[date | None], limit: int, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder, closing(CableStore.open(Path(folder))) as store:
        put(store, *(make_cable(f"05ZEMBLA{n}", day=day) for n, day in enumerate(days)))
        left, after = [], None
        while page := store.calendar.page(Filters(), limit=limit, after=after):
            left += [(header.date_from or date.max, header.cable_id) for header in page]
            after = place_of(page[-1])
            if data.draw(st.booleans()):
                store.delete(page[-1].cable_id)
        assert left == sorted((day or date.max, f"05ZEMBLA{n}") for n, day in enumerate(days))


def test_references_lead_both_ways(store: CableStore) -> None:
    put(store, make_cable("08ZEMBLA1"), make_cable("08ZEMBLA2", references=("08ZEMBLA1", "99NOWHERE1")))
    assert [r.cable_id for r in store.references("08ZEMBLA2")] == ["08ZEMBLA1", "99NOWHERE1"]
    assert store.referenced_by("08ZEMBLA1") == ("08ZEMBLA2",)


def test_paragraphs_by_key(store: CableStore) -> None:
    put(store, make_cable())
    found = store.paragraphs([("08ZEMBLA17", "2"), ("08ZEMBLA17", "9"), ("nope", "1")])
    assert set(found) == {("08ZEMBLA17", "2")}
    assert store.find_paragraph("08ZEMBLA17", "9") is None
    assert store.raw("08ZEMBLA17") == make_cable().raw


def test_answers_are_kept_with_what_they_cite(store: CableStore) -> None:
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    store.save_answer("a", early, "{}", [("08ZEMBLA17", "1"), ("08ZEMBLA17", "1"), ("08ZEMBLA17", "2")])
    store.save_answer("b", late, '{"x": 1}', [("08ZEMBLA17", "2")])
    assert store.find_answer("b") == '{"x": 1}' and store.find_answer("c") is None
    assert store.ledger.citing("08ZEMBLA17") == ("b", "a")
    assert store.ledger.forget_before(datetime(2026, 1, 15, tzinfo=UTC)) == 1
    assert store.ledger.citing("08ZEMBLA17") == ("b",)


def test_deleted_text_is_gone_from_the_file(tmp_path: Path) -> None:
    store = CableStore.open(tmp_path)
    put(store, make_cable(texts=("The password is swordfish-in-aspic.",)))
    store.delete("08ZEMBLA17")
    store.close()
    files = list(tmp_path.glob(f"{FILE_NAME}*"))
    assert files and not any(b"swordfish-in-aspic" in file.read_bytes() for file in files)


def test_a_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(CollectionDamaged, match="not a database"):
        CableStore.open(tmp_path)


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    store = CableStore.open(tmp_path)
    store.set_meta("schema_version", "999")
    store.close()
    with pytest.raises(CollectionDamaged, match="newer"):
        CableStore.open(tmp_path)
