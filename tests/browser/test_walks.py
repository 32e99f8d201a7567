"""The flows around who somebody is and what they may do, each walked from end to end in a browser: in English, French and
Arabic, on a desk and on a phone. Every step is looked at; see tests/browser/steps.py.
"""

from __future__ import annotations

import re
import time
from decimal import Decimal

import pyotp
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import People, sign_in
from tests.browser.newcomers import PASSWORD, colleague, mailed_link, newcomer, session
from tests.browser.site import Site, wait_for
from tests.browser.steps import WALKS, WIDTHS, Walk, ask_and_confirm, submit
from tests.browser.test_factors import add_authenticator, virtual_authenticator

SUMMARY = ".error-summary"
PHONE_AGENT = ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
               "Version/18.0 Mobile/15E148 Safari/604.1")


@pytest.fixture(params=WALKS, ids="-".join)
def walk(request: pytest.FixtureRequest, site: Site, people: People) -> Walk:
    return Walk(site, people, *request.param)


def test_signing_in(walk: Walk) -> None:
    walk.people.expected = ("401",)
    person = colleague(walk.site, walk.slug, walk.name, role="purchaser")
    page = walk.browser()
    page.goto(walk.at("/notices?show=all"))
    page.wait_for_url("**/sign-in?*")
    walk.look(page, "sign-in")
    page.locator("input[name=email]").fill(person.email)
    page.locator("input[name=password]").fill("not this one")
    submit(page)
    walk.look(page, "sign-in-refused", page.locator(SUMMARY))
    expect(page.locator("input[name=email]")).to_have_value(person.email)
    expect(page.locator("input[name=password]")).to_have_value("")
    page.locator("input[name=password]").fill(PASSWORD)
    submit(page)
    page.wait_for_url("**/notices?show=all")
    walk.look(page, "signed-in")


def test_second_factor(walk: Walk) -> None:
    walk.people.expected = ("422",)
    person = newcomer(walk.site, walk.name)
    page = walk.browser(session(walk.site, person))
    page.goto(walk.at("/account/security"))
    walk.look(page, "security-without-factor")
    page.locator("form[action*='/account/security/authenticator'] button").click()
    page.wait_for_url("**/account/security/authenticator/*")
    walk.look(page, "authenticator")
    page.locator("input[name=code]").fill("000000")
    submit(page)
    walk.look(page, "authenticator-refused", page.locator(SUMMARY))
    secret = add_authenticator(page, "Telephone")
    walk.known.append("Telephone")
    walk.look(page, "recovery-codes-offered")
    page.locator("main form button[type=submit]").click()
    codes = page.locator(".codes code")
    expect(codes).to_have_count(10)
    walk.look(page, "recovery-codes")
    recovery = str(codes.first.text_content())

    page.context.clear_cookies(name="portico")
    sign_in(page, walk.at(f"/sign-in?next=/c/{walk.slug}/account/security"), person.email, PASSWORD)
    page.wait_for_url("**/second-factor*")
    walk.look(page, "second-factor")
    page.locator("input[name=code]").fill("000000")
    submit(page)
    walk.look(page, "second-factor-refused", page.locator(SUMMARY))
    expect(page.locator("input[name=code]")).to_have_value("000000")
    page.locator("input[name=code]").fill(pyotp.TOTP(secret).at(time.time() + 30))  # that of now is spent
    submit(page)
    page.wait_for_url("**/account/security")  # the deep link survived both steps
    walk.look(page, "security-with-factor")

    page.context.clear_cookies(name="portico")
    sign_in(page, walk.at("/sign-in"), person.email, PASSWORD)
    page.locator("input[name=code]").fill(recovery.upper())
    submit(page)
    page.wait_for_url(lambda url: "/second-factor" not in url)


