"""What is typed into a draft survives a lost connection, a server that is away and a session that ends; a cut text is told."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import PHONE, People, sign_in
from tests.browser.site import PASSWORD, Site
from tests.browser.test_quote_flow import saved

HELD = re.compile(r"/quotes/[0-9a-f-]+/edit$")
KEPT = "Object.keys(sessionStorage).filter((key) => key.startsWith('typed:')).length"


def draft(page: Page) -> Page:
    page.locator("form[action$='/quotes/new'] button").first.click()
    page.wait_for_url(HELD)
    return page


def questions(page: Page) -> list[str]:
    """The dialogs that the page opens from now on; each is answered with "leave"."""
    asked: list[str] = []

    def answer(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.accept()  # type: ignore[attr-defined]

    page.on("dialog", answer)
    return asked


def test_what_was_typed_offline_is_saved_when_the_connection_is_back(people: People) -> None:
    people.expected = ("ERR_", "htmx:")
    page = draft(people.page("customer", "regency", "/quotes?lang=en"))
    page.context.set_offline(True)
    page.locator("#note").fill("Typed in a tunnel")
    page.locator("#note").press("Tab")
    expect(page.locator("#quote-saved")).to_have_text("Not saved yet: no answer, trying again")
    page.locator("#po_number").fill("PO-TUNNEL")  # typed on while it waits
    page.context.set_offline(False)
    saved(page)
    page.reload()
    expect(page.locator("#note")).to_have_value("Typed in a tunnel")
    expect(page.locator("#po_number")).to_have_value("PO-TUNNEL")
    assert page.evaluate(KEPT) == 0


def test_a_server_that_is_away_is_asked_again_by_itself_and_told_of_once(people: People) -> None:
    people.expected = ("503",)
    page = draft(people.page("customer", "regency", "/quotes?lang=en"))
    page.route("**/change", lambda route: route.fulfill(status=503, body=""), times=2)
    page.locator("#note").fill("Said three times")
    page.locator("#note").press("Tab")
    expect(page.locator("#quote-saved")).to_have_attribute("data-state", "waiting")
    expect(page.locator("#toasts .flash")).to_have_count(1)
    saved(page)
    expect(page.locator("#toasts .flash")).to_have_count(1)
    page.reload()
    expect(page.locator("#note")).to_have_value("Said three times")


def test_a_site_that_was_chosen_and_not_saved_is_kept(people: People) -> None:
    people.expected = ("503",)
    page = draft(people.page("customer", "regency", "/quotes?lang=en"))
    questions(page)
    chosen = page.locator("#site option:not(:checked)").last.get_attribute("value")
    assert chosen
    page.route("**/change", lambda route: route.fulfill(status=503, body=""))
    page.locator("#site").select_option(chosen)
    expect(page.locator("#quote-saved")).to_have_attribute("data-state", "waiting")
    page.reload()
    page.unroute("**/change")
    expect(page.locator("#site")).to_have_value(chosen)
    saved(page)
    page.reload()
    expect(page.locator("#site")).to_have_value(chosen)
    assert page.evaluate(KEPT) == 0


def test_leaving_is_asked_about_while_something_is_unsaved_and_only_then(people: People) -> None:
    people.expected = ("503",)
    page = draft(people.page("customer", "regency", "/quotes?lang=en"))
    asked = questions(page)
    page.locator("#note").fill("saved")
    page.locator("main a[href$='/quotes']").first.click()  # at once: it is saved on the way
    page.wait_for_url(re.compile(r"/quotes$"))
    page.go_back()
    expect(page.locator("#note")).to_have_value("saved")
    assert asked == []
    page.route("**/change", lambda route: route.fulfill(status=503, body=""))
    page.locator("#note").fill("not saved")
    page.locator("#note").press("Tab")
    expect(page.locator("#quote-saved")).to_have_attribute("data-state", "waiting")
    page.reload()
    assert asked == ["beforeunload"]
    page.unroute("**/change")
    expect(page.locator("#note")).to_have_value("not saved")  # and still it is not lost
    saved(page)


def test_a_session_that_ends_while_one_types_loses_neither_the_place_nor_the_text(people: People, site: Site) -> None:
    people.expected = ("401",)  # the stream of events
    page = draft(people.fresh("customer", "regency", "/quotes?lang=en"))
    asked, address = questions(page), page.url
    page.context.clear_cookies()
    page.locator("#note").fill("Typed too late")
    page.locator("#note").press("Tab")
    page.wait_for_url(re.compile(r"/sign-in\?next=%2Fc%2Fregency%2Fquotes%2F[0-9a-f-]+%2Fedit$"))
    page.locator("input[name=email]").fill("customer@regency.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(address)
    expect(page.locator("#note")).to_have_value("Typed too late")
    saved(page)
    assert asked == []
    page.reload()
    expect(page.locator("#note")).to_have_value("Typed too late")
    assert page.evaluate(KEPT) == 0


@pytest.mark.parametrize("put_back", [True, False])
def test_kept_text_does_not_replace_what_another_wrote_meanwhile(people: People, site: Site, put_back: bool) -> None:
    people.expected = ("401",)
    page = draft(people.fresh("customer", "regency", "/quotes?lang=en"))
    address = page.url
    page.context.clear_cookies()
    page.locator("#note").fill("Mine")
    page.locator("#note").press("Tab")
    page.wait_for_url(re.compile("/sign-in"))
    other = people.browser().new_page()
    sign_in(other, site.path("regency", "/sign-in"), "customer@regency.example")
    other.goto(address)
    other.locator("#note").fill("Theirs")
    other.locator("#note").press("Tab")
    saved(other)
    sign_in(page, page.url, "customer@regency.example")
    page.goto(address)
    dialog = page.locator("#confirm-dialog")
    expect(dialog).to_contain_text("the draft has changed since. Put your text back? “Mine”")
    dialog.locator("button[value=yes]" if put_back else "button:not([value=yes])").first.click()
    wanted = "Mine" if put_back else "Theirs"
    expect(page.locator("#note")).to_have_value(wanted)
    saved(page)
    page.reload()
    expect(page.locator("#note")).to_have_value(wanted)
    assert page.evaluate(KEPT) == 0


def test_nothing_typed_is_left_behind_by_who_signs_out(people: People) -> None:
    people.expected = ("503",)
    page = draft(people.fresh("customer", "regency", "/quotes?lang=en"))
    asked = questions(page)
    page.route("**/change", lambda route: route.fulfill(status=503, body=""))
    page.locator("#note").fill("secret")
    page.locator("#note").press("Tab")
    expect(page.locator("#quote-saved")).to_have_attribute("data-state", "waiting")
    assert page.evaluate(KEPT) == 1
    page.locator("form[action$='/sign-out']").first.evaluate("form => form.requestSubmit()")
    page.wait_for_url(re.compile("/sign-in|/c/regency/?$"))
    assert page.evaluate(KEPT) == 0
    assert asked == []


@pytest.mark.parametrize(("slug", "lang", "cut", "near"), [
    ("regency", "en", "Too long: the text was cut. Only 4,000 characters fit.", "4,000 of 4,000 characters"),
    ("turinova", "fr", "Trop long", "4 000"),
    ("nile", "ar", "النص طويل جدًا: تم قطعه", "4,000 من 4,000"),
])
def test_a_paste_that_is_cut_is_told(people: People, slug: str, lang: str, cut: str, near: str) -> None:
    page = draft(people.page("customer", slug, f"/quotes?lang={lang}", viewport=PHONE, permissions=["clipboard-read", "clipboard-write"]))
    note = page.locator("#note")
    expect(page.locator("#note-count")).to_have_count(0)
    page.evaluate("navigator.clipboard.writeText('line of text\\n'.repeat(80000))")
    note.press("Control+V")
    assert len(note.input_value()) == 4000
    count = page.locator("#note-count")
    expect(count.locator("[role=status]")).to_contain_text(cut)
    expect(count).to_contain_text(re.compile(re.escape(near).replace(r"\ ", r"\s")))
    assert "note-count" in (note.get_attribute("aria-describedby") or "")
    note.press("Tab")
    saved(page)  # the server counts a line's end once, as the page does
    note.fill("short")
    expect(count).to_be_hidden()
