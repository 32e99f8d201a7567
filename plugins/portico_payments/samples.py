"""A payment that settles an invoice, one that was paid back, and their postings, for tests that walk every route."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portico.db.types import new_id, now
from portico.tenancy.models import Account
from portico_erp.values import Allocation, RemotePayment
from portico_payments import posting, synchronise
from portico_payments.models import PAYMENT


def records(db: Any, account_id: UUID) -> dict[str, str]:
    """Made the way that all payments are made: as the company tells them."""
    customer_ref = db.scalar(sa.select(Account.erp_ref).where(Account.id == account_id))
    ref = f"sample-{new_id().hex[-12:]}"
    refund = remote_payment(f"{ref}-2", customer_ref, amount=Decimal(-20), allocations=())
    synchronise.apply(db, [remote_payment(ref, customer_ref), refund], quiet=True)
    posting.post(db)
    return {"payment_id": str(db.scalar(sa.select(PAYMENT.c.id).where(PAYMENT.c.erp_ref == ref)))}


def remote_payment(
    ref: str, customer_ref: str, moment: dt.datetime | None = None, **changed: Any
) -> RemotePayment:
    """A payment of 100, of which 60 settle the invoice `1`, told at `moment`; `changed` replaces what a test is about."""
    moment = moment or now()
    values: dict[str, Any] = {
        "ref": ref,
        "reference": None,
        "number": f"P-{ref}",
        "customer_ref": customer_ref,
        "amount": Decimal(100),
        "currency": "EUR",
        "paid_on": moment.date(),
        "updated_at": moment,
        "method": "transfer",
        "allocations": (Allocation("1", Decimal(60)),),
        "cancelled": False,
    }
    return RemotePayment(**{**values, **changed})
