"""What stays of a deleted cable in the ledger, and what a stored answer is worth afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.rechecking import recheck
from rag.answering.turn import Turn
from rag.errors import NotFound
from rag.record import AnswerRecord
from rag.store.cable_store import CableStore
from rag.types import Absence, Answer, DraftSentence, Filters, FoundBy, Hit, Policy, Query, Question, Quote
from rag.verifying.verify import DeterministicVerifier
from tests.api import small

QUESTION = "How many barges did the harbor master count in April?"
BARGES = "The harbor master counted 212 barges in April."
HAIL = "Hail destroyed 480 hectares of orchards near Kapisha."
WRONG = "The harbor master counted 999 barges in April."


@pytest.fixture
def store(tmp_path: Path, store_url: str | None) -> Iterator[CableStore]:
    opened = CableStore.open(tmp_path, url=store_url)
    for cable in small.cables():
        opened.put(cable, ())
    yield opened
    opened.close()


def answered(store: CableStore) -> Answer:
    """An answer from two cables, with a sentence that was removed, in the ledger."""
    hits = []
    for cable_id, label in (("05TALLINN7", "2"), ("06LUSAKA12", "1"), ("05TALLINN7", "3")):
        paragraph, header = store.find_paragraph(cable_id, label), store.find_header(cable_id)
        assert paragraph is not None
        assert header is not None
        hits.append(Hit(paragraph, header, 1.0, FoundBy.BOTH))
    turn = Turn(Question(QUESTION, policy=Policy.DROP), Query(QUESTION, QUESTION, Filters()), tuple(hits))
    verifier = DeterministicVerifier()
    for text, passage in ((BARGES, 1), (HAIL, 2), (WRONG, 1)):
        draft = DraftSentence(text, (Quote(passage),))
        turn.admit(draft, verifier.check(draft, turn.passages))
    answer = turn.answer(verifier.name, store.snapshot())
    assert (len(answer.sentences), len(answer.removed)) == (2, 1)
    cited = [(c.paragraph.cable_id, c.paragraph.label) for c in answer.citations]
    record = AnswerRecord.of(answer).model_dump_json()
    store.save_answer(answer.answer_id, answer.created_at, record, cited)
    return answer


def stored(store: CableStore, answer_id: str) -> AnswerRecord:
    found = store.find_answer(answer_id)
    assert found is not None
    return AnswerRecord.model_validate_json(found)


def test_the_ledger_keeps_hash_and_offsets_of_deleted_text_and_not_the_text(store: CableStore) -> None:
    given = answered(store)
    before = stored(store, given.answer_id)
    store.delete("05TALLINN7")
    after = stored(store, given.answer_id)
    assert after.deleted == ("05TALLINN7",)
    gone, kept = after.citations
    assert (gone.quote, gone.subject) == ("", None)
    for name in ("paragraph_sha256", "char_start", "char_end", "label", "verdict"):
        assert getattr(gone, name) == getattr(before.citations[0], name)
    assert kept == before.citations[1]
    assert after.sentences[1].text == before.sentences[1].text
    assert after.sentences[0].text == "(deleted with 05TALLINN7) [1]"
    assert [item.text for item in after.evidence] == ["", before.evidence[1].text, ""]
    assert store.ledger.citing("05TALLINN7") == (given.answer_id,)


def test_what_a_header_said_goes_with_its_cable(store: CableStore) -> None:
    query = Query(QUESTION, QUESTION, Filters())
    turn = Turn(Question(QUESTION), query, ())
    turn.absence = Absence(1, 3, 0, stated=("05TALLINN7 is signed HOLT.",), told_of=("05TALLINN7",))
    answer = turn.answer("none", store.snapshot())
    store.save_answer(answer.answer_id, answer.created_at, AnswerRecord.of(answer).model_dump_json(), [])
    store.delete("05TALLINN7")
    after = stored(store, answer.answer_id)
    assert after.deleted == ("05TALLINN7",)
    assert "HOLT" not in after.model_dump_json()


@pytest.mark.parametrize("store_url", [None])
def test_no_byte_of_deleted_text_stays_in_the_file(store: CableStore, tmp_path: Path) -> None:
    answered(store)
    store.delete("05TALLINN7")
    store.close()
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"212 barges" not in left
    assert b"999 barges" not in left
    assert b"480 hectares" in left


def test_a_cable_that_no_answer_used_leaves_the_ledger_as_it_is(store: CableStore) -> None:
    given = answered(store)
    before = store.find_answer(given.answer_id)
    store.delete("1976MUSCAT00301")
    assert store.find_answer(given.answer_id) == before


def test_an_answer_is_checked_again_as_the_collection_changes(store: CableStore) -> None:
    given = answered(store)
    verifier = DeterministicVerifier()
    same = recheck(stored(store, given.answer_id), store, verifier)
    assert same.holds
    assert [s.verdict for s in same.sentences] == [s.verdict_then for s in same.sentences]
    lusaka = next(cable for cable in small.cables() if cable.header.cable_id == "06LUSAKA12")
    changed = small.reworded(lusaka, "480 hectares", "90 hectares")
    store.put(changed, ())
    other = recheck(stored(store, given.answer_id), store, verifier)
    assert not other.holds
    assert [c.state for c in other.citations] == ["same", "changed"]
    assert [s.verdict == "supported" for s in other.sentences] == [True, False]
    store.delete("05TALLINN7")
    gone = recheck(stored(store, given.answer_id), store, verifier)
    assert [(c.state, c.quote_found) for c in gone.citations] == [("gone", False), ("changed", False)]
    assert gone.sentences[0].verdict is None
    store.put(next(cable for cable in small.cables() if cable.header.cable_id == "05TALLINN7"), ())
    back = recheck(stored(store, given.answer_id), store, verifier)
    assert (back.citations[0].state, back.citations[0].quote_found) == ("same", True)


def test_a_turn_that_failed_has_nothing_to_check(store: CableStore) -> None:
    turn = Turn(Question(QUESTION), Query(QUESTION, QUESTION, Filters()), ())
    record = AnswerRecord.of(turn.answer("v", store.snapshot(), failure="the model did not answer"))
    with pytest.raises(NotFound):
        recheck(record, store, DeterministicVerifier())
