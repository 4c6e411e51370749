"""Conversations on the page: they come back whole, can be shared, renamed and deleted."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, expect

from api.history import History
from api.service import Service
from rag.config import Settings
from rag.index.collection import Collection
from tests.api import small
from tests.api.serving import serving
from tests.browser.asking import ask, ask_and_wait

FOLLOW_UP = "What will the port ask for?"


def two_turns(page: Page, url: str) -> None:
    ask_and_wait(page, url)
    ask(page, FOLLOW_UP)
    expect(page.locator(".method")).to_have_count(2)


def conversation_id(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query)["conversation"][0]


def drawn(page: Page) -> list[str]:
    return page.locator(".asked, .outcome, .sentences, .found-label").all_inner_texts()


def test_a_conversation_comes_back_whole_with_its_citations(page: Page, live_url: str) -> None:
    two_turns(page, live_url)
    before = drawn(page)
    page.reload()
    expect(page.locator(".method")).to_have_count(2)
    assert drawn(page) == before
    page.locator(".sentence", has_text="212 barges").first.locator(".chip").click()
    expect(page.locator("mark")).to_contain_text("212 barges")


def test_its_address_opens_it_elsewhere(page: Page, browser: Browser, live_url: str) -> None:
    two_turns(page, live_url)
    context = browser.new_context()
    other = context.new_page()
    other.goto(f"{live_url}/?conversation={conversation_id(page)}")
    expect(other.locator(".method")).to_have_count(2)
    assert drawn(other) == drawn(page)
    context.close()


def test_a_follow_up_is_understood_with_what_went_before(page: Page, live_url: str, service: Service) -> None:
    ask_and_wait(page, live_url)
    page.reload()
    expect(page.locator(".method")).to_be_visible()
    ask(page, "And who counted them?")
    expect(page.locator(".method")).to_have_count(2)
    expect(page.locator(".method").last).to_contain_text("Understood as")
    assert len(service.history.conversations.get(conversation_id(page)).answer_ids) == 2


def test_an_open_citation_is_still_open_after_a_reload(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url)
    page.locator(".sentence", has_text="212 barges").locator(".chip").click()
    expect(page.locator("mark")).to_contain_text("212 barges")
    page.reload()
    expect(page.locator("mark")).to_contain_text("212 barges")
    expect(page.locator(".chip[aria-current]")).to_have_count(1)
    page.get_by_role("button", name="Close the cable").click()
    assert "cable=" not in page.url


def test_it_is_renamed_and_deleted(page: Page, live_url: str, service: Service) -> None:
    ask_and_wait(page, live_url, "How many hectares of orchards did hail destroy?")
    page.goto(live_url)
    ask(page, small.QUESTION)
    expect(page.locator(".method")).to_be_visible()
    here = conversation_id(page)
    page.get_by_role("button", name="Conversations").click()
    drawer = page.get_by_role("dialog", name="Conversations")
    first = drawer.locator(".conversation").first
    expect(first.get_by_role("link")).to_have_text(small.QUESTION)
    first.get_by_role("button", name=f"Rename {small.QUESTION}").click()
    page.get_by_label("New title").fill("Barges in <b>April</b>")
    page.keyboard.press("Enter")
    expect(first.get_by_role("link")).to_have_text("Barges in <b>April</b>")
    assert service.history.conversations.get(here).title == "Barges in <b>April</b>"

    before = drawer.locator(".conversation").count()
    other = drawer.locator(".conversation", has_text="hectares").first
    other.get_by_role("button", name="Delete").click()
    # Asked once more, with the harmless answer under the finger.
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(drawer.locator(".conversation")).to_have_count(before - 1)

    first.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Yes, delete it").click()
    # The one that was open is gone, so the page begins anew.
    expect(page.locator("#welcome h1")).to_be_visible()
    assert "conversation" not in page.url


def test_one_that_was_deleted_is_said_to_be_gone_and_the_next_question_begins_another(
    page: Page, live_url: str, service: Service
) -> None:
    ask_and_wait(page, live_url)
    gone = conversation_id(page)
    service.history.conversations.delete(gone)
    ask(page, FOLLOW_UP)
    expect(page.get_by_role("alert")).to_contain_text("not_found")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".method")).to_have_count(2)
    assert conversation_id(page) != gone
    page.goto(f"{live_url}/?conversation={gone}")
    expect(page.get_by_role("alert")).to_contain_text("no conversation")


def test_where_nothing_is_kept_no_conversation_is_begun(page: Page, collection: Collection) -> None:
    keeping = small.build_service(collection)
    service = replace(keeping, settings=Settings(keep_questions_days=0))
    before = len(service.history.conversations.latest(200))
    with serving(service) as url:
        ask_and_wait(page, url)
        expect(page.locator("#privacy")).to_have_text("Questions and answers are not kept.")
        assert "conversation" not in page.url
    assert len(History.open(collection.store.path).conversations.latest(200)) == before


def test_the_keyboard_opens_and_leaves_the_conversations(page: Page, live_url: str) -> None:
    page.goto(live_url)
    expect(page.locator("#welcome h1")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_role("dialog", name="Conversations")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Conversations")).to_be_hidden()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Next citation")
    keys.get_by_label("Single keys are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.get_by_role("dialog", name=re.compile("Conversations"))).to_be_hidden()
