"""Previews as people meet them: they appear by themselves, can be looked at on a desk and on a phone, and say why there are none."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.test_accessibility import arm, axe, settle
from tests.browser.test_files import bring, draft
from tests.unit.files import documents

LOOKS = {"desk": {"viewport": DESK}, "phone": {"viewport": PHONE, "has_touch": True, "color_scheme": "dark"}}
FILES = {"plan.pdf": documents.pages(7), "parts.csv": "Part;Note\n4711;مقاس\n".encode(), "note.txt": "Größe <b>5</b>\n".encode() * 40,
         "locked.pdf": documents.locked()}


def checked(page: Page, width: int) -> None:
    """Nothing to complain of, and nothing wider than the page."""
    settle(page)
    complaints = page.evaluate("[...porticoChecks.headings(), ...porticoChecks.small()]") + axe(page)
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def look(page: Page, name: str) -> None:
    """From the list of files, by the keyboard."""
    link = page.locator(".file", has_text=name).locator(".file-thumb, .file-state a").first
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/preview$"))


@pytest.mark.parametrize(("look_of", "language", "company"), [("desk", "en", "regency"), ("phone", "ar", "nile")])
def test_files_are_looked_at(people: People, look_of: str, language: str, company: str) -> None:
    people.expected = ("Applying inline style",)  # of the browser's own page around a picture: ours allow none
    options: dict[str, Any] = LOOKS[look_of]
    width = options["viewport"]["width"]
    page = draft(people, language, company, **options)
    arm(page.context)
    page.reload()
    here = page.url
    for number, (name, content) in enumerate(FILES.items(), 1):
        bring(page, name, content)
        expect(page.locator(".file")).to_have_count(number)
    expect(page.locator(".file-thumb img")).to_have_count(1)  # without a click: the page heard that it is there
    expect(page.locator(".file-state a")).to_have_count(3)
    expect(page.locator(".file-state svg.icon-loader-circle, .file-state:has-text('…')")).to_have_count(0)
    assert page.locator(".file-thumb img").get_attribute("alt")
    page.locator(".file-thumb").scroll_into_view_if_needed()
    expect(page.locator(".file-thumb img")).to_have_js_property("naturalWidth", 226)
    checked(page, width)

    look(page, "plan.pdf")
    pictures = page.locator(".preview-pages img")
    expect(pictures).to_have_count(5)
    for number in range(5):
        pictures.nth(number).scroll_into_view_if_needed()
        expect(pictures.nth(number)).to_have_js_property("naturalWidth", 1000)
    assert len({one.get_attribute("alt") for one in pictures.all()}) == 5
    checked(page, width)
    page.locator(".preview-nav a").nth(3).click()
    expect(page.locator("#page-4")).to_be_in_viewport()
    with page.context.expect_page() as larger:
        page.locator(".preview-pages a").first.click()
    larger.value.wait_for_load_state()
    assert larger.value.evaluate("document.contentType") == "image/webp"
    larger.value.close()

    page.goto(here)
    look(page, "parts.csv")
    expect(page.locator(".preview-table td")).to_have_text(["4711", "مقاس"])
    checked(page, width)
    page.goto(here)
    look(page, "note.txt")
    expect(page.locator("pre.preview-text")).to_contain_text("Größe <b>5</b>")
    checked(page, width)
    page.goto(here)
    look(page, "locked.pdf")
    expect(page.locator("#preview h2")).to_have_count(1)
    expect(page.locator("#preview form")).to_have_count(0)
    checked(page, width)


def test_staff_have_a_preview_tried_again_and_the_page_follows(people: People) -> None:
    page = draft(people, viewport=DESK)
    bring(page, "locked.pdf", documents.locked())
    expect(page.locator(".file-state a")).to_have_text(re.compile("There is no preview."))
    address = page.locator(".file-state a").get_attribute("href")
    staff = people.page("agent", "regency", "/quotes")
    staff.goto(page.url.partition("/c/")[0] + str(address))
    expect(staff.locator("#preview")).to_contain_text("It is locked with a password.")
    staff.locator("#preview form button").click()
    expect(staff.locator("#preview form")).to_have_count(1)
    expect(staff.locator("#preview")).to_contain_text("It is locked with a password.")
