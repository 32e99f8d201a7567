"""Between two hosts in a browser: to sign in at the portal's, on to a company at its own, and out again at both."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.site import Site
from tests.browser.test_accessibility import arm, axe, settle

SLUG = "turinova"
OWN = "turinova.localhost"
LOOKS = pytest.mark.parametrize(
    ("language", "options"),
    [
        (language, {"viewport": size, "color_scheme": scheme})
        for language, scheme in (("en", "light"), ("fr", "light"), ("ar", "dark"))
        for size in (DESK, PHONE)
    ],
    ids=[f"{size}-{language}" for language in ("en", "fr", "ar") for size in ("desk", "phone")],
)
GO_ON = "main form button.btn-primary[type=submit]"
AGAIN = "main a.btn-primary[href*='/sign-in']"


@pytest.fixture(scope="module")
def own(site: Site) -> Iterator[str]:
    """The company's own host until the end of these tests. Browsers look for names below localhost on this machine alone."""
    statement = "UPDATE tenant SET host = %s, config_version = config_version + 1 WHERE slug = %s"
    with site.superuser() as admin:
        admin.execute(statement, [OWN, SLUG])
        yield f"http://{OWN}:{site.port}"
        admin.execute(statement, [None, SLUG])


def browser(people: People, site: Site, own: str, language: str, **options: Any) -> BrowserContext:
    context = people.browser(**options)
    context.add_cookies([{"name": "portico_lang", "value": language, "url": url} for url in (site.url, own)])
    arm(context)
    return context


def sign_in(page: Page, role: str = "customer") -> None:
    page.locator("input[name=email]").fill(f"{role}@{SLUG}.example")
    page.locator("input[name=password]").fill("portico-demo")
    page.locator("main form button[type=submit]").first.click()


def seen(page: Page, name: str) -> None:
    """Nothing is wrong with it; kept as a picture where one is asked for."""
    settle(page)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    folder = os.environ.get("PORTICO_PICTURES")
    if folder:
        look = f"{page.evaluate('document.documentElement.lang')}-{(page.viewport_size or {})['width']}"
        page.screenshot(path=Path(folder) / f"{name}-{look}.png", full_page=True)


@LOOKS
def test_signing_in_for_a_companys_own_host_and_out_at_both(people: People, site: Site, own: str, language: str, options: Any) -> None:
    page = browser(people, site, own, language, **options).new_page()
    page.goto(own + "/notices")
    page.wait_for_url(lambda url: url.startswith(f"{site.url}/c/{SLUG}/sign-in?next="))
    expect(page.locator("main")).to_contain_text(OWN)
    seen(page, "sign-in")
    assert "portico" not in {one["name"] for one in page.context.cookies(own)}
    sign_in(page)
    page.wait_for_url(own + "/notices")
    seen(page, "arrived")
    names = {one["name"] for one in page.context.cookies(own)}
    assert "portico" in names
    assert not [one for one in names if one.startswith("portico_handoff")], "its secret was for once"
    page.go_back()
    page.go_forward()
    page.wait_for_url(own + "/notices")
    account = page.locator("a[href='/account']").first
    account.evaluate("link => link.click()")
    page.wait_for_url(f"{site.url}/c/{SLUG}/account")
    page.goto(own + "/")
    page.locator("form[action$='/sign-out'] button").first.evaluate("button => button.form.requestSubmit()")
    page.wait_for_url(lambda url: url.startswith(f"{own}/sign-in/sso/signed-out"))
    expect(page.locator("main")).to_contain_text("localhost")
    seen(page, "signed-out")
    page.goto(site.url + "/account")
    assert "/sign-in" in page.url, "and at the portal's host, too"


@LOOKS
def test_who_is_signed_in_at_the_portals_host_is_asked_once(people: People, site: Site, own: str, language: str, options: Any) -> None:
    page = browser(people, site, own, language, **options).new_page()
    page.goto(site.url + "/sign-in")
    sign_in(page)
    page.wait_for_url(site.url + "/")
    page.locator(f"a[href='{own}/sign-in']").first.click()
    page.wait_for_url(lambda url: url.startswith(f"{site.url}/c/{SLUG}/sign-in/continue?challenge="))
    expect(page.locator("main")).to_contain_text(f"customer@{SLUG}.example")
    seen(page, "continue")
    page.locator(GO_ON).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(own + "/")
    assert page.locator("a[href$='/notices']").count()


@LOOKS
def test_another_account_is_a_way_on(people: People, site: Site, own: str, language: str, options: Any) -> None:
    page = browser(people, site, own, language, **options).new_page()
    page.goto(site.url + "/sign-in")
    sign_in(page)
    page.wait_for_url(site.url + "/")
    page.goto(own + "/notices")
    people.expected = ("401",)  # the first account's stream may be refused before the page is left
    page.locator("main button[formaction]").click()
    page.wait_for_url(lambda url: url.startswith(f"{site.url}/c/{SLUG}/sign-in?next="))
    sign_in(page)
    page.wait_for_url(own + "/notices")


@LOOKS
def test_a_code_in_another_browser_is_told_in_words(people: People, site: Site, own: str, language: str, options: Any) -> None:
    page = browser(people, site, own, language, **options).new_page()
    codes: list[str] = []
    page.on("request", lambda request: codes.append(request.url) if "/sign-in/arrive?code=" in request.url else None)
    page.goto(own + "/notices")
    sign_in(page)
    page.wait_for_url(own + "/notices")
    other = browser(people, site, own, language, **options).new_page()
    other.goto(codes[0])
    expect(other.locator(AGAIN)).to_be_visible()
    assert "code=" not in other.url
    seen(other, "closed")
    other.locator(AGAIN).click()
    other.wait_for_url(lambda url: url.startswith(f"{site.url}/c/{SLUG}/sign-in?next="))
    sign_in(other)
    other.wait_for_url(own + "/notices")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_proof_for_a_sensitive_change_leads_back_to_it(people: People, site: Site, own: str, size: Any) -> None:
    """Browsers follow a form's redirect only to where its page allows, which no test without one would notice."""
    page = browser(people, site, own, "en", viewport=size).new_page()
    page.goto(own + "/")
    sign_in(page, "admin")
    page.wait_for_url(own + "/")
    with site.superuser() as admin:
        admin.execute(
            "UPDATE web_session SET elevated_at = now() - interval '1 hour' "
            "WHERE user_id = (SELECT id FROM app_user WHERE email = %s)", [f"admin@{SLUG}.example"])
    page.goto(own + "/admin/security")
    page.wait_for_url(lambda url: url.startswith(f"{site.url}/c/{SLUG}/account/prove?next="))
    people.expected = ("401",)
    page.locator("main input[name=password]").fill("not this one")
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main [role=alert]")).to_have_count(1)
    page.locator("main input[name=password]").fill("portico-demo")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(own + "/admin/security")
    seen(page, "proven")
