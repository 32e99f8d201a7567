"""Single sign-on by SAML 2.0 in a browser: the provider's page posts from another site, and the deep link survives it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.site import Site
from tests.browser.test_sso import assert_good, opened
from tests.functional.identity import saml_company
from tests.saml_idp.running import IdentityProvider, person, running

from portico.identity.sso import service

SLUG = "nile"
LOOKS = pytest.mark.parametrize(
    ("language", "options"),
    [("en", {"viewport": PHONE}), ("en", {"viewport": DESK, "color_scheme": "dark"}), ("ar", {"viewport": PHONE, "color_scheme": "dark"})],
    ids=["phone-en", "desk-en", "phone-ar"],
)


@pytest.fixture(scope="module")
def provider(site: Site) -> Iterator[IdentityProvider]:
    """The company's until the end of these tests."""
    with running({"mia": person("mia-1", "mia@saml.example", "Mia Meyer")}) as found:
        with site.system(SLUG) as db:
            us = service.us(site.path(SLUG, "").rstrip("/"))
            saml_company.give_in(db, us, found.metadata, "saml.example", newcomers="agent")
        yield found
        with site.system(SLUG) as db:
            service.remove(db)
            for one in service.domains(db):
                service.remove_domain(db, one.id)


@LOOKS
def test_there_and_back(language: str, options: dict[str, object], site: Site, people: People, provider: IdentityProvider) -> None:
    page = opened(people, site, "/notices?show=all", language, slug=SLUG, **options)
    page.wait_for_url("**/sign-in?*")
    page.locator("a[href*='/sign-in/sso']").click()
    page.locator("input[name=as]").fill("mia")
    page.locator("button").click()
    page.wait_for_url("**/notices?show=all*")
    assert_good(page, language)


@LOOKS
def test_its_pages_of_administration(
    language: str, options: dict[str, object], site: Site, people: People, provider: IdentityProvider
) -> None:
    page = opened(people, site, "/admin/sso", language, "admin", slug=SLUG, **options)
    expect(page.get_by_text(provider.entity_id).first).to_be_visible()
    assert_good(page, language)
    page.locator("a[href$='/admin/sso/saml']").click()
    expect(page.locator("textarea[name=metadata]")).to_be_visible()
    assert_good(page, language)
    page.locator("textarea[name=metadata]").fill("<not-a-description/>")
    page.locator("form.deform button[type=submit], main form button[type=submit]").first.click()
    expect(page.locator("textarea[name=metadata]")).to_have_value("<not-a-description/>")
    assert_good(page, language)
