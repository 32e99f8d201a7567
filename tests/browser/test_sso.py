"""Single sign-on in a browser, with a real provider: there, back to the deep link, out again; and what goes wrong, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESK, PASSWORD, PHONE, People
from tests.browser.site import Site
from tests.browser.steps import WALKS, Walk
from tests.browser.test_accessibility import arm, axe, settle
from tests.functional.identity.sso_company import give_in
from tests.provider.running import Provider, running

from portico.identity.sso import service

SLUG = "turinova"
PEOPLE = {
    "mia": {"email": "mia@work.example", "email_verified": True, "name": "Mia Meyer"},
    "otto": {"email": "otto@work.example", "email_verified": False, "name": "Otto"},
}
LOOKS = pytest.mark.parametrize(
    ("language", "options"),
    [
        ("en", {"viewport": DESK}),
        ("fr", {"viewport": PHONE}),
        ("ar", {"viewport": DESK, "color_scheme": "dark"}),
        ("en", {"viewport": PHONE, "color_scheme": "dark"}),
        ("fr", {"viewport": DESK}),
        ("ar", {"viewport": PHONE}),
    ],
    ids=["desk-en", "phone-fr", "desk-ar", "phone-en", "desk-fr", "phone-ar"],
)
BUTTON = "a[href*='/sign-in/sso']"
UNCONFIRMED = {
    "en": "Your e-mail address is not confirmed", "fr": "Votre adresse e-mail n'est pas confirmée", "ar": "عنوان بريدك غير مؤكد",
}


@pytest.fixture(scope="module")
def provider(site: Site) -> Iterator[Provider]:
    """The company's until the end of these tests."""
    with running(PEOPLE, [site.path(SLUG, service.CALLBACK)], [site.path(SLUG, "/sign-in")]) as found:
        with site.system(SLUG) as db:
            give_in(db, site.parts, found.issuer, found.client_id, found.client_secret, "work.example", newcomers="agent")
        yield found
        with site.system(SLUG) as db:
            service.remove(db)
            for one in service.domains(db):
                service.remove_domain(db, one.id)


def opened(people: People, site: Site, path: str, language: str, role: str = "", *, slug: str = SLUG, **options: Any) -> Page:
    """A page of the company, in a browser of its own."""
    people.expected = ("http://127.0.0.1:", "403", "422")  # the provider's pages have no icon; the person's own account, and a wrong form, are refused
    context = people.browser(storage_state=people.state(role, slug) if role else None, **options)
    context.add_cookies([{"name": "portico_lang", "value": language, "url": site.path(slug)}])
    arm(context)
    page = context.new_page()
    page.goto(site.path(slug, path))
    return page


def assert_good(page: Page, language: str) -> None:
    settle(page)
    expect(page.locator("html")).to_have_attribute("lang", language)
    found = page.evaluate("[...porticoChecks.headings(), ...porticoChecks.small(), ...porticoChecks.wide(), ...porticoChecks.cut()]")
    assert [*found, *axe(page)] == []


def at_the_provider(page: Page, name: str) -> None:
    """Its own pages, as far as it shows them."""
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").first.click()
    page.locator("button[type=submit]").first.click()  # it may know the person's address


@pytest.mark.parametrize(("language", "width"), WALKS, ids=map("-".join, WALKS))
def test_there_and_back_and_out(language: str, width: str, site: Site, people: People, provider: Provider) -> None:
    people.expected = ("http://127.0.0.1:", "403")  # the provider's pages have no icon; the person's own account is refused
    walk = Walk(site, people, language, width, SLUG)
    walk.known += ["Work login", "Mia Meyer"]
    page = walk.browser()
    page.goto(walk.at("/notices?show=all"))
    page.wait_for_url("**/sign-in?*")
    expect(page.locator(BUTTON)).to_contain_text("Work login")
    walk.look(page, "sso-sign-in")
    page.locator(BUTTON).click()
    at_the_provider(page, "mia")
    page.wait_for_url("**/notices?show=all*")
    assert "code=" not in page.url
    walk.look(page, "sso-signed-in")
    page.goto(walk.at("/account"))  # her own account is not for this session
    walk.look(page, "sso-own-account")
    page.goto(walk.at("/notices"))
    page.locator("header details.menu > summary").click()
    page.locator("header form[action*='/sign-out'] button").click()
    page.wait_for_url("**/sign-in/sso/signed-out")
    walk.look(page, "sso-signed-out")
    page.locator("a[href*='/sign-in/sso/leave']").click()
    page.wait_for_url(f"{provider.issuer}/**")
    page.locator("button[name=logout]").click()
    page.wait_for_url(f"**/c/{SLUG}/sign-in")


@LOOKS
def test_what_went_wrong_is_told_in_the_readers_language(
    language: str, options: Any, site: Site, people: People, provider: Provider
) -> None:
    page = opened(people, site, "/sign-in", language, **options)
    page.locator(BUTTON).click()
    at_the_provider(page, "otto")
    page.wait_for_url("**/sign-in/sso/problem?*")
    expect(page.locator("h1")).to_have_text(UNCONFIRMED[language])
    assert_good(page, language)


@LOOKS
def test_the_administrators_page(language: str, options: Any, site: Site, people: People, provider: Provider) -> None:
    page = opened(people, site, "/admin/sso", language, "admin", **options)
    page.locator("form[action*='/admin/sso/test'] button").click()
    page.wait_for_url("**/admin/sso*")
    expect(page.locator("#test .rows li")).to_have_count(3)
    expect(page.locator("body")).not_to_contain_text(provider.client_secret)
    row, text = page.locator("#domains .rows > li").first, page.locator("#domains .rows-body").first
    widths = [(one.bounding_box() or {"width": 0})["width"] for one in (row, text)]
    assert widths[1] > widths[0] / 2, f"the text of a domain has no room: {widths}"
    page.goto(site.path(SLUG, "/admin/sso"))  # from its top: at the anchor a button lies half under the page's head
    assert_good(page, language)
    page.goto(site.path(SLUG, "/admin/sso/provider"))
    if "/account/prove" in page.url:  # in a long run the others signed in more than ten minutes ago
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("main button[type=submit]").click()
    expect(page.locator("input[name=client_secret]")).to_have_value("")
    assert_good(page, language)
    page.goto(site.path(SLUG, "/admin/sso/rules"))
    assert_good(page, language)
