"""Invoices of the demo companies: which are issued, and by which rule they are paid. Pure.

Who paid what, and when, is synthetic, and says so: the real data of Regency has no payments. Each invoice is due after 30 days.
By a number made of the invoice's own, so that it is the same each time:

- older than 60 days: paid; - 31 to 60 days: a quarter is still open, a quarter paid by half, the others paid; - up to 30 days: a
third is paid, the others are open. A payment comes 10 to 29 days after the invoice, or today. - A credit note about an invoice is
set off against it, and what is left is what is paid. One about none in particular is open for 60 days, then paid back.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from portico_demo.company import SYNTHETIC, Company, DemoInvoice
from portico_erp.currencies import smallest_unit
from portico_erp.totals import line_total, totals

DUE_DAYS, SETTLED_DAYS = 30, 60
METHOD = "bank transfer"
Rows = Iterable[tuple[Any, ...]]


@dataclass
class _Bill:
    """paid: what of `gross` is settled, by payments and credit notes. payment: what of it came as money, on `paid_on`; negative
    where it was paid back."""

    invoice: DemoInvoice
    net: Decimal
    tax: Decimal
    gross: Decimal
    paid: Decimal = Decimal(0)
    payment: Decimal = Decimal(0)
    paid_on: date | None = None


def add_invoices(company: Company, now: datetime) -> None:
    """For companies whose history is invented: each order that arrived is billed on the ninth day after it was placed, and every
    twentieth invoice is taken back in part: a line of it, four days later."""
    arrived = [order for order in company.orders if order.status == "delivered"]
    for n, order in enumerate(arrived, 1):
        issued = min(order.ordered_at + timedelta(days=9), now).date()
        company.invoices.append(
            DemoInvoice(f"I-{n:06}", order.customer, issued, order.lines, order=order.number, note=company.note)
        )
    for n, invoice in enumerate(company.invoices[::-20], 1):
        back = min(invoice.issued_on + timedelta(days=4), now.date())
        company.invoices.append(
            DemoInvoice(f"CN-{n:06}", invoice.customer, back, invoice.lines[:1], True, invoice.number, note=company.note)
        )


def rows(company: Company, customers: dict[str, int], now: datetime) -> Iterator[tuple[str, str, Rows]]:
    """(table, columns, rows) of the standard schema, in the order of their keys. customers: code → id."""
    bills = _bills(company, now)
    ids = {bill.invoice.number: n for n, bill in enumerate(bills, 1)}
    orders = {order.number: n for n, order in enumerate(company.orders, 1)}
    yield (
        "invoices",
        "id number kind customer_id order_id credits_id status currency note net_total tax_total gross_total paid_total "
        "issued_on due_on updated_at",
        [_invoice(n, bill, company.currency, customers, orders, ids, now) for n, bill in enumerate(bills, 1)],
    )
    yield (
        "invoice_lines",
        "invoice_id position item_kind item_code name unit quantity unit_price tax_rate line_total",
        _lines(company, bills),
    )
    paid = [(n, bill) for n, bill in enumerate(bills, 1) if bill.payment]
    yield (
        "payments",
        "id number customer_id amount currency paid_on method reference updated_at",
        [
            (
                n,
                f"P-{n:06}",
                customers[bill.invoice.customer],
                bill.payment,
                company.currency,
                bill.paid_on,
                METHOD,
                f"{bill.invoice.number} ({SYNTHETIC})",
                _moment(bill.paid_on or now.date(), now),
            )
            for n, (_id, bill) in enumerate(paid, 1)
        ],
    )
    yield (
        "payment_allocations",
        "payment_id invoice_id amount",
        [(n, invoice_id, bill.payment) for n, (invoice_id, bill) in enumerate(paid, 1) if bill.payment > 0],
    )


def _bills(company: Company, now: datetime) -> list[_Bill]:
    bills = []
    for invoice in company.invoices:
        lines = [(line.quantity, line.unit_price, line.tax_rate) for line in invoice.lines]
        sums = totals(lines, company.currency)
        bills.append(_Bill(invoice, sums.net, sums.tax, sums.gross))
    by_number = {bill.invoice.number: bill for bill in bills}
    for bill in bills:
        about = by_number.get(bill.invoice.about or "")
        if bill.invoice.credit and about is not None and about.paid + bill.gross <= about.gross:
            about.paid += bill.gross
            bill.paid = bill.gross
    for bill in bills:
        _pay(bill, company.currency, now)
    return bills


def _pay(bill: _Bill, currency: str, now: datetime) -> None:
    left = bill.gross - bill.paid
    age, chance = (now.date() - bill.invoice.issued_on).days, zlib.crc32(bill.invoice.number.encode())
    if bill.invoice.credit:
        paid = left if age > SETTLED_DAYS else Decimal(0)
    elif age > SETTLED_DAYS:
        paid = left
    elif age > DUE_DAYS:
        part = (Decimal(0), left / 2, left, left)[chance % 4]
        paid = part.quantize(smallest_unit(currency))
    else:
        paid = left if chance % 3 == 0 else Decimal(0)
    if paid <= 0:
        return
    days = SETTLED_DAYS if bill.invoice.credit else 10 + chance // 12 % 20
    bill.paid += paid
    bill.payment = -paid if bill.invoice.credit else paid
    bill.paid_on = min(bill.invoice.issued_on + timedelta(days=days), now.date())


def _invoice(
    n: int, bill: _Bill, currency: str, customers: dict[str, int], orders: dict[str, int], ids: dict[str, int], now: datetime
) -> tuple[Any, ...]:
    one = bill.invoice
    return (
        n,
        one.number,
        "credit_note" if one.credit else "invoice",
        customers[one.customer],
        orders[one.order] if one.order else None,
        ids[one.about] if one.about else None,
        "paid" if bill.paid == bill.gross else "open",
        currency,
        one.note,
        bill.net,
        bill.tax,
        bill.gross,
        bill.paid,
        one.issued_on,
        None if one.credit else one.issued_on + timedelta(days=DUE_DAYS),
        _moment(bill.paid_on or one.issued_on, now),
    )


def _moment(day: date, now: datetime) -> datetime:
    """Of that day, and not later than now."""
    return min(datetime(day.year, day.month, day.day, 12, tzinfo=now.tzinfo), now)


def _lines(company: Company, bills: list[_Bill]) -> Rows:
    for n, bill in enumerate(bills, 1):
        for position, line in enumerate(bill.invoice.lines, 1):
            item = line.item
            total = line_total(line.quantity, line.unit_price, company.currency)
            what = (item.kind or None, item.code or None, item.name, item.unit)
            yield (n, position, *what, line.quantity, line.unit_price, line.tax_rate, total)
