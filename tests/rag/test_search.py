"""Search over a whole archive: look-ups are exact, scans equal brute force, nothing is silent."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from rag.asking.understand import understand
from rag.finding.rerank import ReaderReranker, RememberingReader
from rag.finding.retrieve import CableRetriever, HybridSearch
from rag.index.collection import Collection
from rag.store.ceiling import Ceiling
from rag.store.under_ceiling import StoreBelow
from rag.text.mrn import read_mrn
from rag.types import (
    CableHeader,
    Coverage,
    Filters,
    Found,
    FoundBy,
    Kind,
    Question,
    Reference,
    ReferenceKind,
    Turn,
)
from tests.cables import make_cable
from tests.fakes import WordReader
from tests.rag import archive_of_zembla as archive

CABLES = archive.cables()


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    # The last cable refers to the first, and to one that is not there.
    referring = replace(
        CABLES[-1],
        references=(
            Reference("A", ReferenceKind.CABLE, "first", CABLES[0].header.cable_id),
            Reference("B", ReferenceKind.CABLE, "05 ZEMBLA 1", "05ZEMBLA1"),
        ),
    )
    with archive.opened(tmp_path_factory.mktemp("zembla"), [*CABLES[:-1], referring]) as opened:
        yield opened


@pytest.fixture(scope="module")
def search(collection: Collection) -> HybridSearch:
    return HybridSearch(collection)


def ask(search: HybridSearch, text: str, k: int = 10, filters: Filters | None = None) -> Found:
    return search.search(understand(Question(text, filters=filters or Filters()), search.archive), k)


def spellings(cable_id: str) -> list[str]:
    number = read_mrn(cable_id)
    assert number is not None and number.year is not None
    year, post, serial = f"{number.year % 100:02d}", number.post, number.serial
    return [
        f"{year}{post}{serial}", f"{year} {post} {serial}", f"{post.title()} {serial}",
        f"{post} {serial:08d}", f"{number.year}{post}{serial}", f"{year}-{post}-{serial}",
        f"{year}{post.title()}{serial:05d}",
        f"{post.title()} {serial} of {number.year}", f"cable {serial} from {post.title()}",
        f"{year}{post.lower()}{serial}",
    ]  # fmt: skip


def test_generated_look_ups_are_exact(search: HybridSearch) -> None:
    """Ids in ten spellings, titles, and windows of posts, dates and senders: 300 in all, 99 % at least."""
    chance = random.Random(4)
    wrong: list[str] = []
    asked = 0
    for cable in chance.sample(CABLES, 18):
        cable_id = cable.header.cable_id
        for spelled in spellings(cable_id):
            asked += 1
            hits = ask(search, f"What does {spelled} say about quotas?").hits
            if not hits or hits[0].paragraph.cable_id != cable_id or hits[0].found_by is not FoundBy.LOOKUP:
                wrong.append(spelled)
    for cable in chance.sample(CABLES, 40):
        asked += 1
        text = f"Who signed the cable titled “{str(cable.header.subject).title()}”?"
        if ask(search, text).hits[0].paragraph.cable_id != cable.header.cable_id:
            wrong.append(text)
    for cable in chance.sample(CABLES, 80):
        asked += 1
        text, expected = _window(chance, cable.header)
        found = ask(search, text)
        if {hit.paragraph.cable_id for hit in found.hits} != expected:
            wrong.append(text)
        assert found.coverage is Coverage.COMPLETE
    assert asked == 300
    assert len(wrong) <= 3, wrong


def _window(chance: random.Random, header: CableHeader) -> tuple[str, set[str]]:
    """A question for all cables of a post and month, a sender, some days, or a post and classification."""
    assert header.date_from is not None and header.origin is not None and header.signature is not None
    city, month = header.origin.split(" ", 1)[1], f"{header.date_from:%B %Y}"
    of_post = {c.header for c in CABLES if c.header.origin == header.origin}
    of_month = {c.header for c in CABLES if c.header.date_from and f"{c.header.date_from:%B %Y}" == month}
    signed = {c.header for c in CABLES if c.header.signature == header.signature}
    classed = {c.header for c in CABLES if c.header.classification == header.classification}
    early = {one for one in of_month if one.date_from and one.date_from.day <= 20}
    name = header.signature.title().replace("Van Den", "van den")
    text, fitting = chance.choice(
        [
            (f"List all cables from {city} sent in {month}.", of_post & of_month),
            (f"List all cables signed by {name}.", signed),
            (f"List all cables sent between 1 {month} and 20 {month}.", early),
            (f"List all {str(header.classification).lower()} cables from {city}.", of_post & classed),
        ]
    )
    return text, {one.cable_id for one in fitting}


def test_a_wrong_id_suggests_the_right_one(search: HybridSearch) -> None:
    """A digit or a letter off: the cable that was meant is among the neighbours, in 95 % at least."""
    chance = random.Random(5)
    missed = []
    for cable in chance.sample(CABLES, 100):
        cable_id = cable.header.cable_id
        number = read_mrn(cable_id)
        assert number is not None
        year, post, serial = cable_id[:2], number.post, number.serial
        letter = chance.randrange(1, len(post))
        wrong = chance.choice(
            [f"{year}{post}{serial + chance.choice((-2, -1, 1, 2))}", f"{int(year) + 11:02d}{post}{serial}",
             f"{year}{post[:letter]}{post[letter + 1 :]}{serial}"]
        )  # fmt: skip
        notes = ask(search, f"What does {wrong} say?").notes
        if not any(wrong in note and cable_id in note for note in notes):
            missed.append((wrong, cable_id, notes))
    assert len(missed) <= 5, missed


def test_scans_find_what_brute_force_finds(search: HybridSearch) -> None:
    """Fifty generated questions, of words and names, within posts, years and kinds of paragraphs."""
    chance = random.Random(6)
    for _ in range(50):
        what, holds = _sought(chance)
        origin, year = chance.choice(list(archive.POSTS)), chance.randrange(2004, 2010)
        kinds = chance.choice([(), (Kind.COMMENT,), (Kind.SUMMARY, Kind.BODY)])
        where = chance.choice(["", f" from {origin.split(' ', 1)[1]}", f" sent in {year}"])
        expected = [
            (c.header.cable_id, p.label)
            for c in CABLES
            for p in c.paragraphs
            if (not kinds or p.kind in kinds)
            and ("from" not in where or c.header.origin == origin)
            and ("sent" not in where or (c.header.date_from or date.min).year == year)
            and holds(p.text)
        ]
        found = ask(search, f"How many cables{where} mention {what}?", filters=Filters(kinds=kinds))
        keys = [(hit.paragraph.cable_id, hit.paragraph.label) for hit in found.hits]
        assert sorted(keys) == sorted(expected), (where, what, kinds)
        assert (found.total, found.coverage) == (len(expected), Coverage.COMPLETE)
        assert f"{found.scanned:,} paragraphs were scanned" in found.notes[-1]


def _sought(chance: random.Random) -> tuple[str, Callable[[str], bool]]:
    """Words of a question, and whether a text holds them, found without any index."""
    name, first, second = chance.choice(archive.NAMES), *chance.sample(archive.WORDS, 2)
    return chance.choice(
        [
            (name, lambda text: _together(name, text)),
            (first, lambda text: first in _words(text)),
            (f"“{first} {second}”", lambda text: _together(f"{first} {second}", text)),
            (f"{first} {second}", lambda text: {first, second} <= set(_words(text))),
            (f"{first} or {name}", lambda text: first in _words(text) or _together(name, text)),
        ]
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _together(words: str, text: str) -> bool:
    return f" {' '.join(_words(words))} " in f" {' '.join(_words(text))} "


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(cable_ids=(CABLES[3].header.cable_id,)),
        Filters(origins=("Tallinn",), kinds=(Kind.COMMENT,)),
        Filters(date_from=date(2005, 1, 1), date_to=date(2005, 12, 31)),
        Filters(senders=("okafor",)),
        Filters(kinds=(Kind.SUMMARY,)),
        Filters(date_from=date(1990, 1, 1)),
    ],
    ids=["none", "one cable", "post and kind", "year", "sender", "kind", "everything"],
)
def test_filters_hold_and_hide_nothing(search: HybridSearch, filters: Filters) -> None:
    """With every paragraph asked for, all that passes is found, and nothing else."""
    passing = {
        (c.header.cable_id, p.label)
        for c in CABLES
        for p in c.paragraphs
        if (not filters.origins or c.header.origin == "Embassy Tallinn")
        and (not filters.cable_ids or c.header.cable_id in filters.cable_ids)
        and (not filters.senders or c.header.signature == "OKAFOR")
        and (not filters.kinds or p.kind in filters.kinds)
        and (filters.date_from or date.min)
        <= (c.header.date_from or date.min)
        <= (filters.date_to or date.max)
    }
    hits = ask(search, "harbor barge pilot", 700, filters).hits
    found = {(hit.paragraph.cable_id, hit.paragraph.label) for hit in hits}
    assert found <= passing
    assert len(found) == len(hits) >= min(len(passing), 100)


def test_parts_add_up_and_order_the_hits(search: HybridSearch) -> None:
    hits = ask(search, "What did the embassy think of the tram strike in May 2006?").hits
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert sum(part.value for part in hit.parts) == pytest.approx(hit.score, abs=1e-4)
    assert {"cable", "kind boost"} <= {part.name for hit in hits for part in hit.parts}


def test_words_that_stand_together_are_found_before_the_same_words_apart(tmp_path: Path) -> None:
    together = "The harbor master counted every lamp. The night ferry quota fell, and the crews went home."
    apart = "The night fell, and the harbor master went home. The crews counted every lamp, quota and ferry."
    # The ids' order is the other one: it would decide between equals.
    cables = [make_cable("05ZEMBLA1", [apart]), make_cable("05ZEMBLA2", [together])]
    with archive.opened(tmp_path, cables) as opened:
        hits = ask(HybridSearch(opened), "What became of the night ferry quota?").hits
    assert [hit.paragraph.text for hit in hits] == [together, apart]
    near = [sum(part.value for part in hit.parts if part.name == "proximity") for hit in hits]
    assert near[0] > near[1] > 0


@pytest.mark.parametrize("filters", [Filters(), Filters(date_from=date(1990, 1, 1))])
def test_what_lies_above_a_ceiling_takes_no_place(collection: Collection, filters: Filters) -> None:
    """As many hits as there would be without what is hidden, also where all of the rest passes a filter."""
    store = StoreBelow(collection.store, Ceiling.CONFIDENTIAL)
    try:
        hits = ask(HybridSearch(replace(collection, store=store)), "harbor barge pilot", 100, filters).hits
        assert len(hits) == 100
        assert {hit.header.classification for hit in hits} == {"UNCLASSIFIED", "CONFIDENTIAL"}
    finally:
        store.close()


def test_a_reference_is_followed_one_hop(search: HybridSearch) -> None:
    referring = CABLES[-1].header.cable_id
    found = ask(search, f"What did reftel A of {referring} say?")
    assert found.hits[0].found_by is FoundBy.REFERENCE
    assert found.hits[0].paragraph.cable_id == CABLES[0].header.cable_id
    missing = ask(search, f"What did reftel B of {referring} say?")
    assert any("05 ZEMBLA 1" in note and "not in this collection" in note for note in missing.notes)
    assert any("gives no reference D" in note for note in ask(search, f"ref D of {referring}?").notes)


def test_a_cable_after_the_deadline_tells_what_was_done_by_then(tmp_path: Path) -> None:
    told = "Inspectors had counted crates and locusts at the harbor by the end of the month."
    early = make_cable("06TALLINN27", (told,), subject="HARBOR", day=date(2006, 2, 3))
    after = make_cable("07TALLINN37", (told,), subject="HARBOR", day=date(2007, 5, 3))
    with archive.opened(tmp_path, [early, after]) as opened:
        hits = ask(HybridSearch(opened), "How many crates had inspectors counted by April 2007?").hits
    assert [hit.paragraph.cable_id for hit in hits] == ["07TALLINN37", "06TALLINN27"]


def test_a_follow_up_stays_with_the_cable_that_was_talked_of(search: HybridSearch) -> None:
    cable = CABLES[7]
    talk = (Turn(f"What is said of {cable.header.subject}?", cable.paragraphs[0].text),)
    question = Question("And what of the rest there?", history=talk)
    hits = search.find(understand(question, search.archive), 3)
    assert hits[0].paragraph.cable_id == cable.header.cable_id


def test_contradicting_filters_find_nothing_and_say_so(search: HybridSearch) -> None:
    found = ask(search, "cables from Tallinn on barges", filters=Filters(origins=("Embassy Lusaka",)))
    assert found.hits == ()
    assert any("exclude each other" in note for note in found.notes)


@pytest.mark.parametrize(
    "text", ["cables from Ouagadougou on barges", "cables sent in May 1911", "cables of 9999"]
)
def test_an_unknown_post_or_date_is_not_widened(search: HybridSearch, text: str) -> None:
    found = ask(search, text)
    assert found.hits == () or "9999" in text


def test_absence_is_evidence(search: HybridSearch) -> None:
    found = ask(search, "Does any cable mention zeppelins?")
    assert (found.hits, found.total, found.coverage) == ((), 0, Coverage.COMPLETE)
    assert found.scanned == len(CABLES) * 4


def test_a_missing_paragraph_is_said(search: HybridSearch) -> None:
    cable_id = CABLES[2].header.cable_id
    found = ask(search, f"What is in para 44 of {cable_id}?")
    assert f"{cable_id} has no paragraph 44; it has 1, 2, 3, 4." in found.notes
    assert found.hits[0].paragraph.cable_id == cable_id


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.one_of(
        st.text(max_size=200),
        st.text(alphabet='AND OR NOT()[]{}"*?~^:\\/+-!&|<>=;%_\x00\x07\u202e', max_size=200),
        st.text(alphabet="cables mention from in 1976May¶#reftel “”", max_size=200),
    )
)
def test_no_text_is_an_operator_or_an_error(search: HybridSearch, text: str) -> None:
    assert len(ask(search, text, 5).hits) <= 1_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n",
        "harbor barge " * 1_540,
        "x" * 20_000,
        "cables sent on 32 May 2007 or 1976-13-45 about barges",
        "cables sent in 0000, 9999 and 31 February 2006",
        "\x00\x07harbor\x1b[2J barge\u202e\u2028",
        'subject:harbor AND (text:"barge pilot"~2 OR -tram^3) [a TO z] /reg.*/ *',
        "NEAR(harbor barge, 5) {label_key} : ^harbor + pilot* NOT tram; DROP TABLE cables --",
    ],
    ids=[
        "empty",
        "blanks",
        "20,000",
        "one word",
        "no days",
        "far years",
        "control",
        "tantivy",
        "FTS and SQL",
    ],
)
def test_a_bad_question_raises_nothing_and_passes_no_filter(search: HybridSearch, text: str) -> None:
    ask(search, text, 5)
    hits = ask(search, text, 5, Filters(origins=("Embassy Muscat",))).hits
    assert {hit.header.origin for hit in hits} <= {"Embassy Muscat"}


@pytest.mark.parametrize(
    "signs", ['"{} {}"', "+{} -{}", "{}^ {}~", "({}) [{}]", "{}* /{}/", "{}; --{}", "\x00{}\x07{}", "{}:{}"]
)
def test_no_sign_changes_what_words_find(collection: Collection, signs: str) -> None:
    plain = collection.lexical.search("harbor barge", 50)
    assert plain and collection.lexical.search(signs.format("harbor", "barge"), 50) == plain


def test_a_reranker_lifts_what_its_reader_is_sure_of_and_reads_nothing_twice(search: HybridSearch) -> None:
    class Counting(WordReader):
        read_texts = 0

        def read(self, question, passages):  # type: ignore[no-untyped-def]
            self.read_texts += len(passages)
            return super().read(question, passages)

    counting = Counting()
    reader = RememberingReader(counting)
    reranker = ReaderReranker(reader)
    plain = ask(search, "harbor barge ferry quota").hits
    hits = reranker.rerank("harbor barge ferry quota", plain)
    assert {hit.paragraph.citation for hit in hits} == {hit.paragraph.citation for hit in plain}
    assert hits[0].score >= hits[1].score
    assert reranker.rerank("harbor barge ferry quota", plain) == hits
    assert counting.read_texts == reranker.depth


@pytest.mark.anyio
class TestCableRetriever(RetrieversIntegrationTests):
    """LangChain's own tests of a retriever."""

    @pytest.fixture(autouse=True)
    def _opened(self, search: HybridSearch) -> None:
        type(self).engine = search  # type: ignore[attr-defined]

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return CableRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, object]:
        return {"search_engine": type(self).engine}  # type: ignore[attr-defined]

    @property
    def retriever_query_example(self) -> str:
        return "harbor barge pilot"
