"""E-invoices from the switch to the file: the pages /e-invoices, /e-invoices/company, /e-invoices/customers and
/e-invoices/customers/{account_id}, and what a customer is offered (PAY-8).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.site import Site
from tests.browser.test_accessibility import arm
from tests.browser.test_choosing import assert_accessible

pytestmark = pytest.mark.timeout(300)


def switch(admin: Page, site: Site, how: str) -> None:
    admin.goto(site.path("regency", "/admin/plugins"))
    row = admin.locator("li.plugin").filter(has=admin.get_by_role("heading", name=re.compile("^E-invoices")))
    row.get_by_role("link", name=re.compile("^Switch")).click()
    admin.get_by_role("button", name=re.compile(f"^Switch ({how}|all of them {how})$")).click()
    admin.wait_for_url("**/admin/plugins")


@pytest.fixture
def admin(site: Site, people: People) -> Iterator[Page]:
    """An administrator of Regency, while it has e-invoices on."""
    page = people.page("admin", "regency", "/")
    arm(page.context)
    switch(page, site, "on")
    yield page
    switch(page, site, "off")


def looked_at(page: Page) -> None:
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        assert_accessible(page)


def test_a_company_offers_e_invoices_once_its_details_are_entered(admin: Page, site: Site, people: People) -> None:
    admin.goto(site.path("regency", "/e-invoices"))
    expect(admin.locator("main")).to_contain_text("Enter the details of your company first")
    looked_at(admin)

    admin.get_by_role("link", name="Details of the company").click()
    admin.locator("[name=name]").fill("Regency Giftware Ltd")
    admin.locator("[name=street]").fill("1 Regent Street")
    admin.locator("[name=postcode]").fill("SW1Y 4LB")
    admin.locator("[name=city]").fill("London")
    admin.locator("main select[name=country]").select_option("GB")
    admin.locator("[name=vat_id]").fill("GB123456789")
    admin.locator("[name=iban]").fill("GB82 WEST 1234 5698 7654 33")
    people.expected = ("422",)
    admin.locator("main form button[type=submit]").click()
    expect(admin.locator("[name=iban]")).to_have_attribute("aria-invalid", "true")
    expect(admin.locator("[name=name]")).to_have_value("Regency Giftware Ltd")
    looked_at(admin)
    admin.locator("[name=iban]").fill("GB82 WEST 1234 5698 7654 32")
    admin.locator("main form button[type=submit]").click()
    expect(admin.locator("main")).not_to_contain_text("Enter the details of your company first")

    admin.goto(site.path("regency", "/e-invoices/customers"))
    looked_at(admin)
    admin.locator("main td a").first.click()
    admin.locator("[name=street]").fill("2 Station Road")
    admin.locator("[name=postcode]").fill("BS1 1AA")
    admin.locator("[name=city]").fill("Bristol")
    admin.locator("main select[name=country]").select_option("GB")
    looked_at(admin)
    admin.locator("main form button[type=submit]").click()

    customer = people.page("customer", "regency", "/invoices")
    arm(customer.context)
    customer.locator("a.row-link").first.click()
    offer = customer.get_by_role("link", name="Factur-X (PDF)")
    prepare = customer.get_by_role("button", name="Prepare it now")
    expect(offer.or_(prepare)).to_be_visible()
    if prepare.is_visible():
        prepare.click()
    for _try in range(30):
        if offer.is_visible():
            break
        customer.wait_for_timeout(1000)
        customer.reload()
        expect(customer.locator("main [aria-busy=true]")).to_have_count(0)
    expect(offer).to_be_visible()
    looked_at(customer)
    with customer.expect_download() as download:
        offer.click()
    paper = Path(download.value.path()).read_bytes()
    assert paper.startswith(b"%PDF-")
    assert b"factur-x.xml" in paper
    with customer.expect_download() as download:
        customer.get_by_role("link", name="E-invoice (XML)").click()
    assert b"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" in Path(download.value.path()).read_bytes()
