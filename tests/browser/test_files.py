"""Files at a draft: brought with a finger on a phone, seen to arrive, kept by a click, and without scripts as well."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESK, PHONE, People
from tests.unit.files import corpus

DRAFT = re.compile(r"/quotes/[0-9a-f-]+/edit")
MEGABYTE = 1 << 20
LARGE_ENOUGH = """selectors => selectors.every(one => {
  const box = document.querySelector(one)?.getBoundingClientRect();
  return box && Math.min(box.width, box.height) >= 24;
})"""
"""Asked until it holds: what is drawn anew has no box for a moment."""


def draft(people: People, language: str = "en", company: str = "regency", **options: object) -> Page:
    """A new one, or one that is still empty."""
    page = people.page("customer", company, f"/quotes?lang={language}", **options)
    page.locator("form[action$='/quotes/new'] button").first.click()
    page.wait_for_url(DRAFT)
    return page


def bring(page: Page, name: str, content: bytes) -> None:
    page.locator("#file").set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})
    page.locator("form[data-upload] button[type=submit]").click()


def bring_large(page: Page, file: Path, size: int) -> None:
    """From the disk: the browser reads it there, instead of being sent it in a message."""
    file.write_bytes(b"x" * size)
    page.locator("#file").set_input_files(file)
    page.locator("form[data-upload] button[type=submit]").click()


def kept(page: Page, name: str) -> bytes:
    """What a click on it leaves in the folder of downloads, under that name."""
    with page.expect_download() as download:
        page.locator(".file-name").filter(has_text=name).click()
    assert download.value.suggested_filename == name
    return Path(download.value.path()).read_bytes()


@pytest.mark.parametrize(("language", "company"), [("en", "regency"), ("fr", "turinova"), ("ar", "nile")])
def test_a_file_is_brought_and_kept_on_a_phone(people: People, language: str, company: str) -> None:
    page = draft(people, language, company, viewport=PHONE, has_touch=True, color_scheme="dark" if language == "fr" else "light")
    before = page.url
    bring(page, "Zeichnung für Teil 4711.pdf", corpus.PDF)
    expect(page.locator(".file")).to_have_count(1)
    expect(page.locator("#file")).to_have_value("")
    assert page.url == before, "nothing was loaded anew"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.wait_for_function(LARGE_ENOUGH, arg=["#file", "form[data-upload] button", ".file button"])
    assert kept(page, "Zeichnung für Teil 4711.pdf") == corpus.PDF
    page.locator(".file button").click()
    asked = page.locator("dialog#confirm-dialog[open]")
    expect(asked).to_contain_text("Zeichnung für Teil 4711.pdf")
    asked.locator("button[value=no]").click()
    expect(asked).to_have_count(0)
    expect(page.locator(".file")).to_have_count(1)
    page.locator(".file button").click()
    expect(asked).to_be_visible()
    with page.expect_response("**/files"):  # the list is redrawn while the question stands
        page.evaluate("htmx.trigger('#files-list', 'live')")
    asked.locator("button[value=yes]").click()
    expect(page.locator(".file")).to_have_count(0)


def test_a_large_file_is_seen_to_arrive(people: People, tmp_path: Path) -> None:
    page = draft(people, viewport=PHONE)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    speed = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": MEGABYTE}
    network.send("Network.emulateNetworkConditions", speed)
    seen = page.evaluate_handle(
        "() => { const seen = []; const bar = document.querySelector('[data-progress] progress');"
        "new MutationObserver(() => seen.push(Number(bar.value))).observe(bar, {attributes: true}); return seen }"
    )
    bring_large(page, tmp_path / "large.txt", 2 * MEGABYTE)
    expect(page.locator("[data-progress]")).to_be_visible()
    expect(page.locator(".file")).to_have_count(1)
    expect(page.locator("[data-progress]")).to_be_hidden()
    values = seen.json_value()
    assert values == sorted(values)
    assert any(0 < value < 100 for value in values)


def test_what_is_too_large_is_said_before_it_is_sent(people: People, tmp_path: Path) -> None:
    page = draft(people, viewport=PHONE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/files/add" in request.url else None)
    bring_large(page, tmp_path / "huge.txt", 26 * MEGABYTE)
    expect(page.locator("[data-too-large]")).to_be_visible()
    assert asked == []
    bring(page, "small.txt", b"x")
    expect(page.locator("[data-too-large]")).to_be_hidden()
    expect(page.locator(".file")).to_have_count(1)
    assert len(asked) == 1


def test_a_refusal_stands_at_the_field_and_what_was_typed_stays(people: People) -> None:
    people.expected = ("422",)
    page = draft(people)
    page.locator("#note").fill("Not saved yet, and not lost")
    bring(page, "logo.svg", b"<svg onload='alert(1)'/>")
    expect(page.locator("#file-problem")).to_contain_text("Save it as a PNG or PDF file.")
    expect(page.locator("#file")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#note")).to_have_value("Not saved yet, and not lost")
    bring(page, "logo.png", corpus.picture("PNG"))
    expect(page.locator(".file")).to_have_count(1)
    expect(page.locator("#file-problem")).to_be_empty()
    expect(page.locator("#note")).to_have_value("Not saved yet, and not lost")


def test_it_works_without_scripts(people: People) -> None:
    people.expected = ("422",)
    page = draft(people, viewport=DESK, java_script_enabled=False)
    bring(page, "plan.pdf", corpus.PDF)
    page.wait_for_url(DRAFT)
    expect(page.locator(".file")).to_have_count(1)
    assert kept(page, "plan.pdf") == corpus.PDF
    bring(page, "logo.svg", b"<svg/>")
    expect(page.locator("#file-problem")).to_contain_text("Save it as a PNG or PDF file.")
    page.goto(page.url.partition("/files/")[0] + "/edit" if "/files/" in page.url else page.url)
    page.locator(".file button").click()
    expect(page.locator(".file")).to_have_count(0)


def test_a_colleagues_open_page_shows_a_file_that_comes_or_goes(people: People) -> None:
    page = draft(people)
    page.locator("#po_number").fill("PO-4711")
    page.locator("#po_number").blur()
    other = people.page("agent", "regency", "/quotes")
    with other.expect_response(lambda answer: answer.url.endswith("/events")):  # from then on it hears
        other.goto(page.url.removesuffix("/edit"))
    expect(other.locator("#files-list")).to_be_visible()
    bring(page, "plan.pdf", corpus.PDF)
    expect(other.locator(".file")).to_have_count(1)
