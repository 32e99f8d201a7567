"""What was spent: exact sums, by currency, of what the reader may see and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portico.db.types import now
from portico.testing.client import Client
from portico.testing.portal import Company, Portal
from portico_erp.values import OrderLine, OrderStatus, RemoteOrder, Totals
from portico_orders import synchronise
from portico_orders.insights import first_month

Make = Callable[..., RemoteOrder]
Sync = Callable[..., Any]


@pytest.fixture
def customer(company: Company, account_id: UUID) -> Client:
    return company.customer(account_id)


def told(company: Company, client: Client, **asked: str) -> Any:
    return company.api(client.person).get("/orders/insights", asked).json["currencies"]


def net(amount: str) -> Totals:
    return Totals(Decimal(amount), Decimal(0), Decimal(amount))


def line(ref: str | None, name: str, total: str) -> OrderLine:
    return OrderLine(ref, name, Decimal(1), "piece", Decimal(total), Decimal(20), Decimal(total))


def months_ago(number: int) -> dt.datetime:
    """In the middle of the month."""
    first = first_month(now().date(), number + 1)
    return dt.datetime(first.year, first.month, 15, 12, tzinfo=dt.UTC) if number else now()


def test_sums_are_exact_and_each_currencys_own(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    sync(
        *(make(f"e{n}", totals=net("0.10"), ordered_at=months_ago(1)) for n in range(3)),
        make("e4", totals=net("12345678.91"), ordered_at=months_ago(0)),
        make("g", totals=net("5.00"), currency="GBP", ordered_at=months_ago(2)),
        quiet=True,
    )
    euro, pound = told(company, customer, months="3")
    assert (euro["currency"], euro["orders"], euro["net"]) == ("EUR", 4, "12345679.21")
    assert [(one["orders"], one["net"]) for one in euro["by_month"]] == [(0, "0.00"), (3, "0.30"), (1, "12345678.91")]
    assert (pound["currency"], pound["net"], pound["average"]) == ("GBP", "5.00", "5.00")


def test_average_is_rounded_once_to_the_smallest_unit(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    sync(make("1", totals=net("0.01")), make("2", totals=net("0.02")), make("3", totals=net("0.02")), make("4", totals=net("0.01")), quiet=True)
    (euro,) = told(company, customer)
    assert euro["average"] == "0.02"  # 0.015, half up


def test_products_are_the_dearest_and_one_line_for_all_others(
    company: Company, customer: Client, make: Make, sync: Sync
) -> None:
    lines = [line(f"material:{n}", f"Item {n}", str(100 - n)) for n in range(13)]
    sync(make("1", lines=[*lines, line("material:0", "Item 0", "50"), line(None, "Cutting", "5"), line("fee:P", "Packing", "1.5")]), quiet=True)
    (euro,) = told(company, customer)
    products = [(one["name"], one["lines"], one["net"]) for one in euro["by_product"]]
    assert products[0] == ("Item 0", 2, "150.00")
    assert len(products) == 11
    rest = sum(100 - n for n in (10, 11, 12)) + Decimal("6.5")
    assert products[-1] == ("", 5, f"{rest}0")
    assert sum(Decimal(one["net"]) for one in euro["by_product"]) == sum(one.total for one in lines) + Decimal("56.5")
    kinds = [(one["name"], one["net"]) for one in euro["by_kind"]]
    assert kinds == [("material", "1272.00"), ("", "5.00"), ("fee", "1.50")]


def test_cancelled_and_unconfirmed_orders_are_no_spending(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    sync(make("1", status=OrderStatus.CANCELLED), make("2", status=OrderStatus.DRAFT), quiet=True)
    assert told(company, customer) == []
    assert "Nothing was spent" in customer.get("/orders/insights").text


def test_a_month_is_the_companys(portal: Portal, make: Make) -> None:
    """Half an hour before the month ends in UTC it has begun where the company is ahead."""
    tokyo = portal.company(plugins=["portico_orders"], time_zone="Asia/Tokyo")
    customer = tokyo.customer(tokyo.account("Acme", "C-1"))
    end = dt.datetime.combine(first_month(now().date(), 1), dt.time(), dt.UTC) - dt.timedelta(minutes=30)
    with tokyo.system() as db:
        synchronise.apply(db, [make("1", ordered_at=end)], quiet=True)
    (euro,) = told(tokyo, customer, months="3")
    assert [one["orders"] for one in euro["by_month"]][-1] == 1


def test_reach_and_rules_are_those_of_the_list(company: Company, customer: Client, account_id: UUID, make: Make, sync: Sync) -> None:
    other = company.account("Other", "C-2")
    sync(make("1", totals=net("1")), make("2", totals=net("2")), make("3", totals=net("4"), customer_ref="C-2"), quiet=True)
    narrow = company.client(company.customer_person(account_id, role="purchaser", reach="own"))
    with company.system() as db:
        db.execute(sa.text("UPDATE orders_order SET author_id = :who WHERE number = 'O-2'"), {"who": narrow.person.id})
        settings = "jsonb_build_object('history_months', 24)"
        db.execute(sa.text(f"UPDATE tenant_plugin SET settings = {settings} WHERE plugin = 'portico_orders'"))
    agent = company.agent()

    def spent(client: Client, **asked: str) -> list[str]:
        return [one["net"] for one in told(company, client, **asked)]

    assert spent(customer) == ["3.00"]
    assert spent(narrow) == ["2.00"]
    assert spent(company.customer(other)) == ["4.00"]
    assert spent(agent) == ["7.00"]
    assert spent(agent, account_id=str(other)) == ["4.00"]
    assert spent(customer, account_id=str(other)) == []


def test_what_is_hidden_is_not_counted(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    with company.system() as db:
        settings = "jsonb_build_object('history_months', 1)"
        db.execute(sa.text(f"UPDATE tenant_plugin SET settings = {settings} WHERE plugin = 'portico_orders'"))
    sync(make("1", totals=net("1")), make("2", totals=net("2"), ordered_at=months_ago(3)), quiet=True)
    (euro,) = told(company, customer)
    assert euro["net"] == "1.00"
    assert "are not shown" in customer.get("/orders/insights").text


def test_page_has_a_table_beside_each_drawing(customer: Client, make: Make, sync: Sync) -> None:
    evil = "<b>Sheet</b>"
    base = make("1", totals=net("2120"))
    sync(replace(base, lines=[line("material:S1", evil, "2120")]), quiet=True)
    page = customer.get("/orders/insights", {"months": "6"})
    assert evil not in page.text
    for chart in page.html.select("main svg.chart"):
        assert chart["aria-hidden"] == "true"
        assert chart.find_parent(class_="orders-by-month").select_one("table")
    table = page.html.select_one(".orders-by-month table")
    assert len(table.select("tbody tr")) == 6
    assert "€2,120.00" in table.select_one("tbody tr").text
    assert [row.th.text for row in page.html.select(".orders-shares tr")] == [evil, "Materials"]
    assert len(page.html.select(".orders-by-month svg rect")) == 6
    assert page.html.select_one("select[name=months] option[selected]")["value"] == "6"


def test_drawing_begins_where_the_reader_does(customer: Client, make: Make, sync: Sync) -> None:
    sync(make("1"), quiet=True)

    def tallest(lang: str) -> float:
        bars = customer.get("/orders/insights", {"lang": lang}).html.select(".orders-by-month svg rect")
        return float(max(bars, key=lambda bar: float(bar["height"]))["x"])

    assert tallest("en") > 600  # the newest month is at the end of reading
    assert tallest("ar") < 100


@pytest.mark.parametrize("months", ["0", "13", "x", "-1", ""])
def test_an_unknown_period_is_the_usual_one(company: Company, customer: Client, order_id: UUID, months: str) -> None:
    page = customer.get("/orders/insights", {"months": months})
    assert page.html.select_one("select[name=months] option[selected]")["value"] == "12"
    if months:
        company.api(customer.person).get("/orders/insights", {"months": months}, status=422)


def test_it_costs_the_same_however_many_orders(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    agent = company.agent()
    sync(make("0"), quiet=True)
    few = {client: _queries(client) for client in (customer, agent)}
    sync(*(make(str(n), currency="GBP" if n % 2 else "EUR") for n in range(60)), quiet=True)
    for client, count in few.items():
        assert _queries(client) == count <= 5


def _queries(client: Client) -> int:
    for _ in range(2):
        client.get("/orders/insights")
    return len(client.queries)
