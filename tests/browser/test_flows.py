"""What people do, from beginning to end, in a browser: on a desk and on a phone."""

from __future__ import annotations

import re
import secrets
from decimal import Decimal
from itertools import pairwise
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.newcomers import newcomer, session
from tests.browser.site import COMPANIES, Site

from portico.tenancy.models import AccountMember
from portico.tenancy.service import add_member, open_account
from portico_demo.databases import CLAIM_CODES, DEMO_CUSTOMERS

BOTH = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
PROCESSES = 2
MOST_ASKED = 200


def submit(page: Page) -> None:
    page.locator("main button[type=submit]").last.click()


@BOTH
def test_a_newcomer_registers_confirms_and_joins_with_a_claim_code(size: Any, site: Site, people: People) -> None:
    email = f"newcomer-{secrets.token_hex(4)}@example.com"
    page = people.anonymous("/c/turinova/register", viewport=size)
    page.locator("input[name=name]").fill("Nadia Newcomer")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill("a sentence to remember")
    submit(page)
    page.wait_for_url("**/register/done")
    page.get_by_role("link", name=re.compile("boîte|mailbox", re.I)).click()
    mail = page.locator("li").filter(has_text=email).get_by_role("link")
    for _ in range(120):  # the worker writes it
        if mail.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    mail.first.click()
    page.frame_locator("iframe").get_by_role("link").first.wait_for()
    link = page.frame_locator("iframe").locator("a[href*=verify]").first.get_attribute("href")
    page.goto(str(link))
    page.locator("input[name=password]").fill("a sentence to remember")
    submit(page)
    page.wait_for_url("**/join*")
    page.locator("input[name=claim]").fill(CLAIM_CODES["turinova"])
    submit(page)
    page.wait_for_url(lambda url: "/join" not in url, timeout=30_000)  # a job looks the code up; the page goes on by itself
    expect(page.locator("h1")).to_contain_text("Nadia Newcomer")


@pytest.mark.parametrize("slug", COMPANIES)
def test_the_demos_customer_has_the_name_that_the_company_has_for_it(slug: str, site: Site, people: People) -> None:
    with site.erp(slug) as erp:
        record = erp.execute("SELECT name FROM customers WHERE code = %s", [DEMO_CUSTOMERS[slug]]).fetchone()
    assert record
    page = people.page("customer", slug, "/organisation")
    expect(page.locator("main")).to_contain_text(record[0])
    with site.system(slug) as db:
        assert db.execute(sa.text("SELECT name FROM account WHERE erp_ref = :code"), {"code": DEMO_CUSTOMERS[slug]}).scalars().all() == [record[0]]


