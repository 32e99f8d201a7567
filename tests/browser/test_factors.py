"""Second factors in a browser, with Chromium's virtual authenticator, on a desk and on a phone (SEC-2)."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESK, PHONE, People, sign_in
from tests.browser.site import Site

PASSWORD = "a sentence to remember"
LOOKS = pytest.mark.parametrize(
    ("slug", "options"),
    [("regency", {"viewport": DESK}), ("nile", {"viewport": PHONE, "color_scheme": "dark"})],
    ids=["desk", "phone"],
)


def newcomer(people: People, site: Site, slug: str, **options: Any) -> tuple[Page, str]:
    """Somebody new, with a confirmed address: what they change is nobody else's."""
    email = f"factor-{secrets.token_hex(4)}@example.com"
    page = people.anonymous(f"/c/{slug}/register", **options)
    page.locator("input[name=name]").fill("Fatima Factor")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").last.click()
    page.wait_for_url("**/register/done")
    page.goto(site.path(slug, "/demo/mail"))
    mail = page.locator("li").filter(has_text=email).get_by_role("link")
    for _ in range(120):  # the worker writes it
        if mail.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    mail.first.click()
    link = page.frame_locator("iframe").locator("a[href*=verify]").first
    link.wait_for()
    page.goto(str(link.get_attribute("href")))
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").last.click()
    page.wait_for_url("**/join*")
    return page, email


def virtual_authenticator(page: Page) -> None:
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def add_authenticator(page: Page) -> str:
    page.locator("form[action*='/account/security/authenticator'] button").click()
    page.wait_for_url("**/account/security/authenticator/*")
    expect(page.locator(".qr svg")).to_be_visible()
    secret = re.search(r"secret=([A-Z2-7]+)", page.content())
    assert secret
    page.locator("input[name=code]").fill(pyotp.TOTP(secret[1]).now())
    page.locator("input[name=name]").fill("Telephone")
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url("**/recovery-codes*")
    return secret[1]


@LOOKS
def test_from_the_first_factor_to_signing_in_without_a_password(
    slug: str, options: Any, site: Site, people: People
) -> None:
    people.expected = ("422",)
    page, email = newcomer(people, site, slug, **options)
    virtual_authenticator(page)
    page.goto(site.path(slug, "/account/security"))
    secret = add_authenticator(page)
    page.locator("main form button[type=submit]").click()
    codes = page.locator(".codes code")
    expect(codes).to_have_count(10)
    recovery = str(codes.first.text_content())

    page.goto(site.path(slug, "/account/security/passkey"))
    page.locator("input[name=name]").fill("Laptop")
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url("**/account/security")
    expect(page.locator("main .rows li")).to_have_count(2)

    page.context.clear_cookies()
    sign_in(page, site.path(slug, "/sign-in?next=/c/" + slug + "/account"), email, PASSWORD)
    page.wait_for_url("**/second-factor*")
    page.locator("input[name=code]").fill("000000")
    page.locator("main form.form button[type=submit]").click()
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("input[name=code]")).to_have_value("000000")
    page.locator("form.passkey button").click()
    page.wait_for_url("**/account")  # the deep link survived both steps

    page.context.clear_cookies()
    sign_in(page, site.path(slug, "/sign-in"), email, PASSWORD)
    page.locator("input[name=code]").fill(pyotp.TOTP(secret).at(time.time() + 30))  # that of now is spent
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url(lambda url: "/second-factor" not in url)

    page.context.clear_cookies()
    sign_in(page, site.path(slug, "/sign-in"), email, PASSWORD)
    page.locator("input[name=code]").fill(recovery.upper())
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url(lambda url: "/second-factor" not in url)

    page.context.clear_cookies()
    page.goto(site.path(slug, "/sign-in/passkey?next=/c/" + slug + "/account"))
    page.locator("form.passkey button").click()
    page.wait_for_url("**/account")
    expect(page.locator("main")).to_contain_text(email)


def test_another_persons_passkey_is_not_taken_at_the_gate(site: Site, people: People) -> None:
    people.expected = ("422",)
    thief, _email = newcomer(people, site, "regency")
    virtual_authenticator(thief)
    thief.goto(site.path("regency", "/account/security/passkey"))
    thief.locator("main form.form button[type=submit]").click()
    thief.wait_for_url("**/recovery-codes*")
    victim, email = newcomer(people, site, "regency")
    virtual_authenticator(victim)
    victim.goto(site.path("regency", "/account/security/passkey"))
    victim.locator("main form.form button[type=submit]").click()
    victim.wait_for_url("**/recovery-codes*")

    thief.context.clear_cookies()
    sign_in(thief, site.path("regency", "/sign-in"), email, PASSWORD)
    thief.wait_for_url("**/second-factor*")
    # The page offers the victim's passkey only; a forged page would ask for any.
    thief.evaluate("""() => { const form = document.querySelector("form.passkey");
        const options = JSON.parse(form.dataset.options); delete options.allowCredentials;
        form.dataset.options = JSON.stringify(options); }""")
    thief.locator("form.passkey button").click()
    expect(thief.locator(".error-summary")).to_be_visible()
    thief.goto(site.path("regency", "/account"))
    thief.wait_for_url("**/second-factor*")
