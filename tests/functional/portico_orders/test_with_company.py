"""Orders out of a real company database: pulled, changed there, shown here; and while it is away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa

from portico.connections import check
from portico.connections.models import ConnectionSync, ConnectionSyncProblem
from portico.db import setup
from portico.events.models import Event
from portico.jobs import enqueue
from portico.jobs.application import job_queue
from portico.jobs.worker import run_pending
from portico.notify.models import Mail, Notification
from portico.testing.portal import Company, Portal
from portico_demo import databases
from portico_orders.models import Order

SEED = """
insert into customers (code, name, currency) values ('C1', 'Acme', 'EUR'), ('C2', 'Stranger', 'EUR');
insert into orders (number, customer_id, currency, gross_total, net_total, po_number)
  select 'O-' || n, 1, 'EUR', n, n, 'PO-' || n from generate_series(1, 250) n;
insert into orders (number, customer_id, currency) values ('O-foreign', 2, 'EUR');
insert into order_lines (order_id, position, name, quantity, unit_price, line_total)
  select id, 1, 'Steel', 1, 1, 1 from orders;
"""


@dataclass
class World:
    portal: Portal
    company: Company
    login: databases.CompanyLogin
    connection_id: UUID

    def sql(self, statement: str) -> None:
        with psycopg.connect(self.login.dsn) as connection:
            connection.execute(statement)

    def work(self) -> list[str]:
        return [actor for actor, _ in run_pending(job_queue(self.portal.parts), self.portal.parts, limit=100_000)]

    def synchronise(self) -> None:
        with self.company.system() as db:
            enqueue(db, "connections.sync", connection_id=str(self.connection_id), entity="orders.orders")
        self.work()

    def all(self, query: Any) -> list[Any]:
        with self.company.system() as db:
            return list(db.execute(query))

    def order_id(self, number: str) -> UUID:
        ((found,),) = self.all(sa.select(Order.id).where(Order.number == number))
        assert isinstance(found, UUID)
        return found

    def stop(self) -> None:
        """The company's database lets nobody in any more."""
        with psycopg.connect(setup.admin_url(self.portal.settings), autocommit=True) as admin:
            admin.execute(f"alter database {self.login.database} allow_connections false")
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
                (self.login.database,),
            )


@pytest.fixture
def world(portal: Portal) -> Iterator[World]:
    login = databases.create_empty(setup.admin_url(portal.settings), portal.settings.home, f"t{uuid4().hex[:10]}")
    company = portal.company(plugins=["portico_orders", "portico_companydb"])
    config, secrets = login.settings("EUR")
    connection_id = check.create(
        portal.parts, company.id, connector="companydb", name="ERP", values={**config, **secrets}, set_up=True
    )
    made = World(portal, company, login, connection_id)
    made.sql(SEED)
    yield made
    portal.parts.connections.forget(connection_id)


@pytest.fixture
def account_id(world: World) -> UUID:
    account = world.company.account("Acme", "C1")
    with world.company.system() as db:
        db.execute(sa.text("UPDATE account SET created_at = now() - interval '1 day'"))
    return account


def test_first_import_brings_all_and_tells_nobody(world: World, account_id: UUID) -> None:
    world.synchronise()
    assert world.all(sa.select(sa.func.count()).select_from(Order)) == [(250,)]
    assert world.all(sa.select(Event.kind)) == []
    page = world.company.customer(account_id).get("/orders")
    assert "Last synchronised" in page.text
    assert page.html.select_one(".notice-warning") is None


def test_second_run_changes_nothing(world: World, account_id: UUID) -> None:
    rows = sa.text("SELECT xmin::text, ctid::text FROM orders_order ORDER BY id")
    world.synchronise()
    before = world.all(rows)
    world.synchronise()
    assert world.all(rows) == before


def test_change_in_the_company_reaches_page_notice_and_mail(world: World, account_id: UUID) -> None:
    customer = world.company.customer(account_id)
    world.synchronise()
    world.sql(
        "insert into deliveries (number, order_id, shipped_at, carrier, tracking_number, tracking_url) "
        "select 'D-7', id, now(), 'DHL', 'T-7', 'https://track.example/7' from orders where number = 'O-7';"
        "insert into delivery_lines (delivery_id, order_line_id, quantity) select d.id, l.id, 1 "
        "from deliveries d join order_lines l using (order_id);"
        "update orders set status = 'shipped' where number = 'O-7'"
    )
    world.synchronise()
    world.work()
    page = customer.get(f"/orders/{world.order_id('O-7')}")
    assert "https://track.example/7" in page.text
    assert world.all(sa.select(Event.kind)) == [("orders.shipped",)]
    assert world.all(sa.select(Notification.kind, Notification.user_id)) == [("orders.shipped", customer.person.id)]
    assert "Order O-7 is on its way" in customer.get("/notices").text
    ((subject, text),) = world.all(sa.select(Mail.subject, Mail.text))
    assert "O-7" in subject
    assert f"/orders/{world.order_id('O-7')}" in text
    assert "T-7" in text


