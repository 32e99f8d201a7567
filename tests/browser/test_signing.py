"""An offer is signed, typed or drawn, and that is its acceptance; then the signature has a page of its own (QUO-6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESK, PHONE, People, set_plugin
from tests.browser.newcomers import newcomer, session
from tests.browser.site import Site
from tests.browser.test_accessibility import arm
from tests.browser.test_handoff import seen

from portico.tenancy.models import AccountMember
from portico.tenancy.service import add_member, open_account
from portico_demo.databases import DEMO_CUSTOMERS
from portico_quotes import samples

SLUG, PLUGIN = "nile", "portico_signatures"
SIGN, SIGNATURE = "/sign/{agreement_kind}/{agreement_id}", "/signatures/{signature_id}"
VERIFY, VERIFIED = "/signed", "/signed/{proof}"
OFFERED = (
    "UPDATE quotes_quote SET state = 'processed', number = 'Q-SIGN', erp_ref = 'quote:' || id, delivery = 'sent', "
    "submitted_at = now() WHERE id = cast(:id AS uuid)"
)
LOOKS = pytest.mark.parametrize(
    ("language", "options"),
    [
        ("en", {"viewport": DESK, "color_scheme": "light"}),
        ("en", {"viewport": PHONE, "color_scheme": "light", "has_touch": True}),
        ("ar", {"viewport": DESK, "color_scheme": "dark"}),
        ("ar", {"viewport": PHONE, "color_scheme": "dark", "has_touch": True}),
    ],
    ids=["desk-en", "phone-en", "desk-ar", "phone-ar"],
)


@pytest.fixture
def signing(site: Site) -> Iterator[None]:
    set_plugin(site, SLUG, PLUGIN, on=True)
    yield
    set_plugin(site, SLUG, PLUGIN, on=False)


def offered(site: Site) -> tuple[dict[str, Any], str]:
    """(state of a browser of somebody with an offer, the offer's id)."""
    person = newcomer(site, "Sam Signer")
    with site.system(SLUG) as db:
        account_id = open_account(db, name="Signer & Sons", erp_ref=None)
        add_member(db, email=person.email, name=person.name, kind="customer", roles=["customer"])
        db.add(AccountMember(account_id=account_id, user_id=person.id, role="owner"))
    with site.system(SLUG) as db:
        quote_id = str(samples.make(db, account_id)["quote_id"])
        db.execute(sa.text(OFFERED), {"id": quote_id})
    return session(site, person), quote_id


def colleague(site: Site, quote_id: str) -> dict[str, Any]:
    """State of a browser of another owner of the organisation."""
    person = newcomer(site, "Cleo Colleague")
    with site.system(SLUG) as db:
        of_quote = sa.text("SELECT account_id FROM quotes_quote WHERE id = cast(:id AS uuid)")
        account_id = db.scalar(of_quote, {"id": quote_id})
        add_member(db, email=person.email, name=person.name, kind="customer", roles=["customer"])
        db.add(AccountMember(account_id=account_id, user_id=person.id, role="owner"))
    return session(site, person)


def opened(people: People, state: dict[str, Any], site: Site, language: str, options: Any) -> Page:
    context = people.browser(storage_state=state, **options)
    context.add_cookies([{"name": "portico_lang", "value": language, "url": site.url}])
    arm(context)
    return context.new_page()


def reference(site: Site, quote_id: str) -> str:
    with site.system(SLUG) as db:
        found = sa.text("SELECT reference FROM signatures_signature WHERE subject_id = cast(:id AS uuid)")
        return str(db.scalar(found, {"id": quote_id}))


def draw(page: Page) -> None:
    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(box["x"] + 20 + 15 * step, box["y"] + box["height"] / 2 + (-1) ** step * 20)
    page.mouse.up()


@LOOKS
def test_an_offer_is_signed_by_drawing(signing: None, site: Site, people: People, language: str, options: Any) -> None:
    state, quote_id = offered(site)
    page = opened(people, state, site, language, options)
    page.goto(site.path(SLUG, f"/quotes/{quote_id}"))
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.locator("main a[href*='/sign/']").first.click()
    page.wait_for_url(re.compile("/sign/quotes.quote/" + quote_id))
    seen(page, "sign")
    document = page.request.get(site.url + (page.locator("a[href$='/document']").get_attribute("href") or ""))
    assert (document.status, document.headers["content-type"]) == (200, "application/pdf")
    page.locator("input[name=method][value=drawn]").check()
    page.locator("#field-agree").check()
    people.expected = ("422",)
    page.locator("main form[data-sign] button[type=submit]").click()
    expect(page.locator(".form-error").first).to_be_visible()  # nothing is drawn yet, and what was typed is there still
    expect(page.locator("input[name=name]")).to_have_value("Sam Signer")
    expect(page.locator("input[name=method][value=drawn]")).to_be_checked()
    seen(page, "sign-refused")
    draw(page)
    page.locator("#field-agree").check()
    seen(page, "sign-drawn")
    page.locator("main form[data-sign] button[type=submit]").click()
    page.wait_for_url(re.compile(f"/quotes/{quote_id}$"))
    page.locator("main a[href*='/signatures/']").first.click()
    expect(page.locator("main svg.sign-canvas polyline").first).to_be_visible()
    seen(page, "signature")
    stranger = opened(people, {}, site, language, options)
    stranger.goto(site.path(SLUG, VERIFIED.format(proof=reference(site, quote_id))))
    expect(stranger.locator("main dd", has_text="Sam Signer")).to_be_visible()
    seen(stranger, "verified")
    stranger.goto(site.path(SLUG, VERIFY))
    seen(stranger, "verify")
    stranger.locator("input[type=file]").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": document.body()})
    stranger.locator("form[method=post] button[type=submit]").click()
    expect(stranger.locator("main dd", has_text="S. S.")).to_be_visible()
    seen(stranger, "verified-file")


@LOOKS
def test_two_sign_one_after_the_other(signing: None, site: Site, people: People, language: str, options: Any) -> None:
    state, quote_id = offered(site)
    second = colleague(site, quote_id)
    page = opened(people, state, site, language, options)
    page.goto(site.path(SLUG, SIGN.format(agreement_kind="quotes.quote", agreement_id=quote_id)))
    page.locator("details.sign-others summary").click()
    seen(page, "sign-others")
    page.locator("select[name=signer_2]").select_option(label="Cleo Colleague")
    page.locator("#field-agree").check()
    page.locator("main form[data-sign] button[type=submit]").click()
    expect(page.locator(".sign-turns li")).to_have_count(2)
    seen(page, "sign-round")
    other = opened(people, second, site, language, options)
    other.goto(site.path(SLUG, SIGN.format(agreement_kind="quotes.quote", agreement_id=quote_id)))
    expect(other.locator("form[action$='/refuse']")).to_be_visible()
    seen(other, "sign-turn")
    other.locator("#field-agree").check()
    other.locator("main form[data-sign] button[type=submit]").click()
    other.wait_for_url(re.compile(f"/quotes/{quote_id}$"))


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_one_company_of_the_demo_takes_offers_by_signing(size: Any, site: Site, people: People) -> None:
    """So that whoever opens the demo sees it."""
    waiting = sa.text(
        "SELECT q.id FROM quotes_quote q JOIN account a ON a.id = q.account_id WHERE a.erp_ref = :ref AND q.state = 'processed' "
        "AND coalesce(q.valid_until, current_date) >= current_date ORDER BY q.id LIMIT 1"
    )
    with site.system("turinova") as db:
        quote_id = db.scalar(waiting, {"ref": DEMO_CUSTOMERS["turinova"]})
    page = people.page("customer", "turinova", f"/quotes/{quote_id}?lang=fr", viewport=size)
    expect(page.locator("button[data-dialog-open=accept]")).to_have_count(0)
    page.locator("main a[href*='/sign/']").first.click()
    expect(page.locator("form[data-sign] .sign-consent span")).to_have_attribute("lang", "fr")
    expect(page.locator("form[data-sign] button[type=submit]")).to_have_text("Signer et accepter")


def test_an_offer_is_signed_by_keyboard_alone(signing: None, site: Site, people: People) -> None:
    state, quote_id = offered(site)
    page = opened(people, state, site, "en", {"viewport": DESK})
    page.goto(site.path(SLUG, f"/sign/quotes.quote/{quote_id}"))
    name = page.locator("input[name=name]")
    name.focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Samira Signer")
    expect(page.locator("[data-sign-name]")).to_have_text("Samira Signer")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "field-agree":
            break
    page.keyboard.press("Space")
    expect(page.locator("#field-agree")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/quotes/{quote_id}$"))
    with site.system(SLUG) as db:
        signed = sa.text("SELECT name, method FROM signatures_signature WHERE subject_id = cast(:id AS uuid)")
        assert tuple(db.execute(signed, {"id": quote_id}).one()) == ("Samira Signer", "typed")
