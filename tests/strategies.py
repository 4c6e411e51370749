"""Hypothesis strategies for the values of the library."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from rag.types import Cable
from tests.cables import make_cable

WORDS = st.sampled_from(
    "the minister met econoff pigeons 80,000 U.S. fishing quota (SBU) ¶9 Zembla naïve $4.5 No. END".split()
)
# Any text that a store must take: NUL, quotes, letters outside the basic plane; no lone surrogates.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
SENTENCES = st.lists(WORDS, min_size=1, max_size=30).map(" ".join)
TEXTS = st.lists(st.one_of(SENTENCES, ANY_TEXT).filter(str.strip).map(str.strip), min_size=1, max_size=4)
CABLE_IDS = st.builds(
    lambda year, post, serial: f"{year:02d}{post}{serial}",
    st.integers(5, 9),
    st.sampled_from(["ZEMBLA", "FREEDONIA"]),
    st.integers(1, 4),
)


@st.composite
def cables(draw: st.DrawFn) -> Cable:
    """A cable under one of a few ids, so that some replace others."""
    return make_cable(
        draw(CABLE_IDS),
        draw(TEXTS),
        headings=draw(st.lists(st.none() | st.just("COD WAR"), max_size=3)),
        subject=draw(st.none() | SENTENCES),
        origin=draw(st.sampled_from([None, "Embassy Zembla", "Consulate Freedonia"])),
        day=draw(st.none() | st.dates(date(2005, 1, 1), date(2009, 12, 31))),
        classification=draw(st.sampled_from([None, "UNCLASSIFIED", "CONFIDENTIAL"])),
        tags=tuple(draw(st.lists(st.sampled_from(["PGOV", "EFIS", "ZE"]), unique=True))),
    )
