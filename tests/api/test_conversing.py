"""The terminal's conversation over the small collection, as it reads in a pipe and in a terminal."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from api.conversing import Chat, ConversationEnded
from api.history import History
from api.service import Service
from rag.errors import CableqaError, NotFound, UsageError
from rag.types import Filters, Mode, Policy
from tests.api import small


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def begin(service: Service, written: io.StringIO) -> Callable[..., Chat]:
    def make(*, terminal: bool = False, over: Service = service) -> Chat:
        console = Console(file=written, force_terminal=terminal, width=100, highlight=False)
        return Chat(
            over.pipeline,
            over.history,
            console,
            mode=Mode.AUTO,
            policy=Policy.REPAIR,
            filters=Filters(),
        )

    return make


def hear(chat: Chat, written: io.StringIO, *lines: str) -> str:
    """What the last of the lines printed."""
    before = 0
    for line in lines:
        before = len(written.getvalue())
        chat.hear(line)
    return written.getvalue()[before:]


def test_an_answer_has_footnotes_and_a_footnote_can_be_shown(
    begin: Callable[..., Chat], written: io.StringIO
) -> None:
    chat = begin()
    printed = hear(chat, written, small.QUESTION)
    assert "✓" in printed
    assert "[1] 05TALLINN7 ¶2" in printed
    shown = hear(chat, written, "/show 1")
    quote = chat.record().answers[-1].citations[0].quote
    assert f"⟦{quote}⟧" in shown
    assert hear(chat, written, "/show [1]") == shown


def test_in_a_terminal_the_words_stand_out_without_signs(
    begin: Callable[..., Chat], written: io.StringIO
) -> None:
    chat = begin(terminal=True)
    shown = hear(chat, written, small.QUESTION, "/show 1")
    assert f"\x1b[7m{chat.record().answers[-1].citations[0].quote}\x1b[0m" in shown
    assert "⟦" not in shown


def test_cables_and_paragraphs_are_shown_in_any_spelling(
    begin: Callable[..., Chat], written: io.StringIO
) -> None:
    assert "HARBOR FEES RISE" in hear(begin(), written, "/show 'tallinn 9'")
    assert "480 hectares" in hear(begin(), written, "/show 06 lusaka 12 1")


def test_filters_narrow_what_follows_until_they_are_cleared(
    begin: Callable[..., Chat], written: io.StringIO
) -> None:
    chat = begin()
    assert "origins: Lusaka; date_from: 2006-01-01" in hear(
        chat, written, "/filter origin=Lusaka date_from=2006-01-01"
    )
    chat.hear(small.QUESTION)
    assert {hit.cable_id for hit in chat.record().answers[-1].evidence} == {"06LUSAKA12"}
    assert "Filters: none" in hear(chat, written, "/filter clear")
    assert "[1] 05TALLINN7 ¶2" in hear(chat, written, small.QUESTION)


def test_a_follow_up_leans_on_what_was_asked(begin: Callable[..., Chat], written: io.StringIO) -> None:
    chat = begin()
    hear(chat, written, small.QUESTION, "And in May?")
    assert "barges" in chat.record().answers[1].standalone_question
    hear(chat, written, "/new", "And in May?")
    assert chat.record().answers[0].standalone_question == "And in May?"


def test_a_conversation_is_kept_and_taken_up(
    begin: Callable[..., Chat], written: io.StringIO, service: Service
) -> None:
    first = begin()
    first.hear(small.QUESTION)
    kept = first.record()
    assert service.history.conversations.get(kept.conversation_id).title == small.QUESTION
    again = begin()
    again.take_up(kept.conversation_id)
    assert again.record() == kept
    told = hear(again, written, "/history")
    assert small.QUESTION in told
    assert kept.conversation_id in told
    with pytest.raises(NotFound):
        again.take_up("none")


@pytest.mark.parametrize(
    "line",
    ["/fly", "/show", "/show 7", "/show 05TALLINN8", "/show 05TALLINN7 99", "/filter colour=red",
     "/filter date_from=yesterday", "/filter date_from=2009-01-01 date_to=2008-01-01", "/show 'x",
     "x" * 5000],
    ids=lambda line: line[:25],
)  # fmt: skip
def test_what_cannot_be_done_is_said(begin: Callable[..., Chat], line: str) -> None:
    chat = begin()
    with pytest.raises(CableqaError) as refused:
        chat.hear(line)
    assert refused.value.message
    chat.hear(small.QUESTION)
    assert chat.record().answers


def test_it_ends_where_the_reader_says_so(begin: Callable[..., Chat], written: io.StringIO) -> None:
    chat = begin()
    hear(chat, written, "", "/help")
    for line in ("/quit", "/exit", "/q"):
        with pytest.raises(ConversationEnded):
            chat.hear(line)


def test_an_empty_history_is_no_failure(
    tmp_path: Path, begin: Callable[..., Chat], written: io.StringIO
) -> None:
    assert "nothing was asked yet" in hear(begin(), written, "/history")
    with pytest.raises(UsageError):
        begin().hear("/show 1")
    assert History.open(tmp_path).conversations.latest(5) == ()


def test_what_was_searched_and_what_cables_say_are_told_apart_from_the_text(
    begin: Callable[..., Chat], written: io.StringIO, disputed_service: Service
) -> None:
    silence = hear(begin(), written, small.EMPTY_QUESTION)
    assert "  searched: 7 paragraphs in 4 cables" in silence
    said = hear(begin(terminal=True, over=disputed_service), written, small.QUESTION)
    assert "What each cable says" in said
    for figure, source in (("198", "4 May 2008  08TALLINN2 ¶1"), ("212", "4 May 2005  05TALLINN7 ¶2")):
        assert any(figure in line and source in line for line in said.splitlines())
