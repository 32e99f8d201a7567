"""The company's customers as the sync engine follows them: a change of one here is a reason to read its addresses anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections.sync import PAGE_ROWS, Counts, SyncEntity
from portico.connections.target import Target
from portico.jobs import enqueue
from portico.tenancy.models import Account
from portico_customers.addresses import EXCHANGE
from portico_customers.i18n import _
from portico_erp.values import Customer, Page

NAME, EVERY_S = "customers.customers", 300.0


def pull(client: Any, cursor: str | None) -> Page[Customer]:
    page: Page[Customer] = client.changed_customers(cursor, PAGE_ROWS)
    return page


def one(client: Any, ref: str) -> Customer | None:
    """Where the company's system knows customers by their codes."""
    found: Customer | None = client.find_customer(code=ref)
    return found


def apply(db: Session, target: Target, items: Sequence[Customer]) -> Counts:
    """Nothing of a customer is copied here; those who use the portal are looked at by a job each."""
    refs = [one.ref for one in items]
    for account_id in db.scalars(sa.select(Account.id).where(Account.erp_ref.in_(refs)).order_by(Account.id)):
        enqueue(db, EXCHANGE, unique=f"{EXCHANGE}:{account_id}", account_id=account_id)
    return Counts(unchanged=len(items))


ENTITY = SyncEntity(
    NAME, "customers", pull, apply, title=_("Customers"), order=80, every_s=EVERY_S, columns={"name": _("Name")}, one=one
)
