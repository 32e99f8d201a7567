"""Where to deliver and when, in the builder: chosen or typed by keyboard, saved as one goes, and told at submit if it cannot be."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.test_autosave import draft
from tests.browser.test_quote_flow import STEEL, saved


@pytest.fixture
def builder(people: People) -> Page:
    return draft(people.page("customer", "turinova", "/quotes?lang=en"))


def test_a_typed_address_is_saved_field_by_field_and_is_there_again(builder: Page) -> None:
    typed = builder.locator(".destination-typed")
    expect(typed).to_be_hidden()
    builder.locator("#delivery_address").select_option("other")
    expect(typed).to_be_visible()
    saved(builder)
    builder.locator("#delivery_name").fill("Site hut")
    builder.locator("#delivery_name").press("Tab")
    expect(builder.locator("#delivery_street")).to_be_focused()
    builder.keyboard.type("3 quai Sud")
    builder.keyboard.press("Tab")
    saved(builder)
    builder.locator("#delivery_country").select_option("FR")
    saved(builder)
    builder.reload()
    expect(typed).to_be_visible()
    expect(builder.locator("#delivery_street")).to_have_value("3 quai Sud")
    expect(builder.locator("#delivery_country")).to_have_value("FR")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_what_is_missing_is_told_at_submit_with_the_way_to_it(people: People, size: dict[str, int]) -> None:
    people.expected = ("422",)
    page = draft(people.page("customer", "turinova", "/quotes?lang=en", viewport=size))
    page.locator(".code-entry [name=code]").fill(STEEL)
    page.locator(".code-entry [name=code]").press("Enter")
    expect(page.locator("#quote-lines .line")).to_have_count(1)
    page.locator("#delivery_address").select_option("other")
    saved(page)
    page.locator("#quote-submit").click()
    expect(page.locator(".error-summary")).to_contain_text("An address needs a street or a town.")
    page.locator(".error-summary a[href='#delivery_street']").click()
    expect(page.locator("#delivery_street")).to_be_focused()
    page.keyboard.type("3 quai Sud")
    page.locator("#delivery_country").select_option("FR")
    expect(page.locator("#delivery_street-problem")).to_be_empty()
    page.locator("#quote-submit").click()
    page.wait_for_url(re.compile(r"/quotes/[0-9a-f-]+$"))
    expect(page.locator("main")).to_contain_text("3 quai Sud")


def test_a_day_that_is_over_is_told_at_its_field_and_goes_with_a_better_one(builder: Page, people: People) -> None:
    people.expected = ("422",)
    day, problem = builder.locator("#wanted_on"), builder.locator("#wanted_on-problem")
    day.fill("2020-02-03")
    day.blur()
    expect(problem).to_contain_text("This day is over.")
    expect(day).to_have_attribute("aria-invalid", "true")
    builder.locator("#note").fill("Said beside it")  # of another form: it is saved, and mends nothing of the day
    builder.locator("#note").blur()
    saved(builder)
    expect(problem).not_to_be_empty()
    later = (dt.date.today() + dt.timedelta(days=40)).isoformat()
    day.fill(later)
    day.blur()
    expect(problem).to_be_empty()
    saved(builder)
    builder.reload()
    expect(day).to_have_value(later)
