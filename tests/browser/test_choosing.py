"""Choosing several quotes of the list: with and without scripts, at a desk and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.site import Site
from tests.browser.test_accessibility import arm, axe
from tests.browser.test_quote_flow import STEEL, change_price


def assert_accessible(page: Page) -> None:
    """In both colours, without scrolling sideways."""
    for mode in ("light", "dark"):
        page.evaluate("(mode) => { document.documentElement.dataset.mode = mode; }", mode)
        assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def drafts(people: People, number: int, **options: object) -> Page:
    """At the list of drafts, of which so many are new."""
    page = people.page("customer", "turinova", "/quotes?lang=en", **options)
    arm(page.context)
    for _draft in range(number):
        page.goto(page.url.split("/quotes")[0] + "/quotes")
        page.get_by_role("button", name="New quote").click()
        page.locator(".code-entry [name=code]").fill(STEEL)
        page.locator(".code-entry:not(.section-add) button").click()
        expect(page.locator("#quote-lines .line")).to_have_count(1)
    page.goto(page.url.split("/quotes")[0] + "/quotes?state=draft")
    return page


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_drafts_are_deleted_and_brought_back(people: People, size: dict[str, int]) -> None:
    page = drafts(people, 2, viewport=size)
    boxes = page.locator("#choosing [name=quote]")
    before = boxes.count()
    expect(page.get_by_role("button", name="Delete drafts…")).to_be_hidden()
    boxes.nth(0).check()
    expect(page.locator(".choosing-count")).to_have_text("1 chosen")
    boxes.nth(1).check()
    assert_accessible(page)
    page.get_by_role("button", name="Delete drafts…").click()
    expect(page.locator("h1")).to_have_text("Delete 2 drafts?")
    assert_accessible(page)
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("h1")).to_have_text("2 drafts deleted")
    assert_accessible(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("h1")).to_have_text("2 drafts are back")
    page.get_by_role("link", name="Back to the quotes").click()
    page.goto(page.url + "?state=draft")
    expect(boxes).to_have_count(before)


def test_all_of_the_page_are_copied_and_downloaded(people: People) -> None:
    page = drafts(people, 2)
    boxes, all_of_them = page.locator("#choosing [name=quote]"), page.locator("#choosing [name=all]")
    all_of_them.check()
    for box in boxes.all():
        expect(box).to_be_checked()
    boxes.nth(0).uncheck()
    expect(all_of_them).not_to_be_checked()
    boxes.nth(0).check()
    expect(all_of_them).to_be_checked()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of those chosen").click()
    assert download.value.suggested_filename.endswith(".csv")
    number = boxes.count()
    page.get_by_role("button", name="Duplicate").click()  # the download has not used the form up
    expect(page.locator("h1")).to_have_text(f"{number} quotes copied")
    expect(page.locator("td[data-label='New draft'] a")).to_have_count(number)
    assert_accessible(page)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_several_drafts_whose_prices_changed_are_agreed_to_at_once(
    size: dict[str, int], site: Site, people: People
) -> None:
    people.expected = ("409",)  # of the prices that changed
    page = drafts(people, 2, viewport=size)
    boxes = page.locator("#choosing [name=quote]")
    for place in (0, 1):
        boxes.nth(place).check()
    before = change_price(site, "turinova", "1234.00")
    try:
        page.get_by_role("button", name="Submit", exact=True).click()
        expect(page.locator("h1")).to_have_text("Prices have changed")
        assert_accessible(page)
        page.get_by_role("button", name="Agree to all and submit 2 quotes").click()
    finally:
        change_price(site, "turinova", before)
    expect(page.locator("h1")).to_have_text("2 quotes submitted")
    assert_accessible(page)


def test_a_choice_stays_when_the_list_is_drawn_anew(people: People) -> None:
    page = drafts(people, 1)
    page.locator("#choosing [name=quote]").nth(0).check()
    page.locator("#choosing").evaluate("(form) => { form.dataset.old = '1'; }")
    page.evaluate("htmx.trigger('#quotes', 'live')")
    expect(page.locator("#choosing[data-old]")).to_have_count(0)
    expect(page.locator("#choosing [name=quote]").nth(0)).to_be_checked()
    expect(page.locator(".choosing-count")).to_have_text("1 chosen")


def test_without_scripts_all_of_the_page_are_chosen(people: People) -> None:
    drafts(people, 1)
    page = people.page("customer", "turinova", "/quotes?state=draft&lang=en", java_script_enabled=False)
    page.locator("#choosing [name=all]").check()
    number = page.locator("#choosing [name=quote]").count()
    page.get_by_role("button", name="Delete drafts…").click()
    expect(page.locator("h1")).to_have_text(f"Delete {number} draft{'s' if number > 1 else ''}?")
