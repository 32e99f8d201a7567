"""An order belongs to the person and the site of the quote that it came from; with it go its parts, events and notices."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portico.notify.fan_out import fan_out
from portico.testing.person import Person
from portico.testing.portal import Company, Portal
from portico_erp.values import OrderStatus, RemoteOrder
from portico_orders import synchronise

Make = Callable[..., RemoteOrder]
Sync = Callable[..., synchronise.Applied]
PARTS = ("orders_order", "orders_line", "orders_delivery", "orders_delivery_line", "orders_change")


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company(plugins=["portico_orders", "portico_quotes", "portico_clear"])


@pytest.fixture
def site(company: Company, account_id: UUID) -> UUID:
    with company.system() as db:
        statement = "INSERT INTO account_site (tenant_id, id, account_id, name) VALUES (:t, uuidv7(), :a, 'Here') RETURNING id"
        return db.scalar(sa.text(statement), {"t": company.id, "a": account_id})


@pytest.fixture
def buyer(company: Company, account_id: UUID) -> Person:
    return company.customer_person(account_id, "Bea Buyer", role="purchaser", reach="own")


def quote(company: Company, account: UUID, author: UUID | None, site: UUID | None, ref: str = "quote-7") -> str:
    with company.system() as db:
        made = db.info["relay"].call("sample_records", db=db, account_id=account)
        quote_id = next(one["quote_id"] for one in made if "quote_id" in one)
        statement = "UPDATE quotes_quote SET erp_ref = :r, author_id = :u, site_id = :s, state = 'ordered' WHERE id = :i"
        db.execute(sa.text(statement), {"r": ref, "u": author, "s": site, "i": UUID(quote_id)})
    return quote_id


def whose(company: Company, ref: str = "1") -> set[tuple[Any, Any, Any]]:
    """(account, site, author) of an order and all its parts: one if they agree."""
    found = set()
    with company.portal.superuser() as db:
        order_id = db.scalar(
            sa.text("SELECT id FROM orders_order WHERE tenant_id = :t AND erp_ref = :r"), {"t": company.id, "r": ref}
        )
        for table in PARTS:
            key = "id" if table == "orders_order" else "order_id"
            rows = db.execute(sa.text(f"SELECT account_id, site_id, author_id FROM {table} WHERE {key} = :i"), {"i": order_id})
            found |= {tuple(row) for row in rows}
    return found


def test_order_is_whose_its_quote_is(
    company: Company, account_id: UUID, buyer: Person, site: UUID, make: Make, sync: Sync
) -> None:
    quote(company, account_id, buyer.id, site)
    sync(make(quote_ref="quote-7"))
    assert whose(company) == {(account_id, site, buyer.id)}
    assert "O-1" in company.client(buyer).get("/orders")


def test_order_of_no_quote_is_the_organisations_alone(
    company: Company, account_id: UUID, buyer: Person, make: Make, sync: Sync
) -> None:
    sync(make(), make("2", quote_ref="made elsewhere"))
    assert whose(company) == whose(company, "2") == {(account_id, None, None)}
    assert "O-1" not in company.client(buyer).get("/orders")
    assert "O-1" in company.customer(account_id).get("/orders")


def test_quote_of_another_customer_gives_nothing(
    company: Company, account_id: UUID, buyer: Person, make: Make, sync: Sync
) -> None:
    other = company.account("Bolt")
    quote(company, other, company.customer_person(other).id, None)
    sync(make(quote_ref="quote-7"))
    assert whose(company) == {(account_id, None, None)}


def test_quote_that_becomes_known_later_is_found_with_the_next_news(
    company: Company, account_id: UUID, buyer: Person, site: UUID, make: Make, sync: Sync, later: Any
) -> None:
    sync(make(quote_ref="quote-7"))
    quote(company, account_id, buyer.id, site)
    sync(make(quote_ref="quote-7", status=OrderStatus.SHIPPED, updated_at=later(5)))
    assert whose(company) == {(account_id, site, buyer.id)}


def test_order_stays_whose_it_was_when_nobody_knows_the_quote_any_more(
    company: Company, account_id: UUID, buyer: Person, site: UUID, make: Make, sync: Sync, later: Any
) -> None:
    quote_id = quote(company, account_id, buyer.id, site)
    sync(make(quote_ref="quote-7"))
    with company.system() as db:
        db.execute(sa.text("UPDATE quotes_quote SET erp_ref = NULL WHERE id = :i"), {"i": UUID(quote_id)})
    sync(make(quote_ref="quote-7", status=OrderStatus.SHIPPED, updated_at=later(5)))
    assert whose(company) == {(account_id, site, buyer.id)}


def test_order_that_goes_to_another_customer_takes_its_history_along(
    company: Company, account_id: UUID, buyer: Person, site: UUID, make: Make, sync: Sync, later: Any
) -> None:
    quote(company, account_id, buyer.id, site)
    sync(make(quote_ref="quote-7"))
    other = company.account("Bolt", "C-2")
    sync(make(quote_ref="quote-7", customer_ref="C-2", updated_at=later(5)))
    assert whose(company) == {(other, None, None)}


def test_notices_go_to_those_within_reach(
    portal: Portal, company: Company, account_id: UUID, buyer: Person, site: UUID, make: Make, sync: Sync, later: Any
) -> None:
    def join(name: str, **place: Any) -> Person:
        return company.customer_person(account_id, name, role="viewer", **place)

    there = UUID(int=7)
    people = {
        "buyer": buyer,
        "another": join("Ana Other", reach="own"),
        "same site": join("Sam Site", reach="site", site_ids=[site]),
        "other site": join("Oda Site", reach="site", site_ids=[there]),
        "all": join("Al All"),
        "elsewhere": company.customer_person(company.account("Bolt")),
    }
    quote(company, account_id, buyer.id, site)
    sync(make(quote_ref="quote-7"), quiet=True)
    sync(make(quote_ref="quote-7", status=OrderStatus.SHIPPED, updated_at=later(5)))
    with portal.superuser() as db:
        query = "SELECT id FROM event WHERE tenant_id = :t AND kind = 'orders.shipped'"
        event_id = db.scalar(sa.text(query), {"t": company.id})
    job = SimpleNamespace(
        session=company.system, portico=portal.parts, tenant=company.tenant, relay=portal.parts.relay(company.tenant)
    )
    fan_out(job, str(event_id))
    with portal.superuser() as db:
        query = "SELECT user_id FROM notification WHERE event_id = :e"
        told = set(db.scalars(sa.text(query), {"e": event_id}))
        mailed = set(db.scalars(sa.text("SELECT recipient FROM mail WHERE tenant_id = :t"), {"t": company.id}))
    expected = {"buyer", "same site", "all"}
    assert {name for name, person in people.items() if person.id in told} == expected
    assert {name for name, person in people.items() if person.email in mailed} == expected
    for name, person in people.items():
        assert ("O-1" in company.client(person).get("/dashboard/activity")) is (name in expected), name
