"""Staff look as a customer in a browser: the reason, the banner on every page, the refusal, the end; in three languages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.site import Site
from tests.browser.test_accessibility import arm, axe, settle

LOOKS = pytest.mark.parametrize(
    ("slug", "language", "options"),
    [("regency", "en", {"viewport": DESK}), ("turinova", "fr", {"viewport": PHONE}),
     ("nile", "ar", {"viewport": PHONE, "color_scheme": "dark"})],
    ids=["desk-english", "phone-french", "phone-arabic-dark"],
)


@LOOKS
def test_from_the_reason_to_the_end(slug: str, language: str, options: Any, site: Site, people: People) -> None:
    people.expected = ("422", "403")
    context = people.browser(storage_state=people.state("agent", slug), **options)
    context.add_cookies([{"name": "portico_lang", "value": language, "url": site.path(slug)}])
    arm(context)
    page = context.new_page()

    def good() -> None:
        settle(page)
        found = page.evaluate("[...porticoChecks.headings(), ...porticoChecks.small(), ...porticoChecks.wide(), ...porticoChecks.cut()]")
        assert [*found, *axe(page)] == []

    page.goto(site.path(slug, "/admin/members?show=customers"))
    page.locator("main a[href*='/admin/members/']").filter(has_not_text=re.compile("^$")).first.click()
    page.locator("a[href$='/see-as']").click()
    page.locator("main form.form button[type=submit]").click()  # without a reason
    expect(page.locator(".error-summary")).to_be_visible()
    good()
    page.locator("textarea[name=reason]").fill("A question on the telephone")
    page.locator("main form.form button[type=submit]").click()
    banner = page.locator(".banner-seeing")
    expect(banner).to_be_visible()
    good()
    for path in ("/quotes", "/orders", "/notices"):
        page.goto(site.path(slug, path))
        expect(banner).to_be_visible()
    page.goto(site.path(slug, "/account"))
    expect(page.locator("h1")).to_be_visible()
    expect(banner).to_be_visible()
    good()
    banner.get_by_role("button").click()
    page.wait_for_url("**/admin/members/*")
    expect(banner).to_have_count(0)
