"""The report page and the comparison in a real browser: filters, opening a sample, dark, narrow, printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from evals.comparison import write_comparison
from evals.families import Family, Material, with_families
from evals.measure import measure
from evals.subjects import PipelineSubject
from tests.evals.book import BookPipeline, made_book, made_sample


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with some failures, a family, and the comparison with a run that lacks one of them."""
    folder = tmp_path_factory.mktemp("run")
    book, questions = made_book()
    gold = next(iter(book.by_key))
    wrong = made_sample("wrong", "How many boats did officials count at Arden?", [gold], ["absent"])
    shy = made_sample("shy", "Zebra?", [gold], ["x"], kind="fact")
    asked = with_families(
        replace(questions, samples=(*questions.samples, wrong, shy)), [Family.DRESSED], Material()
    )
    subject = PipelineSubject(BookPipeline(book), book)
    measure(asked, subject, folder / "a")
    right = replace(wrong, key_facts=(("100",),))
    measure(
        replace(asked, samples=tuple(right if s.id == "wrong" else s for s in asked.samples)),
        subject,
        folder / "b",
    )
    write_comparison(folder / "a", folder / "b", folder / "comparison.html")
    return folder


@pytest.fixture
def offline(browser: Browser) -> Iterator[Page]:
    """A page that may ask the network for nothing, and complain of nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def test_failures_are_filtered_and_opened(run: Path, offline: Page) -> None:
    offline.goto((run / "a" / "report.html").as_uri())
    shown = offline.locator("details.sample:visible")
    assert shown.count() >= 2
    offline.get_by_label("what went wrong").select_option("abstained wrongly")
    expect(offline.locator("#shy")).to_be_visible()
    expect(offline.locator("#wrong")).to_be_hidden()
    offline.get_by_label("what went wrong").select_option("")
    offline.get_by_label("contains").fill("absent")
    expect(offline.locator("#wrong")).to_be_visible()
    expect(offline.locator("#shy")).to_be_hidden()
    offline.locator("#wrong > summary").click()
    for heading in ("Expected", "Answered", "Cited", "Evidence", "Scores"):
        expect(offline.locator("#wrong").get_by_role("heading", name=heading)).to_be_visible()


def test_a_sample_opens_by_its_address(run: Path, offline: Page) -> None:
    offline.goto((run / "a" / "report.html").as_uri() + "#shy")
    expect(offline.locator("#shy")).to_have_attribute("open", "")


def test_a_difference_shows_both_answers(run: Path, offline: Page) -> None:
    offline.goto((run / "comparison.html").as_uri())
    offline.get_by_label("direction").select_option("better")
    offline.locator("#wrong > summary").click()
    for heading in ("Before", "After"):
        expect(offline.locator("#wrong").get_by_role("heading", name=heading)).to_be_visible()
    expect(offline.locator("#wrong .facts")).to_contain_text("answer.key_facts")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(run: Path, offline: Page, width: int, scheme: str) -> None:
    offline.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    offline.set_viewport_size({"width": width, "height": 800})
    for name in ("a/report.html", "comparison.html"):
        offline.goto((run / name).as_uri())
        assert offline.evaluate("document.documentElement.scrollWidth") <= width
    ground = offline.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(int(part) for part in ground[4:-1].split(",")) / 3
    assert (lightness < 64) is (scheme == "dark")


def test_on_paper_the_filters_are_gone_and_tables_whole(run: Path, offline: Page) -> None:
    offline.set_viewport_size({"width": 718, "height": 1000})
    offline.emulate_media(media="print", color_scheme="dark")
    offline.goto((run / "a" / "report.html").as_uri())
    expect(offline.locator("form.filters")).to_be_hidden()
    assert offline.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert offline.evaluate(
        "[...document.querySelectorAll('table')].every(t => t.getBoundingClientRect().right <= 718)"
    )
