"""Companies with invoices, made as the synchronisation makes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portico.db.types import now
from portico.testing.portal import Company, Portal
from portico_erp.values import RemoteInvoice
from portico_invoices import synchronise
from portico_invoices.models import Invoice
from portico_invoices.samples import remote_invoice

CUSTOMER = "C-1"
Make = Callable[..., RemoteInvoice]


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company(plugins=["portico_invoices", "portico_orders", "portico_clear"])


@pytest.fixture
def account_id(company: Company) -> UUID:
    """An account that is older than the invoices of the tests."""
    account = company.account("Acme", CUSTOMER)
    with company.system() as db:
        db.execute(sa.text("UPDATE account SET created_at = now() - interval '10 years'"))
    return account


@pytest.fixture
def make() -> Make:
    """A remote invoice of `CUSTOMER`, open unless told otherwise."""
    moment = now()

    def build(ref: str = "1", **changed: Any) -> RemoteInvoice:
        return remote_invoice(ref, moment=moment, **{"customer_ref": CUSTOMER, **changed})

    return build


@pytest.fixture
def later() -> Callable[[float], dt.datetime]:
    """A moment after the first version of an invoice, in seconds."""
    start = now()
    return lambda seconds: start + dt.timedelta(seconds=seconds)


@pytest.fixture
def sync(company: Company) -> Callable[..., synchronise.Applied]:
    def run(*invoices: RemoteInvoice, quiet: bool = False) -> synchronise.Applied:
        with company.system() as db:
            return synchronise.apply(db, invoices, quiet=quiet)

    return run


def id_of(company: Company, ref: str) -> UUID:
    with company.system() as db:
        found = db.scalar(sa.select(Invoice.id).where(Invoice.erp_ref == ref))
    assert found is not None
    return found


@pytest.fixture
def invoice_id(company: Company, account_id: UUID, make: Make, sync: Callable[..., Any]) -> UUID:
    """An open invoice of the customer, already known."""
    sync(make(), quiet=True)
    return id_of(company, "1")
