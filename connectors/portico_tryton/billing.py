"""Invoices, credit notes and addresses of Tryton → values of the contract. Pure, as `mapping` is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from portico_erp.errors import ConnectorRejectedError, InvalidValueError
from portico_erp.values import (
    Address,
    Document,
    InvoiceKind,
    InvoiceLine,
    InvoiceStatus,
    Problem,
    RemoteInvoice,
    Totals,
)
from portico_tryton import fields, mapping
from portico_tryton.fields import Record, number
from portico_tryton.i18n import _


def invoice(record: Record, taxes: Mapping[int, Record], updated_at: datetime) -> RemoteInvoice | Problem:
    """Tryton's credit notes are invoices of negative amounts; the contract's amounts are positive, as on their paper."""
    ref = str(record["id"])

    def build() -> RemoteInvoice:
        gross = number(record.get("total_amount"), "gross_total")
        sign = -1 if gross < 0 else 1
        cancelled = record.get("state") == "cancelled"
        is_open = record.get("state") == "posted"
        left = sign * number(record.get("amount_to_pay"), "open_amount") if is_open else Decimal(0)
        open_amount = min(max(left, Decimal(0)), abs(gross))
        credited: Sequence[int] = record.get("origin_invoices") or ()
        orders = fields.many_of(record, "sales")
        return RemoteInvoice(
            ref=ref,
            number=record.get("number") or "",
            kind=InvoiceKind.CREDIT_NOTE if sign < 0 else InvoiceKind.INVOICE,
            status=InvoiceStatus.of(abs(gross), open_amount, cancelled=cancelled),
            customer_ref=mapping.customer_ref(record),
            currency=fields.one_of(record, "currency").get("code") or "",
            lines=tuple(_line(line, sign, taxes) for line in mapping.lines_of(record)),
            totals=Totals(
                sign * number(record.get("untaxed_amount"), "net_total"),
                sign * number(record.get("tax_amount"), "tax_total"),
                abs(gross),
            ),
            open_amount=open_amount,
            issued_on=fields.day(record.get("invoice_date"), "issued_on") or updated_at.date(),
            due_on=min(_due(record), default=None),
            updated_at=updated_at,
            order_refs=tuple(str(one["id"]) for one in orders),
            credits_ref=str(credited[0]) if sign < 0 and len(credited) == 1 else None,
            po_number=next((str(one["reference"]) for one in orders if one.get("reference")), None),
            note=record.get("comment") or "",
        )

    return fields.attempt(ref, record, build)


def _due(record: Record) -> list[Any]:
    """The days on which what is still open falls due."""
    lines = fields.many_of(record, "lines_to_pay")
    return [found for one in lines if (found := fields.day(one.get("maturity_date"), "due_on"))]


def _line(line: Record, sign: int, taxes: Mapping[int, Record]) -> InvoiceLine:
    product = line.get("product")
    return InvoiceLine(
        ref=str(product) if product else None,
        name=mapping.line_name(line),
        quantity=sign * number(line.get("quantity"), "quantity"),
        unit=fields.unit(line, "unit"),
        unit_price=number(line.get("unit_price"), "unit_price"),
        tax_rate=fields.rate(line.get("taxes") or (), taxes),
        total=sign * number(line.get("amount"), "line_total"),
    )


def document(found: Any, name: str) -> Document:
    """Out of what Tryton's report gives; `name`: the invoice's number. Raises ConnectorRejectedError (code "document")."""
    extension, content = (found[0], found[1]) if isinstance(found, list) and len(found) > 1 else ("", b"")
    if extension != "pdf" or not isinstance(content, bytes):
        raise no_pdf(str(extension)[:20] or "?")
    file_name = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:100] or "invoice"
    try:
        return Document(f"{file_name}.pdf", "application/pdf", content)
    except InvalidValueError as error:
        raise no_pdf(error.code) from error


def no_pdf(what: str) -> ConnectorRejectedError:
    return ConnectorRejectedError(
        None,
        _(
            "Tryton gives no PDF of this invoice (${what}). On its server LibreOffice has to be installed (libreoffice-writer), "
            "and the report's extension set to PDF; an invoice that was printed before keeps its old form.",
            mapping={"what": what},
        ),
        code="document",
    )


def address(record: Record, name: str) -> Address | Problem:
    """`name`: the party's, for an address without one of its own."""
    ref = str(record["id"])
    country = str(fields.one_of(record, "country").get("code") or "")
    return fields.attempt(
        ref,
        record,
        lambda: Address(
            ref=ref,
            name=record.get("party_name") or name,
            street=record.get("street") or "",
            postcode=record.get("postal_code") or "",
            city=record.get("city") or "",
            region=fields.one_of(record, "subdivision").get("name") or "",
            country=country,
            billing=bool(record.get("invoice")),
            delivery=bool(record.get("delivery")),
        ),
    )
