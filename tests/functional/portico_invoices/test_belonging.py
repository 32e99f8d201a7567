"""An invoice belongs to whom its orders belong; with it go its parts, its credit notes, and what is told of it (`known_records`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.functional.portico_invoices.conftest import id_of

from portico.events.models import Event
from portico.testing.person import Person
from portico.testing.portal import Company
from portico_erp.values import InvoiceStatus, RemoteInvoice
from portico_invoices import matching, synchronise
from portico_invoices.models import BILLED, CHANGE, INVOICE, LINE
from portico_invoices.samples import remote_credit
from portico_orders import synchronise as orders
from portico_orders.samples import remote_order

Make = Callable[..., RemoteInvoice]
Sync = Callable[..., synchronise.Applied]
PARTS = (INVOICE, LINE, BILLED, CHANGE)


@pytest.fixture
def site(company: Company, account_id: UUID) -> UUID:
    with company.system() as db:
        statement = "INSERT INTO account_site (tenant_id, id, account_id, name) VALUES (:t, uuidv7(), :a, 'Here') RETURNING id"
        found: UUID = db.execute(sa.text(statement), {"t": company.id, "a": account_id}).scalar_one()
    return found


@pytest.fixture
def buyer(company: Company, account_id: UUID) -> Person:
    return company.customer_person(account_id, "Bea Buyer", role="purchaser", reach="own")


def order(company: Company, ref: str, site: UUID | None, author: UUID | None, customer: str = "C-1") -> UUID:
    """Of the portal's own, with these keys."""
    with company.system() as db:
        orders.apply(db, [remote_order(ref, customer)], quiet=True)
        statement = "UPDATE orders_order SET site_id = :s, author_id = :a WHERE erp_ref = :r RETURNING id"
        found: UUID = db.execute(sa.text(statement), {"s": site, "a": author, "r": ref}).scalar_one()
    return found


def whose(company: Company, ref: str) -> tuple[Any, Any]:
    """(site, author) of an invoice, which all its parts share."""
    invoice_id = id_of(company, ref)
    with company.system() as db:
        found = {
            tuple(row)
            for table in PARTS
            for row in db.execute(
                sa.select(table.c.site_id, table.c.author_id).where(
                    (table.c.id if table is INVOICE else table.c.invoice_id) == invoice_id
                )
            )
        }
    assert len(found) == 1, found
    return found.pop()


def seen(company: Company, person: Person) -> set[str]:
    with company.scope_of(person) as db:
        return set(db.scalars(sa.select(INVOICE.c.erp_ref)))


def test_invoice_of_an_order_is_its_authors_and_its_sites(
    company: Company, account_id: UUID, site: UUID, buyer: Person, make: Make, sync: Sync
) -> None:
    order(company, "a", site, buyer.id)
    sync(make("1", order_refs=["a"]), make("2", order_refs=[]))
    assert whose(company, "1") == (site, buyer.id)
    assert whose(company, "2") == (None, None)
    assert seen(company, buyer) == {"1"}
    everything = company.customer_person(account_id, "Fay Finance", role="finance", reach="all")
    assert seen(company, everything) == {"1", "2"}


def test_invoice_of_several_orders_is_what_they_share(
    company: Company, account_id: UUID, site: UUID, buyer: Person, make: Make, sync: Sync
) -> None:
    order(company, "a", site, buyer.id)
    order(company, "b", site, company.customer_person(account_id, "Max Mate", role="purchaser").id)
    sync(make("1", order_refs=["a", "b"]), make("2", order_refs=["a", "nobody knows it"]))
    assert whose(company, "1") == (site, None)
    assert whose(company, "2") == (None, None)


def test_order_of_another_customer_opens_nothing(
    company: Company, account_id: UUID, buyer: Person, make: Make, sync: Sync
) -> None:
    company.account("Bolt", "C-2")
    order(company, "a", None, buyer.id, customer="C-2")
    sync(make("1", order_refs=["a"]))
    assert whose(company, "1") == (None, None)
    with company.system() as db:
        assert db.execute(sa.select(BILLED.c.order_id, BILLED.c.number)).one() == (None, "")


@pytest.mark.parametrize("note_first", [True, False])
def test_credit_note_is_its_invoices(
    company: Company, account_id: UUID, site: UUID, buyer: Person, make: Make, sync: Sync, note_first: bool
) -> None:
    order(company, "a", site, buyer.id)
    both = [make("1", order_refs=["a"]), remote_credit("9", "C-1", "1")]
    for one in reversed(both) if note_first else both:
        sync(one)
    assert whose(company, "9") == (site, buyer.id)
    assert seen(company, buyer) == {"1", "9"}


def test_credit_note_about_another_customers_invoice_stays_with_its_own(
    company: Company, account_id: UUID, buyer: Person, make: Make, sync: Sync
) -> None:
    company.account("Bolt", "C-2")
    order(company, "a", None, buyer.id)
    sync(make("1", order_refs=["a"]), remote_credit("9", "C-2", "1"))
    assert whose(company, "9") == (None, None)


def test_news_go_to_those_who_may_see_it(
    company: Company, account_id: UUID, site: UUID, buyer: Person, make: Make, sync: Sync
) -> None:
    order(company, "a", site, buyer.id)
    sync(make("1", order_refs=["a"]), remote_credit("9", "C-1", "1"))
    with company.system() as db:
        query = sa.select(Event.kind, Event.site_id, Event.author_id).where(Event.kind.like("invoices.%"))
        told = {row.kind: (row.site_id, row.author_id) for row in db.execute(query)}
    assert told == {"invoices.issued": (site, buyer.id), "invoices.credited": (site, buyer.id)}


def test_order_that_comes_later_is_found(
    company: Company, account_id: UUID, site: UUID, buyer: Person, make: Make, sync: Sync
) -> None:
    sync(make("1", order_refs=["a"]), remote_credit("9", "C-1", "1"), make("2", order_refs=["b"]))
    order_id = order(company, "a", site, buyer.id)
    for expected in (1, 0):
        with company.system() as db:
            assert matching.match(db) == expected
    assert whose(company, "1") == whose(company, "9") == (site, buyer.id)
    assert whose(company, "2") == (None, None)
    with company.system() as db:
        billed = db.execute(sa.select(BILLED.c.order_id, BILLED.c.number).where(BILLED.c.order_ref == "a")).one()
        assert tuple(billed) == (order_id, "O-a")
        assert db.scalar(sa.select(INVOICE.c.search).where(INVOICE.c.erp_ref == "1")) == "i-1 po-1 o-a 2532.00"


def test_an_invoice_keeps_whose_it_is_when_orders_are_forgotten(
    company: Company, account_id: UUID, site: UUID, buyer: Person, make: Make, sync: Sync
) -> None:
    order(company, "a", site, buyer.id)
    sync(make("1", order_refs=["a"]))
    with company.system() as db:
        db.execute(sa.text("DELETE FROM orders_order"))
    paid = make("1", order_refs=["a"], status=InvoiceStatus.PAID)
    sync(make("1", order_refs=["a"], status=InvoiceStatus.PAID, updated_at=paid.updated_at + dt.timedelta(seconds=1)))
    assert whose(company, "1") == (site, buyer.id)
