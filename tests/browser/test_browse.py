"""The collection page: counts that narrow, a list, a search that explains itself, saved searches."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from api.service import Service
from tests.api import small
from tests.api.serving import serving
from tests.browser.asking import ask


def browse(page: Page, url: str, query: str = "") -> None:
    page.goto(f"{url}/browse{query}")
    expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")


def test_it_counts_and_lists_the_cables(page: Page, live_url: str) -> None:
    browse(page, live_url)
    expect(page.locator("#results-title")).to_have_text("4 cables")
    expect(page.locator(".cable-row")).to_have_count(4)
    expect(page.locator("#plot-origin")).to_contain_text("Embassy Tallinn")
    expect(page.locator("#timeline svg")).to_have_attribute(
        "aria-label", "4 cables by year, from 1976 to 2007"
    )
    assert page.locator(".time-bar").count() == 32


def test_pressing_a_bar_narrows_and_pressing_again_widens(page: Page, live_url: str) -> None:
    browse(page, live_url)
    bar = page.locator("#plot-origin").get_by_role("button", name="Embassy Tallinn")
    bar.click()
    expect(page.locator("#results-title")).to_have_text("2 cables within these filters")
    expect(page.locator("#narrowed")).to_contain_text("Post: Embassy Tallinn")
    assert "origin=Embassy+Tallinn" in page.url
    expect(bar).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator(".cable-row")).to_have_count(2)
    bar.click()
    expect(page.locator(".cable-row")).to_have_count(4)
    assert "origin" not in page.url


def test_dragging_over_the_years_chooses_dates(page: Page, live_url: str) -> None:
    browse(page, live_url)
    bars = page.locator(".time-bar")
    # To hover waits until a bar stands where it stays.
    bars.nth(29).hover(position={"x": 2, "y": 20})
    page.mouse.down()
    for passed in (30, 31):
        bars.nth(passed).hover(position={"x": 2, "y": 20})
    page.mouse.up()
    expect(page.locator(".cable-row")).to_have_count(3)
    assert "date_from=2005-01-01" in page.url and "date_to=2007-12-31" in page.url
    expect(page.get_by_label("Sent from")).to_have_value("2005-01-01")
    page.get_by_role("button", name="Remove the filter From 2005-01-01").click()
    page.get_by_label("to", exact=True).fill("1980-01-01")
    expect(page.locator(".cable-row")).to_have_count(1)
    expect(page.locator(".cable-row")).to_contain_text("1976MUSCAT00301")


def test_filters_go_along_to_the_questions(page: Page, live_url: str) -> None:
    browse(page, live_url, "?tag=EAGR")
    page.get_by_role("link", name="Ask within these filters").click()
    expect(page.locator("#narrowed")).to_contain_text("Tag: EAGR")
    ask(page, "How many hectares of orchards did hail destroy near Kapisha?")
    expect(page.locator(".method")).to_be_visible()
    assert all("LUSAKA" in label for label in page.locator(".found-label").all_text_contents())


def test_a_search_says_why_each_paragraph_was_found(page: Page, live_url: str) -> None:
    browse(page, live_url)
    page.keyboard.press("/")
    page.keyboard.type("barges quay")
    page.keyboard.press("Enter")
    first = page.locator(".found").first
    expect(first).to_contain_text("05TALLINN7 ¶2")
    expect(first).to_contain_text("found by")
    expect(first).to_contain_text("1st")
    expect(first.locator(".found-text b").first).to_have_text("quay")
    first.click()
    expect(page.locator(".paragraph.cited")).to_contain_text("212 barges")
    page.reload()
    expect(page.locator(".paragraph.cited")).to_contain_text("212 barges")
    expect(page.locator(".found").first).to_contain_text("05TALLINN7 ¶2")


def test_a_saved_search_says_what_is_new_since(page: Page, tmp_path: Path) -> None:
    opened = small.build_collection(tmp_path, small.cables()[:2])
    with serving(small.build_service(opened)) as url:
        browse(page, url, "?q=barges+Kalmuse&tag=EWWT")
        page.get_by_role("button", name="Save this search").click()
        expect(page.locator("#saved").get_by_role("link")).to_have_text("“barges Kalmuse”, Tag: EWWT")
        expect(page.locator("#saved .tagged")).to_have_count(0)
        expect(page.get_by_role("button", name="Save this search")).to_be_hidden()
    opened.close()

    # The server has it, not the browser; meanwhile a cable came in.
    again = small.build_collection(tmp_path, small.cables())
    with serving(small.build_service(again)) as url:
        browse(page, url)
        saved = page.locator("#saved")
        expect(saved.locator(".tagged")).to_have_text("+1 new since")
        saved.get_by_role("link").click()
        new = page.locator(".found", has=page.locator(".tagged", has_text="new"))
        expect(new).to_have_count(1)
        expect(new).to_contain_text("07TALLINN9 ¶1")
        expect(page.locator("#narrowed")).to_contain_text("Tag: EWWT")
        # It was opened, so nothing of it is new the next time.
        expect(saved.locator(".tagged")).to_have_count(0)
        page.reload()
        expect(page.locator(".found")).not_to_have_count(0)
        expect(new).to_have_count(0)
        page.get_by_role("button", name="Forget the search “barges Kalmuse”, Tag: EWWT").click()
        expect(saved).to_be_hidden()
        expect(page.get_by_role("button", name="Save this search")).to_be_visible()
    again.close()


def test_nothing_found_is_said_and_markup_stays_text(page: Page, live_url: str) -> None:
    browse(page, live_url, "?origin=Embassy+Lusaka&tag=EWWT")
    expect(page.locator("#results")).to_contain_text("No cable passes these filters.")
    page.get_by_role("button", name="Remove the filters").click()
    expect(page.locator(".cable-row", has_text=small.ORCHARD[1])).to_be_visible()
    assert page.locator("#results script, #results img").count() == 0
    assert page.title() == "Browse · cableqa"


def test_an_empty_collection_and_a_server_that_is_gone(page: Page, empty_service: Service) -> None:
    with serving(empty_service) as url:
        page.goto(f"{url}/browse")
        expect(page.locator(".empty")).to_contain_text("cableqa ingest PATH")


def test_a_server_that_is_gone_is_not_an_empty_list(page: Page, service: Service) -> None:
    with serving(service) as url:
        browse(page, url)
    page.locator("#plot-origin").get_by_role("button", name="Embassy Tallinn").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")


def test_it_fits_a_phone(browser: Browser, live_url: str) -> None:
    for width in (320, 390, 768):
        context = browser.new_context(viewport={"width": width, "height": 780}, has_touch=True)
        page = context.new_page()
        browse(page, live_url)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator(".cable-row").first.click()
        expect(page.locator(".reader .card")).to_be_visible()
        # What lies beneath cannot be reached meanwhile.
        assert page.evaluate("document.getElementById('column').inert")
        page.get_by_role("button", name="Close the cable").click()
        assert not page.evaluate("document.getElementById('column').inert")
        # The counts, behind the list, are one tap away.
        page.get_by_role("link", name="By post, TAGS").click()
        expect(page.locator("#plot-origin").get_by_role("button").first).to_be_in_viewport()
        context.close()
