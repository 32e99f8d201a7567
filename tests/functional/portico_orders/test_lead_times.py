"""The predicted day on an order's page: from the company's own deliveries, with how good it is, and only if there are enough."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portico.db.types import now
from portico.testing.client import Client
from portico.testing.portal import Company
from portico_erp.values import Delivery, OrderStatus, RemoteOrder
from portico_orders import command, jobs
from portico_orders.lead_times import learn
from portico_orders.models import Order
from portico_orders.reading import today

Make = Callable[..., RemoteOrder]
Sync = Callable[..., Any]


@pytest.fixture
def customer(company: Company, account_id: UUID) -> Client:
    return company.customer(account_id)


def delivered(make: Make, number: int, took: int = 6, note: str = "", **changed: Any) -> RemoteOrder:
    ordered = now() - dt.timedelta(days=60 + number)
    arrived = Delivery(f"D-{number}", ordered, ordered + dt.timedelta(days=took), "DHL", "", None, [], note)
    return make(f"p{number}", status=OrderStatus.DELIVERED, ordered_at=ordered, deliveries=[arrived], **changed)


def learnt(company: Company) -> int:
    with company.system() as db:
        return learn(db, company.tenant, today(company.tenant))


def order_of(company: Company, ref: str = "open") -> UUID:
    with company.system() as db:
        return db.scalars(sa.select(Order.id).where(Order.erp_ref == ref)).one()


def test_page_and_api_say_between_which_days(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    sync(make("open"), *(delivered(make, n, 5 + n % 3) for n in range(40)), quiet=True)
    assert learnt(company) == 40
    order_id = order_of(company)
    told = company.api(customer.person).get(f"/orders/{order_id}").json["forecast"]
    ordered = (now() - dt.timedelta(days=3)).astimezone(company.tenant.zone).date()
    days = [(dt.date.fromisoformat(told[name]) - ordered).days for name in ("earliest", "likely", "latest")]
    assert (days, told["deliveries"], told["remark"]) == ([5, 6, 7], 40, "")
    said = " ".join(customer.get(f"/orders/{order_id}").html.select_one(".orders-forecast").text.split())
    assert "Likely to arrive between" in said
    assert "Worked out from 40 deliveries of this company; the company has not promised it." in said


@pytest.mark.parametrize(("number", "shown"), [(29, False), (30, True)])
def test_nothing_is_predicted_from_fewer_than_thirty(
    company: Company, customer: Client, make: Make, sync: Sync, number: int, shown: bool
) -> None:
    sync(make("open"), *(delivered(make, n) for n in range(number)), quiet=True)
    learnt(company)
    page = customer.get(f"/orders/{order_of(company)}")
    assert (page.html.select_one(".orders-forecast") is not None) is shown


def test_other_customers_deliveries_count_and_are_not_told(
    company: Company, customer: Client, make: Make, sync: Sync
) -> None:
    company.account("Other", "C-2")
    sync(make("open"), *(delivered(make, n, customer_ref="C-2") for n in range(30)), quiet=True)
    learnt(company)
    assert company.api(customer.person).get(f"/orders/{order_of(company)}").json["forecast"]["deliveries"] == 30
    with company.scope_of(customer.person) as db:
        assert db.scalar(sa.text("SELECT count(*) FROM orders_delivery")) == 0


def test_another_companys_deliveries_do_not_count(
    company: Company, portal: Any, customer: Client, make: Make, sync: Sync
) -> None:
    sync(make("open"), *(delivered(make, n) for n in range(30)), quiet=True)
    learnt(company)
    elsewhere = portal.company(plugins=["portico_orders"])
    with elsewhere.system() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM orders_lead_time")) == 0
    assert learnt(elsewhere) == 0
    with company.system() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM orders_lead_time")) > 0


def test_made_up_deliveries_are_named_so(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    made_up = [delivered(make, n, note="Synthetic: made up for the demo") for n in range(30)]
    sync(make("open"), *made_up, quiet=True)
    learnt(company)
    said = customer.get(f"/orders/{order_of(company)}").html.select_one(".orders-forecast").text
    assert "“Synthetic: made up for the demo”" in said
    sync(delivered(make, 99), quiet=True)  # one that says nothing of the kind
    learnt(company)
    assert "Synthetic" not in customer.get(f"/orders/{order_of(company)}").html.select_one(".orders-forecast").text


def test_page_says_how_often_it_was_right(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    sync(make("open"), *(delivered(make, 2 * n, 6 if n % 20 else 15) for n in range(80)), quiet=True)
    learnt(company)
    with company.system() as db:
        row = db.execute(sa.text("SELECT tested, inside, median_error FROM orders_lead_time WHERE kind = ''")).one()
    assert row.tested >= 30
    assert row.inside < row.tested
    said = " ".join(customer.get(f"/orders/{order_of(company)}").html.select_one(".orders-forecast").text.split())
    share = round(100 * row.inside / row.tested)
    assert f"{row.tested} such predictions were checked: {share}% were right, and half were off by at most 0 days." in said


def test_an_order_that_is_there_is_not_predicted(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    sync(*(delivered(make, n) for n in range(30)), quiet=True)
    learnt(company)
    assert company.api(customer.person).get(f"/orders/{order_of(company, 'p1')}").json["forecast"] is None


def test_a_part_that_has_not_arrived_is_no_delivery_of_the_order(
    company: Company, account_id: UUID, make: Make, sync: Sync
) -> None:
    orders = [delivered(make, n) for n in range(5)]
    missing = Delivery("D-x", now(), None, "DHL", "", None, [], "")
    half = make("half", status=OrderStatus.DELIVERED, deliveries=[*orders[0].deliveries, missing])
    sync(half, *orders, quiet=True)
    assert learnt(company) == 5


def test_the_job_learns_anew_and_the_command_prints_the_test(
    company: Company, account_id: UUID, make: Make, sync: Sync
) -> None:
    sync(*(delivered(make, 2 * n, 4 + n % 2) for n in range(50)), quiet=True)

    class Job:
        tenant, session = company.tenant, company.system

    for _ in range(2):
        jobs.learn(Job)
    with company.system() as db:
        rows = db.execute(sa.text("SELECT kind, deliveries, tested, inside, median_error FROM orders_lead_time ORDER BY kind")).all()
    assert [(row.kind, row.deliveries) for row in rows] == [("", 50), ("material", 50)]
    assert rows[0].tested == rows[0].inside > 10
    printed = command.backtest(company.portal.parts, company.slug)
    assert "50 orders were delivered as a whole." in printed
    assert f"{rows[0].tested}" in printed
    assert "100.0%" in printed


def test_the_page_stays_within_its_queries(company: Company, customer: Client, make: Make, sync: Sync) -> None:
    sync(make("open"), *(delivered(make, n) for n in range(30)), quiet=True)
    learnt(company)
    path = f"/orders/{order_of(company)}"
    for _ in range(2):
        customer.get(path)
    assert len(customer.queries) <= 8
