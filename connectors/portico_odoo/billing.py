"""Invoices and credit notes of Odoo → values of the contract, and their documents.

`invoice` is pure, as `mapping` is. Odoo keeps the methods that print to itself, but leaves two ways open: up to version 16 the
template of the e-mail with which it sends an invoice says what would be attached, and nothing is sent; from 17 on an invoice says
its address in Odoo's own portal, which holds a token and needs no session.
"""

from __future__ import annotations

import base64
import binascii
import re
from decimal import Decimal
from typing import Any

from portico_erp.errors import ConnectorRejectedError, InvalidValueError
from portico_erp.records import Record, attempt, day, moment, plain, text
from portico_erp.records import measured as number
from portico_erp.values import Document, InvoiceKind, InvoiceLine, InvoiceStatus, Problem, RemoteInvoice
from portico_odoo import mapping
from portico_odoo.i18n import _
from portico_odoo.reader import INVOICES, Reader

LAST_BY_TEMPLATE = 16
"""The last version whose templates of e-mails can be asked."""
TEMPLATES, REPORTS = "mail.template", "ir.actions.report"
PRINTED = [["model", "=", INVOICES], ["report_template.report_name", "=like", "account.report\\_invoice%"]]
"""Templates to which an invoice is attached as Odoo prints it."""


def invoice(record: Record) -> RemoteInvoice | Problem:
    """Odoo's credit notes are of positive amounts, as the contract's are."""
    ref = str(record["id"])

    def build() -> RemoteInvoice:
        refund = record["move_type"] == "out_refund"
        cancelled = record["state"] == "cancel"
        totals = mapping.totals(record)
        left = Decimal(0) if cancelled else number(record["amount_residual"], "open_amount")
        open_amount = min(max(left, Decimal(0)), totals.gross)
        issued_on = day(record["invoice_date"], "issued_on")
        if issued_on is None:
            raise InvalidValueError("issued_on", "missing", "a day is needed")
        return RemoteInvoice(
            ref=ref,
            number=text(record["name"], "number"),
            kind=InvoiceKind.CREDIT_NOTE if refund else InvoiceKind.INVOICE,
            status=InvoiceStatus.of(totals.gross, open_amount, cancelled=cancelled),
            customer_ref=mapping.key(record["commercial_partner_id"]) or "",
            currency=mapping.named(record["currency_id"]),
            lines=tuple(_line(line) for line in record["lines"]),
            totals=totals,
            open_amount=open_amount,
            issued_on=issued_on,
            due_on=day(record["invoice_date_due"], "due_on"),
            updated_at=moment(record["written"], "updated_at", naive=True),
            order_refs=tuple(str(one) for one in record["orders"]),
            credits_ref=mapping.key(record["reversed_entry_id"]) if refund else None,
            # Odoo writes there of a credit note what it is about.
            po_number=None if refund else text(record["ref"], "po_number") or None,
            note=plain(record["narration"]),
        )

    return attempt(ref, record, build)


def _line(line: Record) -> InvoiceLine:
    return InvoiceLine(
        ref=mapping.key(line["product_id"]),
        name=text(line["name"], "name").split("\n")[0] or mapping.named(line["product_id"]) or "?",
        quantity=number(line["quantity"], "quantity"),
        unit=mapping.named(line["product_uom_id"]),
        unit_price=mapping.unit_price(line),
        tax_rate=mapping.percentage(line["taxes"]),
        total=number(line["price_subtotal"], "line_total"),
    )


def document(reader: Reader, record: Record) -> Document:
    """As Odoo prints the invoice. Raises ConnectorRejectedError (code "document") where that is no PDF."""
    content = _attached(reader, record["id"]) if by_template(reader) else _in_portal(reader, record["id"])
    name = re.sub(r"[^\w.-]+", "-", text(record["name"], "number")).strip("-.")[:100] or "invoice"
    try:
        return Document(f"{name}.pdf", "application/pdf", content)
    except InvalidValueError as error:
        raise no_pdf(error.code) from error


def by_template(reader: Reader) -> bool:
    return reader.rpc.version() <= LAST_BY_TEMPLATE


def template(reader: Reader) -> int | None:
    found = reader.find(TEMPLATES, PRINTED, ["name"], limit=1)
    return int(found[0]["id"]) if found else None


def _attached(reader: Reader, invoice_id: int) -> bytes:
    """What would be attached to the e-mail, which is not sent."""
    wanted = template(reader)
    if wanted is None:
        raise no_pdf("mail.template")
    told = {"res_ids": invoice_id, "fields": ["subject"]}
    found: Any = reader.rpc.call(TEMPLATES, "generate_email", [wanted], told)
    try:
        (_name, content), *_others = found["attachments"]
        return base64.b64decode(content, validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise no_pdf("generate_email") from error


def _in_portal(reader: Reader, invoice_id: int) -> bytes:
    path = reader.rpc.call(INVOICES, "get_portal_url", [invoice_id], report_type="pdf")
    if not isinstance(path, str) or not path.startswith("/my/invoices/"):
        raise no_pdf("get_portal_url")
    return reader.rpc.page(path)


def no_pdf(what: str) -> ConnectorRejectedError:
    return ConnectorRejectedError(
        None,
        _(
            "Odoo gives no PDF of this invoice (${what}). On its server wkhtmltopdf has to be installed, and up to version 16 "
            "there must be a template of the e-mail that sends an invoice.",
            mapping={"what": what},
        ),
        code="document",
    )