def test_passkey(walk: Walk) -> None:
    person = newcomer(walk.site, walk.name)
    page = walk.browser(session(walk.site, person))
    virtual_authenticator(page)
    page.goto(walk.at("/account/security/passkey"))
    walk.look(page, "passkey")
    page.locator("input[name=name]").fill("Laptop")
    walk.known.append("Laptop")
    submit(page)
    page.wait_for_url("**/recovery-codes*")
    page.goto(walk.at("/account/security"))
    expect(page.locator("main .rows li")).to_have_count(1)
    walk.look(page, "security-with-passkey")

    page.context.clear_cookies(name="portico")
    sign_in(page, walk.at("/sign-in"), person.email, PASSWORD)
    page.wait_for_url("**/second-factor*")
    walk.look(page, "passkey-at-the-gate")
    page.locator("form.passkey button").click()
    page.wait_for_url(lambda url: "/second-factor" not in url)

    page.context.clear_cookies(name="portico")
    page.goto(walk.at(f"/sign-in/passkey?next=/c/{walk.slug}/account/security"))
    walk.look(page, "passkey-sign-in")
    page.locator("form.passkey button").click()
    page.wait_for_url("**/account/security")
    removal = page.locator("button[data-dialog-open^=remove-]")
    ask_and_confirm(walk, page, removal, "passkey-removal")
    expect(removal).to_have_count(0)


def test_devices(walk: Walk) -> None:
    person = newcomer(walk.site, walk.name)
    other = walk.browser(user_agent=PHONE_AGENT)
    sign_in(other, walk.at("/sign-in"), person.email, PASSWORD)
    page = walk.browser(session(walk.site, person))
    page.goto(walk.at("/account/devices"))
    rows = page.locator("main .rows > li")
    expect(rows).to_have_count(2)
    expect(page.locator("main .rows .pill")).to_have_count(1)  # this device, which cannot be signed out from here
    walk.look(page, "devices")
    ask_and_confirm(walk, page, rows.filter(has_text="Safari").get_by_role("button"), "device-signed-out")
    expect(rows).to_have_count(1)
    expect(page.locator(".toasts .flash")).to_be_visible()
    walk.look(page, "devices-after")
    other.goto(walk.at("/account"))
    other.wait_for_url("**/sign-in*")


def test_invitation(walk: Walk) -> None:
    walk.people.expected = ("422", "410")
    owner = walk.browser(walk.people.state("customer", walk.slug))
    owner.goto(walk.at("/organisation"))
    walk.look(owner, "organisation")
    owner.locator("a[href$='/invite']").click()
    walk.look(owner, "invite")
    submit(owner)
    walk.look(owner, "invite-refused", owner.locator(SUMMARY))
    email = f"colleague-{time.time_ns():x}@example.com"
    owner.locator("input[name=email]").fill(email)
    owner.locator("input[name=reach][value=own]").check()
    owner.locator("input[name=limit]").fill("1")
    submit(owner)
    expect(owner.locator("#organisation")).to_contain_text(email)
    walk.look(owner, "invited")

    page, link = walk.browser(), mailed_link(walk.site, email, "/invitation?token=")
    page.goto(link)
    walk.look(page, "invitation")
    page.locator("input[name=name]").fill(walk.name)
    page.locator("input[name=password]").fill("short")
    submit(page)
    walk.look(page, "invitation-refused", page.locator(SUMMARY))
    expect(page.locator("input[name=name]")).to_have_value(walk.name)
    page.locator("input[name=password]").fill("a sentence to remember")
    submit(page)
    page.wait_for_url(lambda url: "/invitation" not in url)
    expect(page.locator(".toasts .flash")).to_be_visible()
    page.goto(link)
    walk.look(page, "invitation-used")
    owner.goto(walk.at("/organisation"))
    owner.locator("#organisation tr").filter(has_text=email).locator("a").click()
    walk.look(owner, "colleague")
    ask_and_confirm(walk, owner, owner.locator("button[data-dialog-open=remove]"), "colleague-removal")
    expect(owner.locator("#organisation")).not_to_contain_text(email)
    page.goto(walk.at("/quotes"))
    page.wait_for_url("**/join*")


