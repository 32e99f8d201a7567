"""The main job in a browser: a live-priced quote, from the catalogue to an order of the company, on a desk and a phone."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.site import Site

from portico_demo import backoffice

STEEL = "STEEL-SHEET"


def change_price(site: Site, slug: str, price: str) -> str:
    with site.erp(slug) as erp:
        before = erp.execute("SELECT price FROM materials WHERE code = %s", [STEEL]).fetchone()
        erp.execute("UPDATE materials SET price = %s WHERE code = %s", [Decimal(price), STEEL])
    assert before
    return str(before[0])


def process(site: Site, slug: str) -> backoffice.Done:
    """The company's people take everything a step on, the customers say yes; then the worker reads what they did."""
    from portico.db import setup
    from portico_demo import databases

    return backoffice.process(databases.create_empty(setup.admin_url(site.settings), site.home, slug).dsn, accept=True)


def saved(page: Page) -> None:
    expect(page.locator("#quote-saved")).to_have_attribute("data-state", "saved")


def pick(page: Page, code: str, phone: bool) -> None:
    if phone:
        page.get_by_role("button", name="Add items").click()
    search = page.locator("#picker input[type=search]")
    search.fill(code)
    item = page.locator("#pick .item").filter(has_text=code)
    expect(item).to_have_count(1)
    item.get_by_role("button", name=re.compile("^Add ")).click()
    if phone:
        page.locator("#picker").get_by_role("button", name="Close").click()
    expect(page.locator("#quote-lines .line").filter(has_text=code)).to_have_count(1)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_quote_is_built_priced_submitted_and_becomes_an_order(size: Any, site: Site, people: People) -> None:
    phone = size is PHONE
    people.expected = ("409",)  # of the prices that changed
    page = people.page("customer", "turinova", "/?lang=en", viewport=size)
    page.get_by_role("link", name=re.compile("catalogue", re.I)).first.click()
    page.locator("main input[type=search]").first.fill("steel")
    expect(page.locator("main .item").first).to_contain_text(re.compile("steel", re.I))
    page.goto(site.path("turinova", "/quotes"))
    page.locator("form[action$='/quotes/new'] button").first.click()
    page.wait_for_url(re.compile(r"/quotes/[0-9a-f-]+/edit|/quotes/[0-9a-f-]+$"))
    pick(page, STEEL, phone)
    line = page.locator("#quote-lines .line").filter(has_text=STEEL)
    line.locator("[name=quantity]").fill("3")
    line.locator("[name=quantity]").press("Tab")
    saved(page)
    page.locator("#note").fill("Deliver to the yard, please.")
    page.locator("#po_number").fill("PO-77")
    page.locator("#note").focus()
    saved(page)
    page.wait_for_timeout(400)
    page.reload()  # nothing is lost
    expect(page.locator("#po_number")).to_have_value("PO-77")
    expect(page.locator("#note")).to_have_value("Deliver to the yard, please.")
    expect(line.locator("[name=quantity]")).to_have_value("3")
    before = change_price(site, "turinova", "1111.00")
    try:
        page.locator("#quote-submit").click()
        expect(page.locator("h1")).to_contain_text("Prices have changed")
        expect(page.locator("main")).to_contain_text(STEEL)
        page.get_by_role("button", name=re.compile("Agree and submit")).click()
    finally:
        change_price(site, "turinova", before)
    page.wait_for_url(re.compile(r"/quotes/[0-9a-f-]+$"))
    expect(page.locator("h1")).to_contain_text(re.compile(r"Q|quote", re.I))
    number = arrived(site)
    expect(page.locator("h1")).to_contain_text(number, timeout=30_000)  # a job sent it; the page heard
    steps = [("priced", "Priced"), ("accepted", "Accepted"), ("ordered", "Ordered")]
    for done, said in steps:
        assert number in getattr(process(site, "turinova"), done) or done == "ordered"
        site.synchronise("turinova")
        expect(page.locator(".page-header .pill").first).to_have_text(said, timeout=30_000)
    page.goto(site.path("turinova", "/orders"))
    expect(page.locator("tbody tr").first).to_contain_text("PO-77")
    page.goto(site.path("turinova", "/notices"))
    expect(page.locator("main")).to_contain_text(number)


def arrived(site: Site) -> str:
    """The number that the company gave to the newest quote of the portal, which is there once."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with site.erp("turinova") as erp:
            rows = erp.execute("SELECT number FROM quotes WHERE po_number = 'PO-77' AND status = 'submitted' "
                               "AND portal_reference IS NOT NULL").fetchall()
        if rows:
            assert len(rows) == 1
            return str(rows[0][0])
        time.sleep(0.1)
    raise AssertionError("the quote did not arrive in the company's database")


def test_an_offer_that_changed_is_looked_at_again_and_nothing_typed_is_lost(unsigned: None, site: Site, people: People) -> None:
    """On a page that did not hear of the change."""
    people.expected = ("409",)  # of the offer that changed
    page = people.page("customer", "turinova", "/quotes?lang=en")
    page.locator("form[action$='/quotes/new'] button").first.click()
    page.wait_for_url("**/edit")  # with its scripts
    pick(page, STEEL, phone=False)
    page.locator("#po_number").fill("PO-77")
    page.locator("#note").focus()
    saved(page)
    page.locator("#quote-submit").click()
    page.wait_for_url(re.compile(r"/quotes/[0-9a-f-]+$"))
    number = arrived(site)
    assert number in process(site, "turinova").priced
    site.synchronise("turinova")
    expect(page.locator(".page-header .pill").first).to_have_text("Priced", timeout=30_000)
    page.locator("#quote").evaluate("element => element.removeAttribute('data-live')")
    page.locator("button[data-dialog-open=accept]").click()
    page.locator("#field-po_number").fill("PO-78")
    with site.erp("turinova") as erp:
        erp.execute("UPDATE quotes SET gross_total = 4321, tax_total = 4321 - net_total WHERE number = %s", [number])
    site.synchronise("turinova")
    page.locator("dialog#accept button[type=submit]").click()
    expect(page.get_by_role("alert")).to_contain_text("The offer has changed since you saw it. Look at it again.")
    expect(page.locator(".quote-foot").first).to_contain_text("4,321.00")
    page.locator("button[data-dialog-open=accept]").click()
    expect(page.locator("dialog#accept")).to_contain_text("4,321.00")
    expect(page.locator("#field-po_number")).to_have_value("PO-78")
    page.locator("dialog#accept button[type=submit]").click()
    page.wait_for_url(re.compile(r"/quotes/[0-9a-f-]+$"))
    expect(page.locator(".page-header .pill").first).to_have_text("Accepted")
    expect(page.locator("main")).to_contain_text("PO-78")


def test_a_company_that_is_down_costs_nothing_but_its_live_prices(site: Site, people: People) -> None:
    page = people.page("customer", "turinova", "/quotes?lang=en")
    page.locator("form[action$='/quotes/new'] button").first.click()
    page.wait_for_url("**/edit")  # with its scripts
    pick(page, STEEL, phone=False)
    site.command("demo", "stop", "turinova")
    try:
        page.reload()
        expect(page.locator("#quote-lines .line").filter(has_text=STEEL)).to_have_count(1)
        expect(page.locator("#prices-away")).not_to_be_empty()
        page.locator("#note").fill("Written while it was down")
        page.locator("#po_number").focus()
        saved(page)
        neighbour = people.page("customer", "regency", "/orders")
        expect(neighbour.locator("tbody tr").first).to_be_visible()
    finally:
        site.command("demo", "start", "turinova")
    page.reload()
    expect(page.locator("#note")).to_have_value("Written while it was down")
