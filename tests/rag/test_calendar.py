"""Cables by date: bars without a gap in which every dated cable is once, and neighbours both ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import NotFound
from rag.store.cable_store import CableStore
from rag.store.calendar import MONTHS_UP_TO_YEARS
from rag.types import Cable, DatePrecision, Filters, Unit
from tests.cables import make_cable

days = st.none() | st.dates(date(1966, 1, 1), date(2010, 12, 31))


@pytest.fixture
def store(tmp_path: Path, store_url: str | None) -> Iterator[CableStore]:
    opened = CableStore.open(tmp_path, url=store_url)
    yield opened
    opened.close()


def numbered(sent: list[date | None]) -> list[Cable]:
    return [make_cable(f"08ZEMBLA{n}", ("One.",), day=day) for n, day in enumerate(sent, start=1)]


@settings(max_examples=30, deadline=None)
@given(st.lists(days, max_size=8), st.none() | st.dates(date(1990, 1, 1), date(2000, 1, 1)))
def test_every_cable_is_in_one_bar_and_no_bar_is_missing(sent: list[date | None], after: date | None) -> None:
    with TemporaryDirectory() as folder:
        store = CableStore.open(Path(folder))
        for cable in numbered(sent):
            store.put(cable, [])
        timeline = store.calendar.timeline(Filters(date_from=after))
        store.close()
    passing = [day for day in sent if after is None or (day is not None and day >= after)]
    dated = [day for day in passing if day is not None]
    assert timeline.undated == len(passing) - len(dated)
    for bar in timeline.bars:
        assert bar.count == sum(bar.start <= day <= bar.end for day in dated)
    assert sum(bar.count for bar in timeline.bars) == len(dated)
    for bar, following in zip(timeline.bars, timeline.bars[1:], strict=False):
        assert following.start == bar.end + timedelta(days=1)
    if dated:
        few = max(dated).year - min(dated).year < MONTHS_UP_TO_YEARS
        assert timeline.unit is (Unit.MONTH if few else Unit.YEAR)
        assert timeline.bars[0].count and timeline.bars[-1].count


def test_a_cable_of_which_only_the_year_is_known_is_put_in_no_month(store: CableStore) -> None:
    cable = make_cable("08ZEMBLA1", ("One.",))
    year = replace(
        cable.header,
        sent_at=None,
        date_from=date(2008, 1, 1),
        date_to=date(2008, 12, 31),
        date_precision=DatePrecision.YEAR,
    )
    store.put(replace(cable, header=year), [])
    store.put(make_cable("08ZEMBLA2", ("One.",)), [])
    timeline = store.calendar.timeline(Filters())
    assert timeline.unit is Unit.YEAR
    assert [(bar.start.year, bar.count) for bar in timeline.bars] == [(2008, 2)]


@settings(max_examples=30, deadline=None)
@given(st.lists(days, min_size=1, max_size=8))
def test_neighbours_lead_through_a_post_both_ways(sent: list[date | None]) -> None:
    with TemporaryDirectory() as folder:
        store = CableStore.open(Path(folder))
        for cable in numbered(sent):
            store.put(cable, [])
        store.put(make_cable("08FREEDONIA1", ("One.",), origin="Embassy Freedonia"), [])
        walked: list[str] = []
        ids = [f"08ZEMBLA{n}" for n in range(1, len(sent) + 1)]
        around = {cable_id: store.calendar.neighbours(cable_id, Filters()) for cable_id in ids}
        store.close()
    (at,) = [cable_id for cable_id, each in around.items() if each.previous is None]
    while True:
        walked.append(at)
        following = around[at].next
        if following is None:
            break
        previous = around[following.cable_id].previous
        assert previous is not None and previous.cable_id == at
        at = following.cable_id
    assert sorted(walked) == sorted(ids)
    dates = [day for day in (sent[int(cable_id[8:]) - 1] for cable_id in walked) if day is not None]
    assert dates == sorted(dates)


def test_filters_leave_out_neighbours_but_not_the_place_of_the_cable(store: CableStore) -> None:
    for number, tag in enumerate(("EFIS", "PGOV", "PGOV", "EFIS"), start=1):
        store.put(make_cable(f"08ZEMBLA{number}", ("One.",), day=date(2008, number, 1), tags=(tag,)), [])
    around = store.calendar.neighbours("08ZEMBLA2", Filters(tags=("EFIS",)))
    assert around.previous is not None and around.previous.cable_id == "08ZEMBLA1"
    assert around.next is not None and around.next.cable_id == "08ZEMBLA4"


def test_a_cable_of_no_known_post_has_no_neighbours(store: CableStore) -> None:
    for number in (1, 2):
        store.put(make_cable(f"08ZEMBLA{number}", ("One.",), origin=None), [])
    around = store.calendar.neighbours("08ZEMBLA1", Filters())
    assert around.previous is None and around.next is None
    with pytest.raises(NotFound):
        store.calendar.neighbours("08ZEMBLA3", Filters())