def asked_for(walk: Walk, page: Page) -> str:
    """More than the buyer may spend alone is put into a quote, and asked for; the quote's address."""
    page.goto(walk.at("/catalogue"))
    page.locator("form[action$='/catalogue/add'] button[type=submit]").first.click()
    page.locator("#quote-added a").click()
    page.wait_for_url("**/edit")
    expect(page.locator("#quote-lines .line")).to_have_count(1)
    page.locator("#quote-submit").click()
    expect(page.locator("textarea[name=note]")).to_be_visible()
    walk.look(page, "approval-asked")
    page.locator("textarea[name=note]").fill(walk.other)
    submit(page)
    page.wait_for_url(re.compile(r"/quotes/[0-9a-f-]+$"))
    expect(page.locator("main a[href*='/approvals/']")).to_be_visible()
    return page.url


def test_approval(walk: Walk) -> None:
    walk.people.expected = ("409", "422")  # above the limit; a refusal without a reason
    place = {"role": "purchaser", "reach": "own", "limit_amount": Decimal(1), "limit_currency": walk.site.tenant(walk.slug).currency}
    buyer = walk.browser(session(walk.site, colleague(walk.site, walk.slug, walk.name, **place)))
    quote = asked_for(walk, buyer)
    owner = walk.browser(walk.people.state("customer", walk.slug))
    owner.goto(walk.at("/approvals"))
    walk.look(owner, "approvals")
    owner.locator("tbody tr").filter(has_text=walk.name).first.locator("a").click()
    expect(owner.locator("main")).to_contain_text(walk.other)
    walk.look(owner, "approval")
    owner.locator("a[href$='/decline']").click()
    submit(owner)
    walk.look(owner, "approval-decline-refused", owner.locator(SUMMARY))
    owner.locator(".form-actions a").click()
    ask_and_confirm(walk, owner, owner.locator("button[data-dialog-open=approve]"), "approval-question")
    expect(owner.locator("form[action$='/approve']")).to_have_count(0)
    walk.look(owner, "approved")
    buyer.goto(quote)
    expect(buyer.locator("main a[href*='/approvals/']")).to_have_count(0)
    expect(buyer.locator("main .quote-way")).to_be_visible()

    def told() -> bool:
        buyer.goto(walk.at("/notices"))
        return buyer.locator("main form[action*='/notices/'] button.rows-title").count() > 0

    wait_for(told, 60, "the buyer was not told")
    expect(buyer.locator("main")).to_contain_text(re.compile("Approved|Approuvé|الموافقة"))
    walk.look(buyer, "approval-told")


def test_approval_without_scripts(site: Site, people: People) -> None:
    """What a dialog asks stands on the page then, and nothing is offered that only a script can do."""
    walk = Walk(site, people, "en", "phone")
    place = {"role": "purchaser", "reach": "own", "limit_amount": Decimal(1), "limit_currency": "GBP"}
    buyer = walk.browser(session(site, colleague(site, walk.slug, "Sam Scriptless", **place)))
    asked_for(walk, buyer)
    people.expected = ("409",)  # above the limit
    owner = people.browser(storage_state=people.state("customer", walk.slug), viewport=WIDTHS["phone"], java_script_enabled=False).new_page()
    owner.goto(walk.at("/approvals"))
    owner.locator("tbody tr").filter(has_text="Sam Scriptless").first.locator("a").click()
    question = owner.locator("dialog#approve")
    expect(question).to_be_visible()
    expect(owner.locator("[data-dialog-open], [data-dialog-close]").filter(visible=True)).to_have_count(0)
    expect(owner.locator("#confirm-dialog")).to_be_hidden()
    question.get_by_role("button", name="Approve").click()
    expect(owner.locator("form[action$='/approve']")).to_have_count(0)
    expect(owner.locator("main")).to_contain_text("Approved")
