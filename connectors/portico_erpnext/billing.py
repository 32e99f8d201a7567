"""Invoices and payments of ERPNext → values of the contract. Pure, as `mapping` is."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from portico_erp.currencies import smallest_unit
from portico_erp.records import Record, attempt, day, text
from portico_erp.records import measured as number
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
from portico_erpnext.mapping import at, tax_rate, totals


def invoice(record: Record, zone: ZoneInfo) -> RemoteInvoice | Problem:
    """A return is a credit note: its amounts are negative in ERPNext, and positive on its paper."""
    ref = text(record["name"], "number")

    def build() -> RemoteInvoice:
        credit = bool(record["is_return"])
        sign = -1 if credit else 1
        said = totals(record)
        whole = Totals(said.net * sign, said.tax * sign, said.gross * sign)
        cancelled = record["docstatus"] == 2
        left = Decimal(0) if cancelled else _open_amount(record) * sign
        left = min(max(left, Decimal(0)), whole.gross)
        issued = day(record["posting_date"], "issued_on")
        assert issued is not None, "ERPNext has no invoice without its day"
        return RemoteInvoice(
            ref=ref,
            number=ref,
            kind=InvoiceKind.CREDIT_NOTE if credit else InvoiceKind.INVOICE,
            status=InvoiceStatus.of(whole.gross, left, cancelled=cancelled),
            customer_ref=text(record["customer"], "customer_ref"),
            currency=text(record["currency"], "currency"),
            lines=tuple(_line(line, record, sign) for line in record["lines"]),
            totals=whole,
            open_amount=left,
            issued_on=issued,
            due_on=day(record["due_date"] or None, "due_on"),
            updated_at=at(record["written"], zone, "updated_at"),
            order_refs=tuple(
                dict.fromkeys(text(line["sales_order"], "order_refs") for line in record["lines"] if line["sales_order"])
            ),
            credits_ref=text(record["return_against"], "credits_ref") or None if credit else None,
            po_number=text(record["po_no"], "po_number") or None,
        )

    return attempt(ref, record, build)


def _line(line: Record, record: Record, sign: int) -> InvoiceLine:
    return InvoiceLine(
        ref=text(line["item_code"], "code") or None,
        name=text(line["item_name"], "name") or text(line["item_code"], "name"),
        quantity=number(line["qty"], "quantity") * sign,
        unit=text(line["uom"], "unit"),
        unit_price=number(line["net_rate"], "unit_price"),
        tax_rate=tax_rate(record["taxes"], line),
        total=number(line["net_amount"], "line_total") * sign,
    )


def _open_amount(record: Record) -> Decimal:
    """In the invoice's currency; ERPNext keeps it in that of the customer's account."""
    left = number(record["outstanding_amount"] or 0, "open_amount")
    if record["party_account_currency"] in (None, "", record["currency"]):
        return left
    rate = number(record["conversion_rate"] or 1, "open_amount")
    return (left / rate).quantize(smallest_unit(str(record["currency"])), ROUND_HALF_UP)


def payment(record: Record, zone: ZoneInfo) -> RemotePayment | Problem:
    """Amount and currency are those of the customer's account."""
    ref = text(record["name"], "number")

    def build() -> RemotePayment:
        received = record["payment_type"] == "Receive"
        amount = number(record["paid_amount"] if received else record["received_amount"], "amount")
        currency = record["paid_from_account_currency"] if received else record["paid_to_account_currency"]
        settled: dict[str, Decimal] = {}
        for one in record["references"]:
            part = number(one["allocated_amount"] or 0, "amount")
            if one["reference_doctype"] == "Sales Invoice" and part > 0:
                settled[one["reference_name"]] = settled.get(one["reference_name"], Decimal(0)) + part
        paid_on = day(record["posting_date"], "paid_on")
        assert paid_on is not None, "ERPNext has no payment without its day"
        return RemotePayment(
            ref=ref,
            reference=None,
            number=ref,
            customer_ref=text(record["party"], "customer_ref"),
            amount=amount if received else -amount,
            currency=text(currency, "currency"),
            paid_on=paid_on,
            updated_at=at(record["written"], zone, "updated_at"),
            method=text(record["mode_of_payment"], "method"),
            allocations=tuple(Allocation(name, part) for name, part in settled.items()),
            cancelled=record["docstatus"] == 2,
        )

    return attempt(ref, record, build)