@BOTH
def test_orders_are_found_filtered_read_and_printed(size: Any, site: Site, people: People) -> None:
    page = people.page("customer", "regency", viewport=size)
    page.get_by_role("link", name="Track orders").click()
    page.wait_for_url("**/orders")
    rows = page.locator("#orders tbody tr")
    expect(rows.nth(5)).to_be_visible()
    page.get_by_role("navigation", name="Orders by status").get_by_role("link", name="Delivered").click()
    expect(rows.first.locator(".pill")).to_have_text("Delivered")
    expect(rows.locator(".pill").filter(has_not_text="Delivered")).to_have_count(0)  # the list is drawn anew
    number = str(rows.nth(1).locator("a.row-link").text_content())
    page.locator("input[name=q][type=search]").fill(number)
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(f"[?&]q={number}"))
    page.locator("input[name=q][type=search]").fill("no such order")
    expect(page.get_by_text("No order fits")).to_be_visible()
    page.locator("input[name=q][type=search]").fill(number)
    page.locator("a.row-link").filter(has_text=number).click()
    expect(page.locator("h1")).to_contain_text(number)
    page.emulate_media(media="print")
    for hidden in ("header.topbar", ".tabbar", "footer.footer"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    page.emulate_media(media="screen")
    page.go_back()
    expect(page.locator("input[name=q][type=search]")).to_have_value(number)


@BOTH
def test_a_person_switches_company(size: Any, site: Site, people: People) -> None:
    page = people.page("customer", "regency", viewport=size)
    page.locator("summary.tool").last.click()
    page.get_by_role("link", name="Switch company").click()
    page.wait_for_url("**/companies")
    page.get_by_role("link", name=re.compile("Turinova")).first.click()
    page.wait_for_url("**/c/turinova/**")
    expect(page.locator("h1")).to_contain_text("Turinova")  # not a customer there: it offers to join


def test_language_and_colours_are_kept(site: Site, people: People) -> None:
    page = people.page("customer", "turinova", "/orders")
    assert page.locator("html").get_attribute("lang") == "fr"
    page.locator("summary.tool").last.click()
    page.locator(".menu-item[hreflang=en]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("summary.tool").last.click()
    page.locator("[data-mode-set=dark]").click()
    page.goto(site.path("turinova"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_attribute("data-mode", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 23, 42)"


def statuses(site: Site, people: People, slug: str, path: str) -> set[int]:
    """Answers to a customer, of each process: a connection stays with the one that took it, which tells its number."""
    found: dict[int, int] = {}
    for _ in range(MOST_ASKED):
        with httpx.Client(cookies=people.cookies("customer", slug)) as client:
            process = client.get(f"{site.url}/healthz").json()["pid"]
            if process not in found:
                found[process] = client.get(site.path(slug, path)).status_code
                assert client.get(f"{site.url}/healthz").json()["pid"] == process
        if len(found) == PROCESSES:
            return set(found.values())
    pytest.fail(f"of {PROCESSES} processes, only {found} answered")


def test_a_plugin_goes_at_once_everywhere_and_comes_back_with_its_data(site: Site, people: People) -> None:
    customer = people.page("customer", "regency", "/orders")
    number = str(customer.locator("a.row-link").first.text_content())
    admin = people.page("admin", "regency", "/admin/plugins")
    people.expected = ("404",)
    assert statuses(site, people, "regency", "/orders") == {200}
    row = admin.locator("li.plugin").filter(has=admin.get_by_role("heading", name=re.compile("^Orders")))
    row.get_by_role("link", name=re.compile("^Switch")).click()
    admin.get_by_role("button", name=re.compile("^Switch (off|all of them off)$")).click()
    admin.wait_for_url("**/admin/plugins")
    try:
        assert statuses(site, people, "regency", "/orders") == {404}
        customer.goto(site.path("regency"))
        expect(customer.get_by_role("link", name="Orders", exact=True)).to_have_count(0)
    finally:
        admin.goto(site.path("regency", "/admin/plugins"))
        row.get_by_role("link", name=re.compile("^Switch")).click()
        admin.get_by_role("button", name=re.compile("^Switch (on|all of them on)$")).click()
        admin.wait_for_url("**/admin/plugins")
    assert statuses(site, people, "regency", "/orders") == {200}
    customer.goto(site.path("regency", "/orders"))
    expect(customer.locator("a.row-link").first).to_have_text(number)


def test_a_new_look_is_there_with_the_customers_next_page(site: Site, people: People) -> None:
    customer = people.page("customer", "nile", "/account")
    before = look(customer)
    admin = people.page("admin", "nile", "/admin/brand?lang=en")
    colour, theme = admin.locator("input[name=colour]"), admin.locator("input[name=theme]")
    assert colour.input_value().upper() == "#0B6E4F"
    colour.fill("#8a1c4a")
    theme.and_(admin.locator("[value=portico_ledger]")).check(force=True)
    submit(admin)
    expect(admin.locator(".flash").first).to_be_visible()
    customer.reload()
    after = look(customer)
    assert (after["theme"], before["theme"]) == ("portico_ledger", "portico_clear")
    assert after["brand"] != before["brand"]
    colour.fill("#0B6E4F")
    theme.and_(admin.locator("[value=portico_clear]")).check(force=True)
    submit(admin)
    expect(admin.locator(".flash").first).to_be_visible()
    customer.reload()
    assert look(customer) == before


def look(page: Page) -> dict[str, str]:
    brand = "getComputedStyle(document.documentElement).getPropertyValue('--brand-fill')"
    return {"theme": str(page.locator("html").get_attribute("data-theme")), "brand": page.evaluate(brand)}


def test_an_operator_adds_a_fourth_company_on_an_empty_database_and_it_sells(site: Site, people: People) -> None:
    words = dict(line.split(maxsplit=1) for line in site.command("demo", "database", "acme").splitlines() if " " in line)
    page = people.page("operator", "", "/operator")
    page.get_by_role("link", name="Companies").first.click()
    page.get_by_role("link", name="Add a company").first.click()
    page.locator("input[name=name]").fill("Acme Tools")
    page.locator("input[name=slug]").fill("acme")
    page.locator("select[name=currency]").select_option("EUR")
    submit(page)
    expect(page.locator("h1")).to_contain_text("Acme Tools")
    page.locator("a[href*='connections/new']").first.click()
    for name in ("host", "port", "database", "user", "password"):
        page.locator(f"input[name={name}]").fill(words[name])
    page.locator("select[name=currency]").select_option("EUR")
    page.locator("input[type=checkbox][name=set_up]").check()
    submit(page)
    expect(page.get_by_text("It works")).to_be_visible(timeout=30_000)
    with site.erp("acme") as erp:
        assert erp.execute("SELECT to_regclass('orders')").fetchone() != (None,)
        erp.execute("INSERT INTO materials (code, name, price, category) VALUES ('ANVIL-1', 'Cast anvil', 249.50, 'Anvils')")
        erp.execute("INSERT INTO customers (code, name, currency) VALUES ('AC-1', 'Canyon Supplies', 'EUR')")
    anybody = people.anonymous("/c/acme/sign-in")
    expect(anybody.locator(".company")).to_contain_text("Acme Tools")
    site.synchronise("acme")
    buyer = newcomer(site, "Wanda Canyon")
    with site.system("acme") as db:
        account_id = open_account(db, name="Canyon Supplies", erp_ref="AC-1")
        add_member(db, email=buyer.email, name=buyer.name, kind="customer", roles=["customer"])
        db.add(AccountMember(account_id=account_id, user_id=buyer.id, role="owner"))
    shop = people.browser(storage_state=session(site, buyer)).new_page()
    shop.goto(site.path("acme", "/catalogue"))
    item = shop.locator("main .item").filter(has_text="ANVIL-1")
    expect(item).to_contain_text("249.50")
    item.locator("form[action$='/catalogue/add'] button[type=submit]").click()
    shop.locator("#quote-added a").click()
    shop.wait_for_url("**/edit")
    expect(shop.locator("#quote-lines .line")).to_contain_text("ANVIL-1")
    shop.locator("#quote-submit").click()
    shop.wait_for_url(re.compile(r"/quotes/[0-9a-f-]+$"))
    expect(shop.locator("h1")).to_contain_text("Q-000001", timeout=30_000)  # a job sent it; the page heard
    with site.erp("acme") as erp:
        sent = "SELECT q.number, c.code, l.item_code, l.quantity, l.unit_price FROM quotes q JOIN customers c ON c.id = q.customer_id JOIN quote_lines l ON l.quote_id = q.id"
        assert erp.execute(sent).fetchall() == [("Q-000001", "AC-1", "ANVIL-1", Decimal(1), Decimal("249.50"))]


def test_a_notice_is_counted_read_and_leads_to_its_order(site: Site, people: People) -> None:
    page = people.page("customer", "regency", "/notices")
    expect(page.locator("h1")).to_have_text("Notifications")
    unread = page.locator("li.unread")
    if not unread.filter(has_text=re.compile("order", re.I)).count():
        from tests.browser.test_live import an_order
        _number, key = an_order(site, "regency", "processing")
        with site.erp("regency") as erp:
            erp.execute("UPDATE orders SET status = 'shipped' WHERE id = %s", [key])
        site.synchronise("regency")
        for _ in range(120):
            if unread.filter(has_text=re.compile("order", re.I)).count():
                break
            page.wait_for_timeout(250)
            page.reload()
    # Others tell of a browser that somebody signed in with, and may still come.
    orders = unread.filter(has_text=re.compile("order", re.I))
    before = orders.count()
    assert before
    expect(page.locator("#bell-count")).to_contain_text(str(unread.count()))
    orders.first.get_by_role("button").click()
    page.wait_for_url("**/orders/*")
    page.goto(site.path("regency", "/notices"))
    expect(orders).to_have_count(before - 1)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator("#bell-count.count")).to_have_count(0)


def test_back_after_a_form_that_was_refused_opens_the_form_and_asks_nothing(site: Site, people: People) -> None:
    people.expected = ("422",)
    page = people.anonymous("/c/regency/register", viewport=DESK)
    page.locator("input[name=email]").fill("nobody")
    page.evaluate("document.querySelector('main form').noValidate = true")
    submit(page)
    page.locator(".form-error").first.wait_for()
    page.goto(f"{site.url}/c/regency/sign-in")
    page.go_back()
    expect(page.locator("main input[name=email]")).to_be_visible()
    assert page.url.endswith("/c/regency/register")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_strip_of_administration_begins_where_one_is_and_covers_nothing(language: str, people: People) -> None:
    page = people.page("admin", "nile", f"/admin/members?lang={language}", viewport=PHONE)
    strip = page.locator(".admin-nav ul")
    boxes = [one.bounding_box() for one in strip.locator("li").all()]
    edges = sorted((box["x"], box["x"] + box["width"]) for box in boxes if box)
    assert len(edges) == len(boxes) > 3
    assert all(end <= begin for (_, end), (begin, _) in pairwise(edges))
    expect(strip.locator("[aria-current]")).to_be_in_viewport(ratio=1)
