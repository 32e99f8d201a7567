"""Live events from the company's database to the open page, and the gates that they pass, on two web processes."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from playwright.sync_api import Page, expect
from tests.browser.conftest import People, set_plugin
from tests.browser.site import Site, wait_for

from portico import events
from portico.tenancy import service
from portico_demo.databases import DEMO_CUSTOMERS

PATIENCE_S = 30.0
"""That it happens is tested here, not how fast."""
LISTEN = """(address) => {
    window.heard = []; window.ended = false; window.opened = false;
    fetch(address, { headers: { Accept: "text/event-stream" } }).then(async (answer) => {
        window.opened = answer.ok;
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        for (;;) {
            const { done, value } = await reader.read();
            if (done) break;
            for (const found of value.matchAll(/"kind":"([^"]*)"/g)) window.heard.push(found[1]);
        }
        window.ended = true;
    }).catch(() => { window.ended = true; });
}"""


def listen(page: Page, site: Site, slug: str) -> Page:
    """Another tab of the same browser that listens. It is emptied: a page that is refused one of its parts leaves for the
    sign-in, and would end the listening."""
    tab = page.context.new_page()
    tab.goto(site.path(slug, "/account"))
    tab.evaluate("document.body.replaceChildren()")
    tab.evaluate(LISTEN, site.path(slug, "/events"))
    until(tab, "opened")
    return tab


def until(page: Page, expression: str, seconds: float = PATIENCE_S) -> None:
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"not within {seconds} s: {expression}"
        page.wait_for_timeout(50)


def publish(site: Site, slug: str, kind: str) -> None:
    with site.system(slug) as db:
        account: UUID = db.scalar(sa.text("SELECT id FROM account WHERE erp_ref = :ref"), {"ref": DEMO_CUSTOMERS[slug]})
        events.publish(db, kind, account_id=account, subject=("order", "1"))


def an_order(site: Site, slug: str, status: str) -> tuple[str, Any]:
    """(number, key in the company's database) of an order of the demo's customer."""
    with site.erp(slug) as erp:
        row = erp.execute(
            "SELECT o.number, o.id FROM orders o JOIN customers c ON c.id = o.customer_id "
            "WHERE c.code = %s AND o.status = %s ORDER BY o.id DESC LIMIT 1", [DEMO_CUSTOMERS[slug], status]).fetchone()
    assert row, f"no {status} order of {DEMO_CUSTOMERS[slug]}"
    return row[0], row[1]


def test_a_change_in_the_company_reaches_the_open_pages(site: Site, people: People) -> None:
    number, key = an_order(site, "regency", "pending")
    listing = people.page("customer", "regency", f"/orders?q={number}")
    pill = listing.locator("tbody tr").filter(has_text=number).locator(".pill")
    expect(pill).to_have_text("Received")
    detail = people.page("customer", "regency", f"/orders?q={number}")
    detail.get_by_role("link", name=number).click()
    expect(detail.locator("h1")).to_contain_text(number)
    bell = listing.locator("#bell-count")
    before = int(bell.locator("[aria-hidden]").text_content() or 0) if bell.locator("[aria-hidden]").count() else 0
    with site.erp("regency") as erp:
        erp.execute("UPDATE orders SET status = 'processing' WHERE id = %s", [key])
    site.synchronise("regency")
    expect(pill).to_have_text("In progress", timeout=PATIENCE_S * 1000)
    expect(detail.locator("#order .page-header .pill")).to_have_text(
        "In progress", timeout=PATIENCE_S * 1000)
    # A notice is written by a job of its own; others may come of what happened before.
    until(listing, f"Number(document.querySelector('#bell-count [aria-hidden]')?.textContent ?? 0) > {before}")


def test_signing_out_closes_the_stream_of_the_other_tab(site: Site, people: People) -> None:
    page = people.fresh("customer", "regency")
    tab = listen(page, site, "regency")
    other = page.context.new_page()
    other.goto(site.path("regency"))
    people.expected = ("401",)  # the page's own stream is refused from now on
    other.locator("header details.menu > summary").last.click()
    other.get_by_role("button", name="Sign out").click()
    until(tab, "ended", PATIENCE_S)


def test_removing_a_member_closes_the_stream(site: Site, people: People) -> None:
    page = people.fresh("agent", "turinova")
    tab = listen(page, site, "turinova")
    people.expected = ("401", "403")
    with site.superuser() as admin:
        row = admin.execute(
            "SELECT m.id FROM membership m JOIN app_user u ON u.id = m.user_id WHERE u.email = 'agent@turinova.example'"
        ).fetchone()
    assert row
    with site.system("turinova") as db:
        service.deactivate(db, row[0])
    try:
        until(tab, "ended", PATIENCE_S)
    finally:
        with site.superuser() as admin:
            admin.execute("UPDATE membership SET status = 'active' WHERE id = %s", [row[0]])


def test_a_plugin_that_is_off_is_not_heard(site: Site, people: People) -> None:
    """Whoever has its page open when it goes keeps the page; what it asks for is not there any more."""
    people.expected = ("404",)
    page = people.page("customer", "turinova")
    tab = listen(page, site, "turinova")
    publish(site, "turinova", "orders.tested_shipped")
    until(tab, "heard.includes('orders.tested_shipped')", PATIENCE_S)
    other = page.context.new_page()
    other.goto(site.path("turinova", "/account"))
    set_plugin(site, "turinova", "portico_orders", on=False)
    for _ in range(3):  # that a newer stream of the session was judged afresh does not save the older one
        other.evaluate(LISTEN, site.path("turinova", "/events"))
    try:
        until(tab, "ended", PATIENCE_S)  # judged by what was on; the next stream is judged afresh
        tab = listen(page, site, "turinova")
        publish(site, "turinova", "orders.tested_shipped")
        publish(site, "turinova", "notification.created")
        until(tab, "heard.includes('notification.created')", PATIENCE_S)
        assert "orders.tested_shipped" not in tab.evaluate("heard")
    finally:
        set_plugin(site, "turinova", "portico_orders", on=True)
    until(tab, "ended", PATIENCE_S)
    tab = listen(page, site, "turinova")
    publish(site, "turinova", "orders.tested_shipped")
    until(tab, "heard.includes('orders.tested_shipped')", PATIENCE_S)


def test_companies_do_not_hear_each_other(site: Site, people: People) -> None:
    left = listen(people.page("customer", "regency"), site, "regency")
    right = listen(people.page("customer", "nile"), site, "nile")
    publish(site, "regency", "orders.tested_delivered")
    until(left, "heard.includes('orders.tested_delivered')", PATIENCE_S)
    publish(site, "nile", "orders.tested_placed")
    until(right, "heard.includes('orders.tested_placed')", PATIENCE_S)
    assert "orders.tested_delivered" not in right.evaluate("heard")
    left.wait_for_timeout(200)
    assert "orders.tested_placed" not in left.evaluate("heard")


def test_a_stranger_hears_nothing(site: Site, people: People) -> None:
    page = people.browser().new_page()
    page.goto(site.path("regency", "/sign-in"))
    people.expected = ("401",)
    assert page.evaluate("(address) => fetch(address).then((answer) => answer.status)", site.path("regency", "/events")) == 401


def test_six_tabs_do_not_freeze_the_browser(site: Site, people: People) -> None:
    first = people.page("customer", "nile", "/orders")
    tabs = [first]
    for _ in range(5):
        tab = first.context.new_page()
        tab.goto(site.path("nile", "/orders"))
        tabs.append(tab)
    for tab in tabs:
        tab.evaluate("() => { window.heard = []; document.addEventListener('portico:event', (e) => heard.push(e.detail.kind)) }")
    tabs[-1].goto(site.path("nile", "/account"))  # a seventh connection would never come
    publish(site, "nile", "orders.tested_shipped")
    wait_for(lambda: all(tab.evaluate("heard.includes('orders.tested_shipped')") for tab in tabs[:-1]), PATIENCE_S, "a tab heard nothing")
