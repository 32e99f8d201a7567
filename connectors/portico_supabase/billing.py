"""Invoices and payments: rows → values of the contract. Pure, and no row makes it crash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from portico_erp.errors import InvalidValueError
from portico_erp.records import Record, attempt, choice, day, moment, number, text
from portico_erp.values import (
    Allocation,
    InvoiceKind,
    InvoiceLine,
    InvoiceStatus,
    Problem,
    RemoteInvoice,
    RemotePayment,
    Totals,
)
from portico_supabase.mapping import line_item


def invoice(row: Record, lines: Sequence[Record], customer_ref: str | None, read_at: datetime) -> RemoteInvoice | Problem:
    ref = text(row["id"], "id")

    def build() -> RemoteInvoice:
        gross, paid = number(row["gross_total"], "gross_total"), number(row["paid_total"], "paid_total")
        cancelled = row["status"] == "cancelled"
        # What was paid too much is a payment's matter; what the company calls paid is.
        left = Decimal(0) if cancelled or row["status"] == "paid" else max(gross - paid, Decimal(0))
        order, credited = row.get("order_id"), row.get("credits_id")
        return RemoteInvoice(
            ref=ref,
            number=text(row["number"], "number"),
            kind=choice(InvoiceKind, row["kind"], "kind"),
            status=InvoiceStatus.of(gross, left, cancelled=cancelled),
            customer_ref=text(customer_ref, "customer_ref"),
            currency=row["currency"],
            lines=tuple(_line(line) for line in lines),
            totals=Totals(number(row["net_total"], "net_total"), number(row["tax_total"], "tax_total"), gross),
            open_amount=left,
            issued_on=_needed_day(row["issued_on"], "issued_on"),
            due_on=day(row.get("due_on"), "due_on"),
            updated_at=_changed(row, read_at),
            order_refs=() if order is None else (text(order, "order_id"),),
            credits_ref=None if credited is None else text(credited, "credits_id"),
            po_number=row.get("po_number"),
        )

    return attempt(ref, row, build)


def _line(row: Record) -> InvoiceLine:
    return InvoiceLine(
        ref=line_item(row),
        name=row["name"],
        quantity=number(row["quantity"], "quantity"),
        unit=text(row["unit"], "unit"),
        unit_price=number(row["unit_price"], "unit_price"),
        tax_rate=number(row["tax_rate"], "tax_rate"),
        total=number(row["line_total"], "line_total"),
    )


def payment(row: Record, customer_ref: str | None, read_at: datetime) -> RemotePayment | Problem:
    ref = text(row["id"], "id")

    def build() -> RemotePayment:
        amount, settles = number(row["amount"], "amount"), row.get("invoice_id")
        return RemotePayment(
            ref=ref,
            reference=row.get("portal_reference"),
            number=text(row["number"], "number"),
            customer_ref=text(customer_ref, "customer_ref"),
            amount=amount,
            currency=row["currency"],
            paid_on=_needed_day(row["paid_on"], "paid_on"),
            updated_at=_changed(row, read_at),
            method=text(row.get("method"), "method"),
            cancelled=bool(row.get("is_cancelled")),
            allocations=() if settles is None or amount <= 0 else (Allocation(text(settles, "invoice_id"), amount),),
        )

    return attempt(ref, row, build)


def _needed_day(value: object, field: str) -> date:
    found = day(value, field)
    if found is None:
        raise InvalidValueError(field, "missing", "a date is needed")
    return found


def _changed(row: Record, read_at: datetime) -> datetime:
    return moment(row["updated_at"], "updated_at") if "updated_at" in row else read_at
