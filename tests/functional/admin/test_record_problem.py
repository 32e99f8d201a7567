"""What the synchronisation has against a record stands on the record's own page, for staff alone, and can be tried again there."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portico.connections.models import Connection, ConnectionSync, ConnectionSyncProblem
from portico.tenancy.models import Account
from portico_orders import samples as orders
from portico_orders.models import Order
from portico_quotes import samples as quotes
from portico_quotes.models import Quote

WHY = "its currency is none that is known."


class Records:
    """A company with an order, a quote and a customer, each known to its system; page: where each is."""

    def __init__(self, portal: Any) -> None:
        self.company = portal.company(plugins=["portico_quotes", "portico_orders", "portico_customers"])
        account_id = self.company.account()
        with self.company.system() as db:
            connection = Connection(connector="companydb", name="ERP", config={}, status="active")
            db.add(connection)
            db.flush()
            self.connection_id = connection.id
            customer_ref = db.scalar(sa.select(Account.erp_ref).where(Account.id == account_id))
            order_id, quote_id = orders.records(db, account_id)["order_id"], quotes.make(db, account_id)["quote_id"]
            quote = db.scalars(sa.select(Quote).where(Quote.id == quote_id)).one()
            quote.erp_ref, quote.connection_id = "Q7", self.connection_id
            order_ref = db.scalar(sa.select(Order.erp_ref).where(Order.id == order_id))
            self.known = {
                "order": (order_id, "orders.orders", order_ref, f"/orders/{order_id}"),
                "quote": (quote_id, "quotes.quotes", "Q7", f"/quotes/{quote_id}"),
                "customer": (str(account_id), "customers.customers", customer_ref, f"/customers/{account_id}"),
            }

    def spoil(self, kind: str) -> Any:
        _id, entity, ref, _page = self.known[kind]
        with self.company.system() as db:
            problem = ConnectionSyncProblem(connection_id=self.connection_id, entity=entity, record_ref=ref, message=WHY)
            db.add(problem)
            db.add(ConnectionSync(connection_id=self.connection_id, entity=entity, cursor="12"))
            db.flush()
            return problem.id


@pytest.fixture(scope="module")
def records(portal: Any) -> Records:
    return Records(portal)


@pytest.mark.parametrize("kind", ["order", "quote", "customer"])
def test_staff_see_it_on_the_records_page_and_try_again(records: Records, kind: str) -> None:
    record_id, entity, ref, page = records.known[kind]
    agent = records.company.agent()
    asks = f"/admin/sync-problems/of?kind={kind}&id={record_id}"
    assert asks.replace("&", "&amp;") in agent.get(page).text or asks in agent.get(page).text
    assert WHY not in agent.htmx(asks)
    problem_id = records.spoil(kind)
    found = agent.htmx(asks)
    assert WHY in found
    assert "ERP" in found
    assert "It is being read again" in agent.post(f"/admin/sync-problems/{problem_id}/again")
    with records.company.system() as db:
        waiting = db.execute(
            sa.text("SELECT args ->> 'entity', args ->> 'ref' FROM job WHERE actor = 'connections.sync' AND state = 'queued'")
        )
        assert (entity, ref) in {tuple(one) for one in waiting}


def test_what_is_none_of_the_portals_records_has_no_problem(records: Records) -> None:
    order, quote, agent = records.known["order"][0], records.known["quote"][0], records.company.agent()
    for asked in ("kind=order&id=no-id", f"kind=nothing&id={order}", f"kind=order&id={quote}", f"kind=quote&id={order}", ""):
        assert WHY not in agent.htmx(f"/admin/sync-problems/of?{asked}")


def test_customers_neither_see_it_nor_ask(records: Records) -> None:
    customer = records.company.customer()
    customer.get("/admin/sync-problems/of", status=403)
    order_id = records.known["order"][0]
    assert f"id={order_id}" not in customer.get("/orders").text


def test_a_record_of_the_same_number_in_a_second_system_is_another_one(portal: Any) -> None:
    records = Records(portal)
    quote_id, entity, ref, _page = records.known["quote"]
    with records.company.system() as db:
        second = Connection(connector="companydb", name="Second", config={}, status="active")
        db.add(second)
        db.flush()
        db.add(ConnectionSyncProblem(connection_id=second.id, entity=entity, record_ref=ref, message="of the second system"))
    agent = records.company.agent()
    assert "of the second system" not in agent.htmx(f"/admin/sync-problems/of?kind=quote&id={quote_id}")
    records.spoil("quote")
    found = agent.htmx(f"/admin/sync-problems/of?kind=quote&id={quote_id}")
    assert WHY in found
    assert "of the second system" not in found
