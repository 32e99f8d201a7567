"""List and detail: what is on them, who sees it, and how many queries they may cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import icalendar
import pytest
import sqlalchemy as sa

from portico.db.types import new_id, now
from portico.testing.client import Client
from portico.testing.portal import Company
from portico_erp.values import Delivery, DeliveryLine, OrderLine, OrderStatus, RemoteOrder, Totals
from portico_orders import synchronise
from portico_orders.models import Order
from portico_orders.samples import remote_order

Make = Callable[..., RemoteOrder]
Sync = Callable[..., synchronise.Applied]
CUTTING = (Decimal("1.5"), "hour", Decimal("80"), Decimal(20), Decimal(120))


def numbers(client: Client, path: str = "/orders", **params: Any) -> list[str]:
    page = client.get(path, params)
    return [link.text for link in page.html.select("#orders tbody .row-link")]


def days_ago(days: float) -> dt.datetime:
    return now() - dt.timedelta(days=days)


@pytest.fixture
def customer(company: Company, account_id: UUID) -> Client:
    return company.customer(account_id)


def test_list_shows_number_status_amount_and_dates(customer: Client, make: Make, sync: Sync) -> None:
    sync(make("1", status=OrderStatus.SHIPPED, totals=Totals(Decimal(1000), Decimal(200), Decimal("1234567.89"))))
    row = customer.get("/orders").html.select_one("#orders tbody tr")
    assert row is not None
    for text in ("O-1", "PO-1", "€1,234,567.89", "Shipped"):
        assert text in row.text


def test_empty_list_says_what_will_come(customer: Client) -> None:
    assert "appears here by itself" in customer.get("/orders").text


def test_customer_never_sees_another_customers_order(
    company: Company, customer: Client, account_id: UUID, make: Make, sync: Sync, order_id: UUID
) -> None:
    stranger = company.customer(company.account("Other", "C-2"))
    for path in ("/orders/{}", "/api/v1/portal/orders/{}"):
        if path.startswith("/orders"):
            assert customer.get(path.format(order_id)).status_code == 200
            stranger.get(path.format(order_id), status=404)
    assert numbers(stranger) == []
    assert numbers(customer) == ["O-1"]
    stranger.post(f"/orders/{order_id}/sync", status=404)
    assert customer.post(f"/orders/{order_id}/sync").status_code == 303


def test_staff_see_all_customers_and_filter_by_one(company: Company, account_id: UUID, make: Make, sync: Sync) -> None:
    other = company.account("Other", "C-2")
    sync(make("1"), make("2", customer_ref="C-2"), quiet=True)
    agent = company.agent()
    assert sorted(numbers(agent)) == ["O-1", "O-2"]
    assert "Other" in agent.get("/orders").html.select_one("#orders").text
    assert numbers(agent, account=str(other)) == ["O-2"]
    assert numbers(agent, account=str(new_id())) == []


@pytest.mark.parametrize("text", ["o-77", "PO-77", "q-900", "track-77", "  77 ", "D-77"])
def test_search_finds_any_number(company: Company, customer: Client, sync: Sync, text: str) -> None:
    sync(remote_order("77", "C-1", quote_ref="9", quote_number="Q-900"), remote_order("88", "C-1"), quiet=True)
    assert numbers(customer, q=text) == ["O-77"]
    assert numbers(company.agent(), q=text) == ["O-77"]


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", "100%", "a" * 5000])
def test_search_takes_any_text_literally(company: Company, customer: Client, sync: Sync, text: str) -> None:
    sync(remote_order("1", "C-1", po_number="no match"), quiet=True)
    expected = ["O-1"] if not text.strip("\0") else []
    assert numbers(customer, q=text) == expected
    assert numbers(company.agent(), q=text) == expected


def test_staffs_search_stays_in_the_company(company: Company, portal: Any, account_id: UUID, sync: Sync) -> None:
    elsewhere = portal.company(plugins=["portico_orders"])
    elsewhere.account("Theirs", "C-1")
    with elsewhere.system() as db:
        synchronise.apply(db, [remote_order("secret", "C-1")], quiet=True)
    assert numbers(elsewhere.agent(), q="secret") == ["O-secret"]
    assert numbers(company.agent(), q="secret") == []


def test_filter_by_status_and_days(customer: Client, make: Make, sync: Sync) -> None:
    sync(
        make("1", ordered_at=days_ago(1)),
        make("2", status=OrderStatus.DELIVERED, ordered_at=days_ago(40)),
        make("3", status=OrderStatus.SHIPPED, ordered_at=days_ago(20)),
        quiet=True,
    )
    assert numbers(customer) == ["O-1", "O-3", "O-2"]
    assert numbers(customer, status="delivered") == ["O-2"]
    assert numbers(customer, status="open") == ["O-1", "O-3"]
    assert numbers(customer, **{"from": str(days_ago(25).date())}) == ["O-1", "O-3"]
    assert numbers(customer, to=str(days_ago(10).date())) == ["O-3", "O-2"]
    assert numbers(customer, status="nonsense") == ["O-1", "O-3", "O-2"]


@pytest.mark.parametrize("day", ["2026-13-01", "yesterday", "0000-00-00"])
def test_day_that_cannot_be_read_is_explained(customer: Client, day: str) -> None:
    assert "2026-01-31" in customer.get("/orders", {"from": day}).html.select_one("#orders-from-error").text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_at_the_ends_of_the_calendar(customer: Client, order_id: UUID, day: str) -> None:
    customer.get("/orders", {"from": day})
    customer.get("/orders", {"to": day})


def test_pages_lead_forth_and_back(customer: Client, make: Make, sync: Sync) -> None:
    sync(*(make(str(n), ordered_at=days_ago(n)) for n in range(1, 26)), quiet=True)
    seen, pages, page = [], [], customer.get("/orders", {"limit": "10"})
    while True:
        pages.append([link.text for link in page.html.select("#orders tbody .row-link")])
        seen += pages[-1]
        following = page.html.select_one('.pagination-bar a[rel="next"]')
        if following is None:
            break
        page = customer.get(following["href"])
    assert seen == [f"O-{n}" for n in range(1, 26)]
    for expected in (pages[1], pages[0]):
        page = customer.get(page.html.select_one('.pagination-bar a[rel="prev"]')["href"])
        assert [link.text for link in page.html.select("#orders tbody .row-link")] == expected
    assert page.html.select_one('.pagination-bar a[rel="prev"]') is None


def test_forged_cursor_is_refused(customer: Client) -> None:
    for cursor in ("x", "W10", "WyJhIiwiYiJd"):
        customer.get("/orders", {"after": cursor}, status=422)
        customer.get("/orders", {"before": cursor}, status=422)


@pytest.mark.parametrize(
    ("status", "days", "shown"),
    [
        (OrderStatus.CANCELLED, 80, True),
        (OrderStatus.CANCELLED, 100, False),
        (OrderStatus.DRAFT, 6, True),
        (OrderStatus.DRAFT, 8, False),
        (OrderStatus.PENDING, 100, True),
    ],
)
def test_what_is_cancelled_or_unconfirmed_goes_after_a_while(
    company: Company,
    customer: Client,
    make: Make,
    sync: Sync,
    status: OrderStatus,
    days: int,
    shown: bool,
) -> None:
    sync(make("1", status=status, ordered_at=days_ago(days + 1), updated_at=days_ago(days)), quiet=True)
    assert numbers(customer) == (["O-1"] if shown else [])
    assert numbers(company.agent()) == ["O-1"]
    path = f"/orders/{_only_id(company)}"
    customer.get(path, status=200 if shown else 404)
    api = company.api(customer.person)
    api.get(path, status=200 if shown else 404)
    assert len(api.get("/orders").json["items"]) == int(shown)


def test_history_ends_where_the_company_says(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    sync(make("1", ordered_at=days_ago(800)), make("2", ordered_at=days_ago(700)), quiet=True)
    assert numbers(customer) == ["O-2"]
    with company.system() as db:
        db.execute(
            sa.text(
                "UPDATE tenant_plugin SET settings = jsonb_build_object('history_months', 36) "
                "WHERE plugin = 'portico_orders'"
            )
        )
    assert numbers(customer) == ["O-2", "O-1"]


def test_what_is_hidden_is_said(company: Company, customer: Client, account_id: UUID, order_id: UUID) -> None:
    said = " ".join(customer.get("/orders").html.select_one("#orders").text.split())
    since = company.api(customer.person).get("/orders").json["shown_since"]
    assert dt.date.fromisoformat(since) == now().astimezone(company.tenant.zone).date().replace(year=now().year - 2)
    assert "are not shown" in said
    assert str(now().year - 2) in said
    assert "shown for 90 days, unconfirmed ones for 7 days" in said
    agent = company.agent()
    assert "are not shown" not in agent.get("/orders").text
    assert company.api(agent.person).get("/orders").json["shown_since"] is None


def test_admins_say_how_far_back_customers_see(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    sync(make("1", ordered_at=days_ago(800)), quiet=True)
    assert numbers(customer) == []
    admin, path = company.admin(), "/admin/plugins/portico_orders/settings"
    form = next(one for one in admin.get(path).forms.values() if "history_months" in one.fields)
    admin.post(path, {**dict(form.submit_fields()), "history_months": "36"}, status=303)
    assert numbers(customer) == ["O-1"]
    assert str(now().year - 3) in customer.get("/orders").html.select_one("#orders").text


def test_nothing_found_says_what_was_looked_for(company: Company, customer: Client, account_id: UUID, order_id: UUID) -> None:
    page = customer.get("/orders", {"q": "<b>77", "status": "shipped", "from": "2026-01-31", "to": "2026-02-01"})
    said = " ".join(page.html.select_one(".orders-searched").text.split())
    for words in ("tracking number: “<b>77”", "Status: Shipped", "Ordered from: 31 Jan 2026", "Ordered to: 1 Feb 2026"):
        assert words in said, said
    assert customer.get("/orders").html.select_one(".orders-searched") is None
    found = company.agent().get("/orders", {"account": str(account_id), "q": "nothing"})
    assert "Customer: Acme" in " ".join(found.html.select_one(".orders-searched").text.split())


def _only_id(company: Company) -> UUID:
    with company.system() as db:
        return db.scalars(sa.select(Order.id)).one()


def test_detail_has_products_totals_deliveries_and_history(company: Company, customer: Client, sync: Sync) -> None:
    sync(remote_order("1", "C-1", note="Leave at the gate", quote_ref="5", quote_number="Q-5"), quiet=True)
    page = customer.get(f"/orders/{_only_id(company)}")
    for text in (
        "Order O-1",
        "Steel sheet",
        "€1,000.00",
        "1.5",
        "€2,120.00",
        "€424.00",
        "€2,544.00",
        "PO-1",
        "Q-5",
        "D-1",
        "DHL",
        "TRACK-1",
        "Leave at the gate",
        "Order received",
    ):
        assert text in page.text, text
    track = page.html.select_one(".orders-delivery a")
    assert (track["href"], track["rel"]) == ("https://track.example/1", ["noopener", "noreferrer"])
    assert "ref=5" in page.html.select_one("[hx-get*='related']")["hx-get"]
    assert [step["class"] for step in page.html.select(".timeline > li")] == [
        ["done"],
        ["done"],
        ["current"],
        ["todo"],
    ]


def delivery(number: str, quantity: str, url: str | None = None) -> Delivery:
    held = [DeliveryLine("material:S1", "Steel sheet", Decimal(quantity))]
    return Delivery(number, now(), None, "DHL", f"T-{number}", url, held)


def test_each_line_says_how_much_has_left(company: Company, customer: Client, sync: Sync) -> None:
    base = remote_order("1", "C-1").lines[0]
    lines = [replace(base, quantity=Decimal(10), total=Decimal(10000)), OrderLine(None, "Cutting", *CUTTING)]
    sync(remote_order("1", "C-1", lines=lines, deliveries=[delivery("D-1", "3"), delivery("D-2", "4")]), quiet=True)
    page = customer.get(f"/orders/{_only_id(company)}")
    first, second = page.html.select(".orders-lines tbody .orders-far")
    assert first.text.strip() == "7 of 10 shipped, 3 open"
    assert [Decimal(first.progress[name]) for name in ("value", "max")] == [7, 10]
    assert second.text.strip() == "none shipped yet"
    told = company.api(customer.person).get(f"/orders/{_only_id(company)}").json["lines"]
    assert [(line["shipped"], line["open"]) for line in told] == [("7", "3"), ("0", "1.5")]


def test_what_is_never_sent_waits_for_nothing_once_the_order_has_left(company: Company, customer: Client, sync: Sync) -> None:
    base = remote_order("1", "C-1").lines[0]
    lines = [replace(base, quantity=Decimal(7), total=Decimal(7000)), OrderLine(None, "Cutting", *CUTTING)]
    given = {"lines": lines, "deliveries": [delivery("D-1", "7")]}
    sync(remote_order("1", "C-1", status=OrderStatus.PROCESSING, **given), quiet=True)

    def told() -> list[str]:
        page = customer.get(f"/orders/{_only_id(company)}")
        return [one.text.strip() for one in page.html.select(".orders-lines tbody .orders-far")]

    assert told() == ["all shipped", "none shipped yet"]
    sync(remote_order("1", "C-1", status=OrderStatus.SHIPPED, **given), quiet=True)
    assert told() == ["all shipped"]


def test_a_key_of_the_companys_own_system_is_no_code(company: Company, customer: Client, sync: Sync) -> None:
    base = remote_order("1", "C-1").lines[0]
    lines = [replace(base, ref=ref) for ref in ("material:4711", "STEEL-1", "4711")]
    sync(remote_order("1", "C-1", lines=lines), quiet=True)
    page = customer.get(f"/orders/{_only_id(company)}")
    assert [one.text for one in page.html.select(".orders-lines tbody .mono")] == ["4711", "STEEL-1"]
    products = customer.get("/orders/insights").html.select_one("main").get_text()
    assert "Products" in products
    assert "Outside the catalogue" not in products


def test_a_company_that_records_no_deliveries_says_nothing_of_lines(
    company: Company, customer: Client, order_id: UUID
) -> None:
    assert customer.get(f"/orders/{order_id}").html.select_one(".orders-far") is None
    assert company.api(customer.person).get(f"/orders/{order_id}").json["lines"][0]["shipped"] is None


def test_only_addresses_under_tls_are_led_to(company: Company, customer: Client, sync: Sync) -> None:
    plain = delivery("D-2", "1", "http://track.example/2")
    sync(remote_order("1", "C-1", deliveries=[plain, delivery("D-3", "1", "https://track.example/3")]), quiet=True)
    page = customer.get(f"/orders/{_only_id(company)}")
    assert [link["href"] for link in page.html.select(".orders-delivery a")] == ["https://track.example/3"]
    assert [one.text for one in page.html.select(".orders-address bdi")] == ["http://track.example/2"]


def test_the_expected_day_goes_into_a_calendar(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    day = now().date() + dt.timedelta(days=9)
    sync(make("1", expected_on=day, number="SO;1,\\2"), quiet=True)
    order_id = _only_id(company)
    assert customer.get(f"/orders/{order_id}").html.select_one('a[href$="/expected.ics"]')
    given = customer.get(f"/orders/{order_id}/expected.ics")
    assert given.content_type == "text/calendar"
    (event,) = icalendar.Calendar.from_ical(given.body).walk("VEVENT")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (day, day + dt.timedelta(days=1))
    assert event["SUMMARY"] == "Order SO;1,\\2 is expected"
    assert event["URL"].endswith(f"/orders/{order_id}")
    assert event["UID"] == icalendar.Calendar.from_ical(customer.get(f"/orders/{order_id}/expected.ics").body).walk("VEVENT")[0]["UID"]
    company.customer(company.account("Other", "C-2")).get(f"/orders/{order_id}/expected.ics", status=404)


def test_without_an_expected_day_there_is_no_calendar(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    sync(make("1", expected_on=None), quiet=True)
    order_id = _only_id(company)
    assert customer.get(f"/orders/{order_id}").html.select_one('a[href$="/expected.ics"]') is None
    customer.get(f"/orders/{order_id}/expected.ics", status=404)


def test_what_the_company_writes_is_text(company: Company, customer: Client, sync: Sync) -> None:
    evil = "<script>alert(1)</script>"
    sync(remote_order("1", "C-1", number=evil, po_number=evil, note=evil), quiet=True)
    for path in ("/orders", f"/orders/{_only_id(company)}"):
        page = customer.get(path)
        assert evil not in page.text
        assert "&lt;script&gt;" in page.text


def test_unknown_order_is_not_found(customer: Client) -> None:
    customer.get(f"/orders/{new_id()}", status=404)
    customer.get("/orders/not-an-id", status=404)


def test_list_costs_the_same_for_one_order_and_a_hundred(
    company: Company, customer: Client, make: Make, sync: Sync
) -> None:
    agent = company.agent()
    sync(make("0"), quiet=True)
    few = {client: _queries(client, "/orders?limit=100") for client in (customer, agent)}
    sync(*(make(str(n), ordered_at=days_ago(n)) for n in range(1, 100)), quiet=True)
    assert len(numbers(customer, limit="100")) == 100
    for client, count in few.items():
        assert _queries(client, "/orders?limit=100") == count <= 5


def test_detail_costs_the_same_for_one_line_and_a_hundred(
    company: Company, customer: Client, make: Make, sync: Sync
) -> None:
    small, large = remote_order("1", "C-1"), remote_order("2", "C-1")
    large = remote_order("2", "C-1", lines=list(large.lines) * 50)
    sync(small, large, quiet=True)
    with company.system() as db:
        ids = {row.number: row.id for row in db.execute(sa.select(Order.number, Order.id))}
    counts = [_queries(customer, f"/orders/{ids[number]}") for number in ("O-1", "O-2")]
    assert counts[0] == counts[1] <= 8


def _queries(client: Client, path: str) -> int:
    client.get(path)
    return len(client.queries)


def test_fragment_for_htmx_is_the_list_alone(customer: Client, order_id: UUID) -> None:
    page = customer.htmx("/orders")
    assert page.text.lstrip().startswith('<div id="orders"')
    assert "O-1" in page.text
    assert "HX-Request" in ", ".join(page.headers.getall("Vary"))


def test_refresh_enqueues_one_job(company: Company, customer: Client, order_id: UUID) -> None:
    for _ in range(3):
        customer.post(f"/orders/{order_id}/sync", status=303)
    customer.post("/orders/sync", status=303)
    with company.system() as db:
        jobs = db.execute(sa.text("SELECT actor, args->>'order_id' FROM job ORDER BY created_at")).all()
    assert [tuple(job) for job in jobs] == [("orders.refresh", str(order_id)), ("orders.refresh", None)]


@pytest.mark.without("portico_orders.services:refresh RefreshTooOftenError")
def test_refresh_has_a_limit_for_each_person(company: Company, customer: Client, order_id: UUID) -> None:
    answers = [customer.post("/orders/sync", status="*").status_code for _ in range(32)]
    assert answers[:30] == [303] * 30
    assert answers[30:] == [429] * 2


def test_pages_are_gone_when_the_plugin_is_off(company: Company, customer: Client, order_id: UUID) -> None:
    assert customer.get(f"/orders/{order_id}").status_code == 200
    with company.system() as db:
        db.execute(sa.text("UPDATE tenant_plugin SET enabled = false WHERE plugin = 'portico_orders'"))
    for path in ("/orders", f"/orders/{order_id}", "/orders-summary"):
        customer.get(path, status=404)


def test_widget_counts_open_orders_and_names_the_next(customer: Client, make: Make, sync: Sync) -> None:
    day = now().date()
    sync(
        make("1", expected_on=day + dt.timedelta(days=5)),
        make("2", expected_on=day + dt.timedelta(days=1)),
        make("3", status=OrderStatus.SHIPPED, expected_on=day - dt.timedelta(days=1)),
        make("4", status=OrderStatus.DELIVERED, expected_on=day),
        quiet=True,
    )
    page = customer.htmx("/orders-summary")
    assert page.html.select_one(".figure").text == "3"
    assert "1 later than expected" in page.text
    assert "O-2" in page.text
    assert len(customer.queries) <= 3


def test_widget_without_open_orders(customer: Client) -> None:
    assert "No open orders" in customer.htmx("/orders-summary").text


def test_dashboard_offers_the_card_and_the_shortcut(customer: Client) -> None:
    page = customer.get("/")
    assert "Track orders" in page.text
    assert "orders-summary" in page.text


def test_quote_leads_to_its_order(company: Company, customer: Client, sync: Sync) -> None:
    sync(remote_order("1", "C-1", quote_ref="5", quote_number="Q-5"), quiet=True)
    for reference in ("5", "Q-5"):
        assert "Order O-1" in customer.htmx("/related", {"ref": reference}).text
    assert "Order O-1" not in customer.htmx("/related", {"ref": "6"}).text
    stranger = company.customer()
    assert "Order O-1" not in stranger.htmx("/related", {"ref": "5"}).text
