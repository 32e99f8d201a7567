"""A person's own security pages in a browser: tokens for programs, another address (SEC-1, ACC-8, ACC-9). In three languages, on
a desk and on a phone. Where they are signed in is looked at in test_walks.py.
"""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESK, PHONE, People, sign_in
from tests.browser.newcomers import PASSWORD, mailed_link, newcomer, session
from tests.browser.site import Site

LOOKS = pytest.mark.parametrize(
    ("slug", "language", "options"),
    [("regency", "en", {"viewport": DESK}), ("turinova", "fr", {"viewport": PHONE}),
     ("nile", "ar", {"viewport": PHONE, "color_scheme": "dark"})],
    ids=["desk-english", "phone-french", "phone-arabic-dark"],
)


def fits(page: Page) -> None:
    """Nothing sticks out to the side, on whichever screen."""
    assert page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def press(page: Page, dialog: str) -> None:
    """The button of an open dialog that goes on."""
    page.locator(f"dialog#{dialog}[open] form[method=post] button[type=submit]").click()


@LOOKS
def test_token_is_shown_once_reads_and_is_revoked(slug: str, language: str, options: Any, site: Site, people: People) -> None:
    people.expected = ("422",)
    page = people.fresh("customer", slug, "/account/tokens", **options)
    page.goto(site.path(slug, f"/account/tokens?lang={language}"))
    name = f"Accounts {secrets.token_hex(3)}"
    page.locator("main .page-header a.btn-primary, main a.btn-primary").first.click()
    page.locator("main form.form button[type=submit]").click()  # nothing was filled in
    expect(page.locator(".error-summary")).to_be_visible()
    fits(page)
    page.locator("input[name=name]").fill(name)
    page.locator("main input[type=checkbox]").first.check()
    page.locator("main form.form button[type=submit]").click()
    shown = page.locator("p.secret code")
    expect(shown).to_be_visible()
    token = str(shown.text_content())
    assert token.startswith("portico_pat_")
    fits(page)

    bearer = {"Authorization": f"Bearer {token}"}
    profile = site.path(slug, "/api/v1/portal/notices")
    context = people.browser()
    assert context.request.get(profile, headers=bearer).status in (200, 403)  # 403: it was made for something else
    page.goto(site.path(slug, "/account/tokens"))
    assert token not in page.content()
    row = page.locator("main .rows > li").filter(has_text=name)
    expect(row).to_have_count(1)
    fits(page)
    row.get_by_role("button").click()
    press(page, str(page.locator("dialog[open]").get_attribute("id")))
    expect(page.locator("main .rows > li").filter(has_text=name)).to_have_count(0)
    assert context.request.get(profile, headers=bearer).status == 401


@LOOKS
def test_address_changes_with_the_link_to_the_new_one(slug: str, language: str, options: Any, site: Site, people: People) -> None:
    people.expected = ("422",)
    person = newcomer(site)
    page = people.browser(storage_state=session(site, person), **options).new_page()
    page.goto(site.path(slug, f"/account/email?lang={language}"))
    wanted = f"moved-{secrets.token_hex(4)}@example.com"
    page.locator("input[name=email]").fill("no address")
    page.locator("main form.form button[type=submit]").click()
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("input[name=email]")).to_have_value("no address")
    fits(page)
    page.locator("input[name=email]").fill(wanted)
    page.locator("main form.form button[type=submit]").click()
    expect(page.locator(".toasts .flash")).to_be_visible()

    page.goto(mailed_link(site, wanted, "/account/email/confirm"))
    fits(page)
    page.locator("main button[type=submit]").last.click()
    page.wait_for_url(lambda url: "confirm" not in url)
    sign_in(people.anonymous(f"/c/{slug}/sign-in"), site.path(slug, "/sign-in"), wanted, PASSWORD)
    page.goto(site.path(slug, "/account"))
    expect(page.locator("body")).to_contain_text(wanted)
    expect(page.locator("main")).not_to_contain_text(person.email)