def test_new_order_of_a_quote_is_found_by_the_quotes_number(world: World, account_id: UUID) -> None:
    world.sql(
        "insert into quotes (number, customer_id, currency) values ('Q-55', 1, 'EUR');"
        "insert into orders (number, quote_id, customer_id, currency) select 'O-Q', id, 1, 'EUR' from quotes"
    )
    world.synchronise()
    customer = world.company.customer(account_id)
    assert "O-Q" in customer.get("/orders", {"q": "q-55"}).text
    assert "Order O-Q" in customer.htmx("/related", {"ref": "Q-55"}).text


def test_refresh_brings_one_order_up_to_date(world: World, account_id: UUID) -> None:
    world.synchronise()
    customer = world.company.customer(account_id)
    assert customer.person is not None
    order_id = world.order_id("O-9")
    synced = sa.select(Order.synced_at).where(Order.id == order_id)
    before = world.all(synced)
    world.sql("update orders set status = 'processing' where number in ('O-9', 'O-10')")
    api = world.company.api(customer.person)
    assert api.json("post", f"/orders/{order_id}/sync", {}, status=200).json == {"state": "queued"}
    assert api.json("post", f"/orders/{order_id}/sync", {}, status=200).json == {"state": "fresh"}
    assert "orders.refresh" in world.work()
    assert api.get(f"/orders/{order_id}").json["status"] == "processing"
    assert world.all(synced) > before
    other = sa.select(Order.status).where(Order.number == "O-10")
    assert world.all(other) == [("pending",)]
    customer.post("/orders/sync", status=303)
    world.work()
    assert world.all(other) == [("processing",)]


def test_while_the_company_is_away_the_last_state_is_shown_and_said(world: World, account_id: UUID) -> None:
    world.synchronise()
    customer = world.company.customer(account_id)
    world.stop()
    world.synchronise()
    for path in ("/orders", f"/orders/{world.order_id('O-9')}"):
        assert "does not answer at the moment" in customer.get(path).text
    customer.post(f"/orders/{world.order_id('O-9')}/sync", status=303)
    world.work()
    assert "Order O-9" in customer.get(f"/orders/{world.order_id('O-9')}").text


def test_absurd_order_is_a_problem_of_its_own_and_holds_up_nothing(world: World, account_id: UUID) -> None:
    world.sql(
        "alter table orders drop constraint orders_currency_check;"
        "update orders set currency = 'XXX?' where number = 'O-3'"
    )
    world.synchronise()
    assert world.all(sa.select(sa.func.count()).select_from(Order)) == [(249,)]
    assert world.all(sa.text("SELECT count(*) FROM connection_sync_problem")) == [(1,)]


def test_portal_without_a_connection_says_so(portal: Portal) -> None:
    customer = portal.company(plugins=["portico_orders"]).customer()
    assert "No connection to the company" in customer.get("/orders").text
    customer.post("/orders/sync", status=303)
    outcomes = run_pending(job_queue(portal.parts), portal.parts)
    assert ("orders.refresh", "Buried") in [(actor, type(one).__name__) for actor, one in outcomes]


@pytest.mark.parametrize("known", [True, False])
def test_try_again_of_one_order_reads_that_one_or_else_all(world: World, account_id: UUID, known: bool) -> None:
    """The second is none of the company's orders: it is read with all others, as what is wrong may be its key."""
    world.synchronise()
    ((cursor,),) = world.all(sa.select(ConnectionSync.cursor).where(ConnectionSync.entity == "orders.orders"))
    ((ref,),) = world.all(sa.select(Order.erp_ref).where(Order.number == "O-7"))
    ref = ref if known else "no-such"
    with world.company.system() as db:
        problem = ConnectionSyncProblem(
            connection_id=world.connection_id, entity="orders.orders", record_ref=ref, message="Its currency is none."
        )
        db.add(problem)
        db.flush()
        problem_id = problem.id
    world.sql("update orders set po_number = 'MENDED' where number = 'O-7'")
    world.company.agent().post(f"/admin/sync-problems/{problem_id}/retry", status=303)
    assert world.work().count("connections.sync") == (1 if known else 2)
    ((resolved,),) = world.all(sa.select(ConnectionSyncProblem.resolved_at))
    ((after,),) = world.all(sa.select(ConnectionSync.cursor).where(ConnectionSync.entity == "orders.orders"))
    assert world.all(sa.select(Order.po_number).where(Order.number == "O-7")) == [("MENDED",)]
    assert (resolved is not None, after == cursor) == (known, known)
