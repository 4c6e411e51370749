"""What is drawn where an answer is more than its sentences: cables that disagree, and nothing found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from api.service import Service
from tests.api import small
from tests.api.serving import serving
from tests.browser.asking import ask_and_wait


@pytest.fixture
def disputed_url(disputed_service: Service) -> Iterator[str]:
    with serving(disputed_service) as url:
        yield url


def test_cables_that_disagree_stand_side_by_side(page: Page, disputed_url: str) -> None:
    ask_and_wait(page, disputed_url)
    expect(page.locator(".outcome")).to_have_text("The cables disagree")
    sides = page.get_by_role("region", name="What each cable says").get_by_role("listitem")
    # The answer's own comes first, and which that is the ranking says.
    assert sorted(sides.locator(".side-figure").all_inner_texts()) == ["198", "212"]
    expect(sides.filter(has_text="198")).to_contain_text("Embassy Tallinn, 4 May 2008")
    # Told once: drawn, and not in a note as well.
    expect(page.locator(".note")).to_have_count(0)
    sides.filter(has_text="212").get_by_role("button").click()
    expect(page.locator("mark")).to_have_text("The harbor master counted 212 barges in April.")


def test_silence_says_what_was_searched_and_leads_on(page: Page, live_url: str) -> None:
    ask_and_wait(page, f"{live_url}/?origin=Embassy+Lusaka&date_from=2006-01-01", small.EMPTY_QUESTION)
    silence = page.get_by_role("region", name="What was searched")
    expect(silence).to_contain_text("nothing was written")
    expect(silence).to_contain_text("2 paragraphs in 1 cable")
    expect(silence).to_contain_text("Embassy Lusaka; from 1 January 2006")
    silence.get_by_role("button", name="Ask without the filters").click()
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".absence").last).to_contain_text("in 4 cables")
    assert "origin" not in page.url
    page.locator(".absence").last.get_by_role("link", name="Search the paragraphs").click()
    expect(page.get_by_label("Search the paragraphs")).to_have_value(small.EMPTY_QUESTION)


def test_a_cable_that_is_missing_is_told_from_an_answer_that_is(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url, "What does 05TALLINN999 say of volcanoes?")
    silence = page.get_by_role("region", name="What was searched")
    expect(silence).to_contain_text("There is no cable 05TALLINN999 in this collection")
    expect(silence.get_by_role("button", name="Ask without the filters")).to_have_count(0)


def test_a_count_stands_before_what_was_counted(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url, "How many cables mention barges?")
    expect(page.locator(".turn .lead")).to_contain_text("2 cables mention “barges”")
    expect(page.locator(".note")).to_have_count(0)


def test_a_question_in_another_language_is_told_so(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url, "Wie viele Vulkane wurden gestern gesehen?")
    expect(page.locator(".outcome")).to_have_text("Not asked in English")
    expect(page.locator(".absence")).to_contain_text("This one seems to be in German")
    expect(page.locator(".absence")).to_contain_text("7 paragraphs in 4 cables")


def test_a_missing_cable_is_told_in_whatever_language_it_is_asked_for(page: Page, live_url: str) -> None:
    ask_and_wait(page, live_url, "Was sagte 05TALLINN999 über Vulkane?")
    expect(page.locator(".outcome")).to_have_text("Not in this collection")
    expect(page.locator(".absence-lead")).to_contain_text("There is no cable 05TALLINN999")
    expect(page.locator(".absence")).to_contain_text("This one seems to be in German")
