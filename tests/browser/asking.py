"""What most tests of the page begin with."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.api import small


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()


def ask_and_wait(page: Page, url: str, question: str = small.QUESTION) -> None:
    """Open the page, ask, and wait for the whole answer."""
    page.goto(url)
    ask(page, question)
    expect(page.locator(".method")).to_be_visible()
