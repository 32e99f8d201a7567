"""Companies with orders, made as the synchronisation makes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portico.db.types import now
from portico.testing.portal import Company, Portal
from portico_erp.values import OrderStatus, RemoteOrder
from portico_orders import synchronise
from portico_orders.models import Order
from portico_orders.samples import remote_order

CUSTOMER = "C-1"
Make = Callable[..., RemoteOrder]


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company(plugins=["portico_orders", "portico_clear"])


@pytest.fixture
def account_id(company: Company) -> UUID:
    """An account that is older than the orders of the tests."""
    account = company.account("Acme", CUSTOMER)
    with company.system() as db:
        db.execute(sa.text("UPDATE account SET created_at = now() - interval '10 years'"))
    return account


@pytest.fixture
def make() -> Make:
    """A remote order of `CUSTOMER`, plain and pending unless told otherwise."""

    moment = now()

    def build(ref: str = "1", **changed: Any) -> RemoteOrder:
        values = {"customer_ref": CUSTOMER, "status": OrderStatus.PENDING, "deliveries": [], **changed}
        return remote_order(ref, moment=moment, **values)

    return build


@pytest.fixture
def later() -> Callable[[float], dt.datetime]:
    """A moment after the first version of an order, in seconds."""
    start = now()
    return lambda seconds: start + dt.timedelta(seconds=seconds)


@pytest.fixture
def sync(company: Company) -> Callable[..., synchronise.Applied]:
    def run(*orders: RemoteOrder, quiet: bool = False) -> synchronise.Applied:
        with company.system() as db:
            return synchronise.apply(db, orders, quiet=quiet)

    return run


@pytest.fixture
def order_id(company: Company, account_id: UUID, make: Make, sync: Callable[..., Any]) -> UUID:
    """A pending order of the customer, already known."""
    sync(make(), quiet=True)
    with company.system() as db:
        found = db.scalar(sa.select(Order.id).where(Order.erp_ref == "1"))
    assert found is not None
    return found
