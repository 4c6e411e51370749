"""One answer on the page: taken away, judged, asked again, and never jumping while it is written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from api.service import Service
from rag.index.collection import Collection
from tests.api import small
from tests.api.serving import serving
from tests.api.test_runs import PatientModel
from tests.browser.asking import ask, ask_and_wait


def answer_id(page: Page) -> str:
    return str(page.evaluate("new URL(location).searchParams.get('answer')"))


def test_it_is_copied_with_every_citation(browser: Browser, live_url: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    ask_and_wait(page, live_url)
    page.get_by_role("button", name="Copy with citations").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    record = page.evaluate(
        "fetch(`/v1/answers/${new URL(location).searchParams.get('answer')}`).then(r => r.json())"
    )
    assert record["text"] in copied
    for citation in record["citations"]:
        assert f"[{citation['marker']}] {citation['label']}" in copied
        assert citation["quote"] in copied
    context.close()


@pytest.mark.parametrize(("words", "suffix"), [("CSV", ".csv"), ("Markdown", ".md")])
def test_it_is_taken_away_as_a_file(page: Page, live_url: str, words: str, suffix: str) -> None:
    ask_and_wait(page, live_url)
    page.locator(".tools .menu summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=words, exact=True).click()
    assert download.value.suggested_filename == f"cableqa-answer-{answer_id(page)}{suffix}"
    assert "The harbor master counted 212 barges in April" in download.value.path().read_text("utf-8")


def test_it_is_asked_again_beside_the_first(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url)
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".method")).to_have_count(2)
    assert page.locator(".asked").all_inner_texts() == [small.QUESTION] * 2


def test_a_judgement_can_say_why(page: Page, live_url: str, service: Service) -> None:
    ask_and_wait(page, live_url)
    page.get_by_role("button", name="Incomplete").click()
    page.keyboard.type("The month is missing.")
    page.keyboard.press("Enter")
    expect(page.locator(".turn .feedback")).to_have_text("Noted, thank you.")
    (given,) = service.history.feedback.remarks(answer_id(page))
    assert (given.reason, given.comment, given.marker) == ("incomplete", "The month is missing.", None)


def test_one_citation_is_judged(page: Page, live_url: str, service: Service) -> None:
    ask_and_wait(page, live_url)
    chip = page.locator(".chip").last
    marker = int(chip.get_attribute("data-marker") or 0)
    chip.click()
    note = page.locator(".cited-note")
    expect(note).to_contain_text("Supported")
    note.get_by_role("button", name="Does not support it").click()
    page.keyboard.press("Enter")
    expect(note).to_contain_text("Noted, thank you.")
    (given,) = service.history.feedback.remarks(answer_id(page))
    assert (given.reason, given.marker) == ("does_not_support", marker)


def test_the_keys_step_through_the_citations(page: Page, live_url: str) -> None:
    ask_and_wait(
        page, live_url, "Which ship measured 14 meters at the quay, and did the master count 212 barges?"
    )
    page.locator(".chip").first.click()
    expect(page.locator("mark")).to_be_visible()
    first = page.locator("mark").inner_text()
    page.keyboard.press("n")
    expect(page.locator("mark")).not_to_have_text(first)
    page.keyboard.press("p")
    expect(page.locator("mark")).to_have_text(first)


def test_the_reader_leads_through_the_post(page: Page, live_url: str) -> None:
    page.goto(f"{live_url}/?cable=05TALLINN7")
    expect(page.locator(".post")).to_contain_text("First of this post")
    page.get_by_role("link", name="Next cable of this post: 07TALLINN9").click()
    expect(page.locator(".reader-title")).to_have_text("07TALLINN9")
    assert "cable=07TALLINN9" in page.url
    page.get_by_role("link", name="Previous cable of this post: 05TALLINN7").click()
    expect(page.locator(".reader-title")).to_have_text("05TALLINN7")
    expect(page.locator(".kind").first).to_have_text("Summary")


def test_a_missing_cable_is_said_to_be_missing(page: Page, live_url: str) -> None:
    page.goto(f"{live_url}/?cable=09NOWHERE1")
    expect(page.get_by_role("alert")).to_contain_text("09NOWHERE1")


def test_paper_holds_the_words_of_every_source(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url)
    page.emulate_media(media="print")
    expect(page.locator(".ask")).to_be_hidden()
    expect(page.locator(".tools")).to_be_hidden()
    expect(page.locator(".sources")).to_be_visible()
    expect(page.locator(".sources")).to_contain_text("The harbor master counted 212 barges in April.")


@pytest.fixture
def patient(collection: Collection) -> Iterator[tuple[str, PatientModel]]:
    model = PatientModel(4)
    service = small.build_service(collection, model)
    with serving(service) as url:
        yield url, model
        model.let.release(50)
    service.close()


def test_a_slow_answer_says_that_it_goes_on(page: Page, patient: tuple[str, PatientModel]) -> None:
    url, _ = patient
    page.clock.install()
    page.goto(url)
    ask(page, small.QUESTION)
    expect(page.locator(".progress")).to_contain_text("each sentence is checked")
    page.clock.fast_forward(10_000)
    expect(page.locator(".progress")).to_contain_text("Still working")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("alert")).to_contain_text("You stopped this answer")


WATCH = """() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
}"""


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_jumps_while_sentences_arrive(
    browser: Browser, patient: tuple[str, PatientModel], width: int
) -> None:
    url, model = patient
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(url)
    expect(page.locator("#welcome h1")).to_be_visible()
    ask(page, small.QUESTION)
    expect(page.locator(".progress")).to_contain_text("each sentence is checked")
    page.wait_for_timeout(200)
    page.evaluate(WATCH)
    before = page.evaluate("window.shifted")
    shown = page.locator(".turn .sentence, .turn .found").first.bounding_box()
    for _ in range(4):
        model.let.release()
        page.wait_for_timeout(120)
    expect(page.locator(".method")).to_be_visible()
    page.wait_for_timeout(200)
    # What is below the text being written moves down with it, and nothing else moves.
    assert page.evaluate("window.shifted") - before < 0.1
    if width > 1000 and shown:
        after = page.locator(".turn .found").first.bounding_box()
        assert after is not None and after["y"] == pytest.approx(shown["y"], abs=1)
    context.close()


def test_a_citation_opens_without_moving_the_answer(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url)
    where = page.locator(".sentence").first.bounding_box()
    page.locator(".chip").first.click()
    expect(page.locator("mark")).to_be_visible()
    assert page.locator(".sentence").first.bounding_box() == where
