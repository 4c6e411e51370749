"""A server that wants a key: the browser asks first, the page asks again where that key ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from api.keys import KeyBook, Scope
from rag.index.collection import Collection
from tests.api import small
from tests.api.serving import serving
from tests.browser.asking import ask
from tests.browser.test_access import grave_findings


@pytest.fixture
def guarded(collection: Collection, tmp_path: Path) -> Iterator[tuple[str, KeyBook]]:
    service = small.build_guarded(collection, tmp_path)
    assert service.keys is not None
    with serving(service) as url:
        yield url, service.keys


def opened_with(browser: Browser, key: str, url: str) -> Page:
    """A page whose reader typed the key into the browser's own question for a password."""
    context = browser.new_context(http_credentials={"username": "anyone", "password": key})
    page = context.new_page()
    page.goto(url)
    expect(page.locator("#welcome h1")).to_be_visible()
    # What the page asks for at its start is all answered: none of it meets a key revoked after.
    page.wait_for_load_state("networkidle")
    return page


def test_a_key_that_ends_is_asked_for_again_and_kept_for_the_tab_only(
    browser: Browser, guarded: tuple[str, KeyBook]
) -> None:
    url, book = guarded
    first, text = book.create("first", Scope.ASK)
    page = opened_with(browser, text, url)
    book.revoke(first.key_id)
    ask(page, small.QUESTION)
    dialog = page.get_by_role("dialog", name="This server asks for a key")
    expect(dialog.get_by_label("Key")).to_be_focused()
    assert grave_findings(page) == []
    page.keyboard.type("cqa_0123_wrong")
    page.keyboard.press("Enter")
    again = page.get_by_role("dialog", name="That key does not open this")
    _, second = book.create("second", Scope.ASK)
    again.get_by_label("Key").fill(second)
    again.get_by_role("button", name="Use this key").click()
    # The question that waited goes out with it.
    expect(page.locator(".method")).to_be_visible()
    held = "[Object.values(sessionStorage), Object.values(localStorage), document.cookie]"
    assert page.evaluate(held) == [[second], [], ""]
    assert second not in page.content() and second not in page.url
    other = page.context.new_page()
    # Of this origin, and without a key of its own.
    other.goto(f"{url}/healthz")
    assert other.evaluate(held) == [[], [], ""]
    page.context.close()


def test_who_has_no_key_is_told_what_is_missing(browser: Browser, guarded: tuple[str, KeyBook]) -> None:
    url, book = guarded
    caller, text = book.create("first", Scope.ASK)
    page = opened_with(browser, text, url)
    book.revoke(caller.key_id)
    ask(page, small.QUESTION)
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("alert")).to_contain_text("This server wants a key")
    page.context.close()


def test_a_key_that_may_only_read_is_told_so(browser: Browser, guarded: tuple[str, KeyBook]) -> None:
    url, book = guarded
    page = opened_with(browser, book.create("reader", Scope.READ)[1], url)
    ask(page, small.QUESTION)
    expect(page.get_by_role("alert")).to_contain_text("This key may read, and this wants ask")
    page.goto(f"{url}/browse?q=barges")
    page.get_by_role("button", name="Save this search").click()
    expect(page.get_by_role("alert")).to_contain_text("This key may read")
    page.context.close()
