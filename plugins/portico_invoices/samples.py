"""An invoice with everything in it and a credit note about it, for tests that walk every route."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portico.db.types import new_id, now
from portico.tenancy.models import Account
from portico_erp.values import InvoiceKind, InvoiceLine, InvoiceStatus, RemoteInvoice, Totals
from portico_invoices import synchronise
from portico_invoices.models import INVOICE


def records(db: Any, account_id: UUID) -> dict[str, str]:
    """Made the way that all invoices are made: as the company tells them."""
    customer_ref = db.scalar(sa.select(Account.erp_ref).where(Account.id == account_id))
    ref = f"sample-{new_id().hex[-12:]}"
    synchronise.apply(db, [remote_invoice(ref, customer_ref), remote_credit(f"{ref}-c", customer_ref, ref)], quiet=True)
    return {"invoice_id": str(db.scalar(sa.select(INVOICE.c.id).where(INVOICE.c.erp_ref == ref)))}


def remote_invoice(ref: str, customer_ref: str, moment: dt.datetime | None = None, **changed: Any) -> RemoteInvoice:
    """An open invoice of two lines with two rates of tax and one order, told at `moment`; `changed` replaces what a test is
    about. `open_amount` follows from the status unless it is given.
    """
    moment = moment or now()
    totals = changed.get("totals", Totals(Decimal(2120), Decimal(412), Decimal(2532)))
    status = changed.get("status", InvoiceStatus.OPEN)
    left = {InvoiceStatus.OPEN: totals.gross, InvoiceStatus.PARTLY_PAID: totals.gross / 2}
    values: dict[str, Any] = {
        "ref": ref,
        "number": f"I-{ref}",
        "kind": InvoiceKind.INVOICE,
        "status": status,
        "customer_ref": customer_ref,
        "currency": "EUR",
        "lines": [
            InvoiceLine("material:S1", "Steel sheet", Decimal(2), "piece", Decimal("1000"), Decimal(20), Decimal(2000)),
            InvoiceLine(None, "Cutting", Decimal("1.5"), "hour", Decimal("80"), Decimal(10), Decimal(120)),
        ],
        "totals": totals,
        "open_amount": left.get(status, Decimal(0)),
        "issued_on": moment.date(),
        "due_on": moment.date() + dt.timedelta(days=30),
        "updated_at": moment,
        "order_refs": [f"order-{ref}"],
        "credits_ref": None,
        "po_number": f"PO-{ref}",
        "note": "",
    }
    return RemoteInvoice(**{**values, **changed})


def remote_credit(ref: str, customer_ref: str, credits_ref: str | None, **changed: Any) -> RemoteInvoice:
    """A settled credit note of 120 net about the invoice `credits_ref`."""
    line = InvoiceLine(None, "Cutting", Decimal("1.5"), "hour", Decimal("80"), Decimal(10), Decimal(120))
    values: dict[str, Any] = {
        "number": f"CN-{ref}",
        "kind": InvoiceKind.CREDIT_NOTE,
        "status": InvoiceStatus.PAID,
        "lines": [line],
        "totals": Totals(Decimal(120), Decimal(12), Decimal(132)),
        "credits_ref": credits_ref,
        "order_refs": (),
        "due_on": None,
        "po_number": None,
    }
    return remote_invoice(ref, customer_ref, **{**values, **changed})
