"""What a company tells of invoices and payments in these tests, and what the portal makes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from portico.testing.portal import Company
from portico_erp.values import RemoteInvoice, Totals
from portico_invoices import samples as invoices
from portico_invoices import synchronise as invoices_sync
from portico_payments import posting, synchronise
from portico_payments.samples import remote_payment

CUSTOMER = "C-1"


class Books:
    """What the company tells, and what the portal makes of it."""

    def __init__(self, company: Company) -> None:
        self.company = company

    def invoices(self, *given: RemoteInvoice, quiet: bool = True) -> Any:
        with self.company.system() as db:
            return invoices_sync.apply(db, given, quiet=quiet)

    def payments(self, *given: Any, quiet: bool = True) -> synchronise.Applied:
        with self.company.system() as db:
            return synchronise.apply(db, given, quiet=quiet)

    def post(self) -> int:
        with self.company.system() as db:
            return posting.post(db)

    def balances(self, account_id: UUID) -> dict[str, Decimal]:
        with self.company.system() as db:
            return posting.balances(db, account_id)

    def rows(self, query: Any) -> list[Any]:
        with self.company.system() as db:
            return list(db.execute(query))


def invoice(ref: str = "1", gross: str = "120", **changed: Any) -> RemoteInvoice:
    """Of CUSTOMER, open, with tax of a fifth unless told otherwise."""
    whole = Decimal(gross)
    totals = Totals(whole - whole / 6, whole / 6, whole)
    return invoices.remote_invoice(ref, CUSTOMER, **{"totals": totals, "order_refs": (), **changed})


def credit(ref: str, about: str | None, gross: str = "20", **changed: Any) -> RemoteInvoice:
    whole = Decimal(gross)
    return invoices.remote_credit(ref, CUSTOMER, about, **{"totals": Totals(whole, Decimal(0), whole), **changed})


def payment(ref: str = "1", amount: str = "100", **changed: Any) -> Any:
    return remote_payment(ref, CUSTOMER, **{"amount": Decimal(amount), "allocations": (), **changed})
