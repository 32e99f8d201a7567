"""Second factors in a browser, with Chromium's virtual authenticator (SEC-2). Their flows are walked in test_walks.py."""

from __future__ import annotations

import re

import pyotp
from playwright.sync_api import Page, expect
from tests.browser.conftest import People, sign_in
from tests.browser.newcomers import PASSWORD, newcomer, session
from tests.browser.site import Site


def virtual_authenticator(page: Page) -> None:
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def add_authenticator(page: Page, name: str) -> str:
    """On the page that shows the secret, which is given back."""
    expect(page.locator(".qr svg")).to_be_visible()
    secret = re.search(r"secret=([A-Z2-7]+)", page.content())
    assert secret
    page.locator("input[name=code]").fill(pyotp.TOTP(secret[1]).now())
    page.locator("input[name=name]").fill(name)
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url("**/recovery-codes*")
    return secret[1]


def test_another_persons_passkey_is_not_taken_at_the_gate(site: Site, people: People) -> None:
    people.expected = ("422",)
    thief = people.browser(storage_state=session(site, newcomer(site))).new_page()
    virtual_authenticator(thief)
    thief.goto(site.path("regency", "/account/security/passkey"))
    thief.locator("main form.form button[type=submit]").click()
    thief.wait_for_url("**/recovery-codes*")
    person = newcomer(site)
    victim = people.browser(storage_state=session(site, person)).new_page()
    virtual_authenticator(victim)
    victim.goto(site.path("regency", "/account/security/passkey"))
    victim.locator("main form.form button[type=submit]").click()
    victim.wait_for_url("**/recovery-codes*")

    thief.context.clear_cookies()
    sign_in(thief, site.path("regency", "/sign-in"), person.email, PASSWORD)
    thief.wait_for_url("**/second-factor*")
    # The page offers the victim's passkey only; a forged page would ask for any.
    thief.evaluate("""() => { const form = document.querySelector("form.passkey");
        const options = JSON.parse(form.dataset.options); delete options.allowCredentials;
        form.dataset.options = JSON.stringify(options); }""")
    thief.locator("form.passkey button").click()
    expect(thief.locator(".error-summary")).to_be_visible()
    thief.goto(site.path("regency", "/account"))
    thief.wait_for_url("**/second-factor*")
