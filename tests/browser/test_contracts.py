"""A contract is found, read and agreed to; the company's system has the answer, and the page says so by itself (QUO-7)."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.site import Site

from portico.jobs import enqueue
from portico_contracts import entity
from portico_demo.databases import DEMO_CUSTOMERS

SLUG = "regency"
OFFER = (
    "INSERT INTO contracts (number, customer_id, title, status, currency, terms) SELECT %s, id, 'Care of scales', 'offered', currency, "
    "'To be kept in order.' FROM customers WHERE code = %s"
)


def offered(site: Site) -> str:
    """The number of a new contract, which the portal is about to read."""
    number = f"C-{secrets.token_hex(3)}"
    with site.erp(SLUG) as erp:
        erp.execute(OFFER, [number, DEMO_CUSTOMERS[SLUG]])
    with site.system(SLUG) as db:
        connection_id = db.scalar(sa.text("SELECT id FROM connection WHERE connector = 'companydb' ORDER BY id LIMIT 1"))
        enqueue(db, "connections.sync", connection_id=str(connection_id), entity=entity.NAME)
    return number


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_contract_is_found_and_agreed_to(size: Any, site: Site, people: People) -> None:
    page = people.page("customer", SLUG, "/contracts?state=open", viewport=size)
    number = offered(site)
    page.locator("input[name=q][type=search]").fill(number)
    link = page.locator("#contracts").get_by_role("link", name=number)
    expect(link).to_be_visible(timeout=60_000)  # as soon as it was read, by itself
    link.click()
    expect(page.locator("main")).to_contain_text("To be kept in order.")
    page.get_by_role("button", name="Agree").click()
    page.locator("dialog#agree").get_by_role("button", name="Agree").click()
    expect(page.locator("#contract .pill").first).to_have_text("Active", timeout=60_000)
    with site.erp(SLUG) as erp:
        assert erp.execute("SELECT status FROM contracts WHERE number = %s", [number]).fetchone() == ("active",)
