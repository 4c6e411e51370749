"""The page as a reader uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from api.runs import Runs
from api.service import Service
from rag.index.collection import Collection
from tests.api import small
from tests.api.serving import serving
from tests.api.test_app import AbsentModel
from tests.api.test_runs import PatientModel
from tests.browser.asking import ask, ask_and_wait


def test_an_answer_cites_and_the_source_opens_beside_it(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url)
    expect(page.locator(".outcome")).to_have_text("Answered from the cables")
    expect(page.locator(".sentence .verdict").first).to_have_attribute("aria-label", "Supported")
    chip = page.locator(".chip").first
    expect(chip).to_have_text("05TALLINN7 ¶2")
    chip.click()
    record = page.evaluate(
        "fetch(`/v1/answers/${new URL(location).searchParams.get('answer')}`).then(r => r.json())"
    )
    # "𝒢" stands before the quotation: an offset counted in UTF-16 units would be one off.
    expect(page.locator("mark")).to_have_text(record["citations"][0]["quote"])
    expect(page.locator(".paragraph.cited .text")).to_have_text(small.HARBOR[2][1])
    expect(page.locator(".reader .card")).to_contain_text("Embassy Tallinn")
    expect(page.locator(".reader .stamp")).to_have_text("UNCLASSIFIED")


def test_it_says_that_no_model_took_part(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url)
    expect(page.locator("#engine")).to_contain_text("no language model")
    expect(page.locator(".method")).to_contain_text("no language model took part")
    expect(page.locator("#privacy")).to_contain_text("kept here for 365 days")


def test_references_lead_both_ways(page: Page, live_url: str) -> None:
    page.goto(f"{live_url}/?cable=07TALLINN9")
    reader = page.locator("#reader")
    expect(reader.locator(".outside")).to_contain_text("05TALLINN8")
    reader.get_by_role("link", name="05TALLINN7", exact=True).click()
    expect(reader.locator(".reader-title")).to_have_text("05TALLINN7")
    reader.get_by_role("link", name="07TALLINN9", exact=True).click()
    expect(reader.locator(".reader-title")).to_have_text("07TALLINN9")


def test_feedback_is_kept_with_the_answer(page: Page, live_url: str, service: Service) -> None:
    ask_and_wait(page, live_url)
    page.get_by_role("button", name="Helpful").click()
    expect(page.locator(".turn .feedback")).to_have_text("Noted, thank you.")
    answer_id = re.search("answer=([0-9a-f]+)", page.url)
    assert answer_id is not None
    assert [given.reason for given in service.history.feedback.remarks(answer_id.group(1))] == ["helpful"]


def test_evidence_says_why_it_was_found(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url)
    first = page.locator(".found").first
    expect(first).to_contain_text("05TALLINN7 ¶2")
    expect(first).to_contain_text(re.compile("found by (meaning|its words|meaning and words)"))
    expect(first).to_contain_text("cited")
    first.click()
    expect(page.locator(".paragraph.cited")).to_contain_text("212 barges")


def test_an_answer_survives_a_reload(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url)
    before = page.locator(".sentences").inner_text()
    page.reload()
    expect(page.locator(".method")).to_be_visible()
    assert page.locator(".sentences").inner_text() == before
    page.locator(".sentence", has_text="212 barges").locator(".chip").click()
    expect(page.locator("mark")).to_contain_text("212 barges")


def test_filters_are_chips_and_in_the_url(page: Page, live_url: str) -> None:
    page.goto(live_url)
    page.locator("#narrow summary").click()
    page.get_by_label("Post").select_option("Embassy Lusaka")
    expect(page.locator("#narrowed")).to_contain_text("Post: Embassy Lusaka")
    assert "origin=Embassy+Lusaka" in page.url
    ask(page, "How many hectares of orchards did hail destroy near Kapisha?")
    expect(page.locator(".method")).to_be_visible()
    assert set(page.locator(".found-label").all_text_contents()) == {"06LUSAKA12 ¶1", "06LUSAKA12 ¶2"}
    page.reload()
    page.get_by_role("button", name="Remove the filter Post Embassy Lusaka").click()
    expect(page.locator("#narrowed li")).to_have_count(0)
    assert "origin" not in page.url


def test_what_is_not_there_is_said_calmly(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url, small.EMPTY_QUESTION)
    expect(page.locator(".outcome")).to_have_text("Not in this collection")
    expect(page.locator(".absence")).to_contain_text("nothing was written")
    expect(page.locator(".chip")).to_have_count(0)


def test_what_only_the_header_says_is_no_absence(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url, "Who signed 05TALLINN7?")
    expect(page.locator(".outcome")).to_have_text("In the header only")
    expect(page.locator(".absence-lead")).to_contain_text("05TALLINN7 is signed HOLT.")
    expect(page.locator(".absence")).not_to_contain_text("Came nearest")
    expect(page.locator(".absence")).not_to_contain_text("Searched")
    expect(page.locator(".method")).to_contain_text("no paragraph was read")


def test_markup_in_a_cable_stays_text(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url, "What do growers say of insurance and the tenth?")
    page.goto(f"{live_url}/?cable=06LUSAKA12")
    expect(page.locator(".card-subject")).to_have_text(small.ORCHARD[1])
    expect(page.locator("#p-2 .text")).to_have_text(small.ORCHARD[2][1])
    assert page.locator("#reader img, #reader script, #turns img").count() == 0
    assert page.title() == "cableqa"


def test_an_empty_collection_says_how_to_fill_it(page: Page, empty_service: Service) -> None:
    with serving(empty_service) as url:
        page.goto(url)
        expect(page.locator(".empty")).to_contain_text("cableqa ingest PATH")
        ask(page, small.QUESTION)
        expect(page.get_by_role("alert")).to_contain_text("collection_empty")


def test_a_failure_names_itself_and_can_be_tried_again(page: Page, collection: Collection) -> None:
    service = small.build_service(collection, AbsentModel())
    with serving(service) as url:
        page.goto(url)
        ask(page, small.QUESTION)
        expect(page.get_by_role("alert")).to_contain_text("ollama:absent does not answer")
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("alert")).to_contain_text("model_unavailable")
        expect(page.locator(".turn")).to_have_count(1)


@pytest.fixture
def patient(collection: Collection) -> Iterator[tuple[Service, PatientModel]]:
    model = PatientModel(3)
    service = small.build_service(collection, model)
    object.__setattr__(service, "runs", Runs(service.workers, grace_s=0.2))
    yield service, model
    model.let.release(50)
    service.close()


def test_sentences_arrive_one_by_one_and_can_be_stopped(
    page: Page, patient: tuple[Service, PatientModel]
) -> None:
    service, model = patient
    with serving(service) as url:
        page.goto(url)
        ask(page, small.QUESTION)
        expect(page.locator(".progress")).to_contain_text("each sentence is checked")
        model.let.release()
        expect(page.locator(".sentence, .removed li")).to_have_count(1)
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("alert")).to_contain_text("You stopped this answer")
        expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
        model.let.release(10)
        assert model.closed.wait(10)


def test_a_connection_that_is_cut_is_taken_up_again_without_loss_or_repeat(page: Page, live_url: str) -> None:
    behind: list[str | None] = []

    def cut(route: Route) -> None:
        behind.append(route.request.headers.get("last-event-id"))
        whole = route.fetch()
        # Each connection brings one event more than what was seen before, and then breaks off.
        events = [block for block in whole.text().split("\n\n") if "data: " in block]
        route.fulfill(response=whole, body=events[0] + "\n\n")

    page.route("**/v1/answers/stream", cut)
    page.goto(live_url)
    ask(page, small.QUESTION)
    expect(page.locator(".method")).to_be_visible()
    assert behind[0] is None
    numbers = [int((event_id or "").rpartition(":")[2]) for event_id in behind[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    answer_id = page.evaluate("new URL(location).searchParams.get('answer')")
    record = page.evaluate("id => fetch(`/v1/answers/${id}`).then(r => r.json())", answer_id)
    assert page.locator(".sentence").count() == len(record["sentences"])


def test_the_keyboard_is_enough(page: Page, live_url: str) -> None:
    page.goto(live_url)
    expect(page.locator("#welcome h1")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type(small.QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".method")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    for _ in range(30):
        if page.evaluate("document.activeElement.className").startswith("chip"):
            break
        page.keyboard.press("Shift+Tab")
    opened = page.evaluate("document.activeElement.dataset.marker")
    page.keyboard.press("Enter")
    expect(page.locator("mark")).to_be_visible()
    expect(page.locator("#reader")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#reader")).to_be_hidden()
    # Focus goes back to the very chip that opened the cable.
    expect(page.locator(f".chip[data-marker='{opened}']")).to_be_focused()


@pytest.mark.parametrize("width", [320, 390, 768])
def test_it_fits_a_phone(browser: Browser, live_url: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 780}, has_touch=True)
    page = context.new_page()
    ask_and_wait(page, live_url)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    page.locator(".chip").first.click()
    expect(page.locator("mark")).to_be_in_viewport()
    assert page.evaluate(fits)
    page.get_by_role("button", name="Close the cable").click()
    expect(page.locator(".sentence").first).to_be_visible()
    context.close()


def test_it_is_dark_where_dark_is_asked_for(browser: Browser, live_url: str) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
        page = context.new_page()
        page.goto(live_url)
        grounds.append(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
        context.close()
    assert grounds[0] != grounds[1]


def test_the_first_sentence_is_quick(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url)
    page.goto(live_url)
    page.get_by_label("Your question").fill(small.QUESTION)
    waited_ms = page.evaluate(
        """() => new Promise((done) => {
            const began = performance.now();
            new MutationObserver(() => document.querySelector(".sentence") && done(performance.now() - began))
                .observe(document.getElementById("turns"), { childList: true, subtree: true });
            document.getElementById("ask").requestSubmit();
        })"""
    )
    # The goal is 400 ms; the test allows for a machine that several share.
    assert waited_ms < 2000
