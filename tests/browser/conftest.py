"""A real Chromium before a real server over the small collection."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from api.service import Service
from tests.api.conftest import collection, disputed_service, empty_service, service
from tests.api.serving import serving

__all__ = ["collection", "disputed_service", "empty_service", "service"]
# A machine that several share is slow at times, and a test must not fail for that.
expect.set_options(timeout=20_000)

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


# Of this package and not of the session: while Playwright runs, no other test can run an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CABLEQA_TEST_BROWSER", "/usr/bin/chromium")
    if not Path(path).exists():
        pytest.skip(f"no browser at {path}: the page was NOT tested (set CABLEQA_TEST_BROWSER)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def live_url(service: Service) -> Iterator[str]:
    with serving(service) as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own; anything on the console, or a request to elsewhere, fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # What a test breaks on purpose (a 404, a 503) is logged by the browser itself.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def watch(request: Request) -> None:
        if not request.url.startswith("http://127.0.0.1:"):
            complaints.append(f"request to {request.url}")

    opened.on("console", hear)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", watch)
    yield opened
    context.close()
    assert complaints == []
