"""Makes the six screenshots of the documentation, from the sample collection.

    python docs/screenshots.py [NAME...] [--data-dir DIR]

It serves the sample cables (loading them first where the folder is empty), drives a real Chromium
(CABLEQA_TEST_BROWSER, else /usr/bin/chromium) and writes docs/images/*.webp.
"""

from __future__ import annotations

import argparse
import base64
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.serving import served

IMAGES = Path(__file__).resolve().parent / "images"
LIMIT_BYTES = 150_000
QUESTION = "How many schools had the Ask Twice bus visited by April 2007?"
FOLLOW_UP = "And by the end of the campaign?"
ABSENT = "Who won the song contest of 1974?"
WAIT_MS = 120_000


@dataclass(frozen=True)
class Shot:
    """One picture: what is done on the page before it is taken, and in what window."""

    name: str
    prepare: Callable[[Page, str], None]
    width: int = 1360
    height: int = 850
    dark: bool = False
    scale: float = 1


def ask(page: Page, url: str, *questions: str) -> None:
    page.goto(url)
    for number, question in enumerate(questions):
        page.get_by_label("Your question").fill(question)
        page.keyboard.press("Enter")
        page.locator(".method").nth(number).wait_for(timeout=WAIT_MS)


def answer(page: Page, url: str) -> None:
    ask(page, url, QUESTION)


def reader(page: Page, url: str) -> None:
    ask(page, url, QUESTION)
    page.locator(".chip").last.click()
    page.locator("mark").wait_for(timeout=WAIT_MS)


def absent(page: Page, url: str) -> None:
    ask(page, url, ABSENT)


def conversation(page: Page, url: str) -> None:
    ask(page, url, QUESTION, FOLLOW_UP)
    page.locator(".asked").last.scroll_into_view_if_needed()


def browse(page: Page, url: str) -> None:
    page.goto(f"{url}browse?tag=EWWT")
    page.locator(".cable-row").first.wait_for(timeout=WAIT_MS)


def search(page: Page, url: str) -> None:
    page.goto(f"{url}browse?q=ferry+collision")
    page.locator(".found").first.click(timeout=WAIT_MS)
    page.locator(".paragraph.cited").wait_for(timeout=WAIT_MS)


SHOTS = (
    Shot("answer", answer),
    Shot("reader-dark", reader, dark=True),
    Shot("not-here", absent),
    Shot("browse", browse),
    Shot("search", search),
    Shot("phone", conversation, width=390, height=780, scale=1.5),
)


def take(browser: Browser, url: str, shot: Shot) -> Path:
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.dark else "light",
        device_scale_factor=shot.scale,
        reduced_motion="reduce",
        locale="en-GB",
    )
    page = context.new_page()
    shot.prepare(page, url)
    page.wait_for_timeout(400)
    # Through the protocol, for Playwright itself writes no WebP.
    taken = context.new_cdp_session(page).send(
        "Page.captureScreenshot", {"format": "webp", "quality": 82, "optimizeForSpeed": False}
    )
    target = IMAGES / f"{shot.name}.webp"
    target.write_bytes(base64.b64decode(taken["data"]))
    context.close()
    size = target.stat().st_size
    if size > LIMIT_BYTES:
        raise SystemExit(f"{target.name} has {size} bytes, more than {LIMIT_BYTES}.")
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="only these, of " + ", ".join(s.name for s in SHOTS)
    )
    parser.add_argument("--data-dir", type=Path, default=Path(".cableqa"))
    chosen = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    path = os.environ.get("CABLEQA_TEST_BROWSER", "/usr/bin/chromium")
    with served(chosen.data_dir) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for shot in SHOTS:
            if chosen.names and shot.name not in chosen.names:
                continue
            target = take(browser, url, shot)
            print(f"{target.name}: {target.stat().st_size} bytes")
        browser.close()


if __name__ == "__main__":
    main()
