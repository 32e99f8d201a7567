"""Invoices and payments of the standard schema: read with their parts, and payments booked once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta
from decimal import Decimal

from sqlalchemy import Connection, RowMapping, func, insert, select

from portico_companydb import mapping, reader
from portico_companydb import tables as t
from portico_companydb.cursors import Cursor
from portico_companydb.i18n import _
from portico_companydb.mapping import Row, number
from portico_companydb.reader import row_id
from portico_erp.errors import ConnectorRejectedError, InvalidValueError
from portico_erp.values import (
    Allocation,
    Document,
    InvoiceKind,
    InvoiceLine,
    InvoiceStatus,
    PaymentPosting,
    PaymentReceipt,
    Problem,
    RemoteInvoice,
    RemotePayment,
    Totals,
)
from portico_erp.values.invoices import MOST_DOCUMENT_BYTES

_INVOICES = select(*reader.columns(t.invoices), t.customers.c.code.label("customer")).outerjoin_from(
    t.invoices, t.customers, t.customers.c.id == t.invoices.c.customer_id
)
_PAYMENTS = select(*reader.columns(t.payments), t.customers.c.code.label("customer")).outerjoin_from(
    t.payments, t.customers, t.customers.c.id == t.payments.c.customer_id
)


def changed_invoices(connection: Connection, cursor: Cursor, limit: int, overlap: timedelta) -> reader.Read:
    return reader.changed(connection, _INVOICES, t.invoices, cursor, limit, overlap)


def changed_payments(connection: Connection, cursor: Cursor, limit: int, overlap: timedelta) -> reader.Read:
    return reader.changed(connection, _PAYMENTS, t.payments, cursor, limit, overlap)


def one_invoice(connection: Connection, ref: str) -> RowMapping | None:
    return connection.execute(_INVOICES.where(t.invoices.c.id == row_id(ref))).mappings().one_or_none()


def lines(connection: Connection, ids: Sequence[int]) -> reader.Parts:
    statement = (
        select(*reader.columns(t.invoice_lines))
        .where(t.invoice_lines.c.invoice_id.in_(ids))
        .order_by(t.invoice_lines.c.invoice_id, t.invoice_lines.c.position)
        .limit(reader.MOST_PARTS)
    )
    return reader.group(connection.execute(statement).mappings().all(), "invoice_id") if ids else {}


def allocations(connection: Connection, ids: Sequence[int]) -> reader.Parts:
    statement = (
        select(*reader.columns(t.payment_allocations))
        .where(t.payment_allocations.c.payment_id.in_(ids))
        .order_by(t.payment_allocations.c.payment_id, t.payment_allocations.c.id)
        .limit(reader.MOST_PARTS)
    )
    return reader.group(connection.execute(statement).mappings().all(), "payment_id") if ids else {}


def document(connection: Connection, ref: str) -> Document:
    """Raises ConnectorRejectedError: "unknown", "no_document", "document"."""
    if one_invoice(connection, ref) is None:
        raise ConnectorRejectedError("ref", _("The company does not know this invoice."), code="unknown")
    mine = t.invoice_documents.c.invoice_id == row_id(ref)
    length = connection.execute(select(func.length(t.invoice_documents.c.content)).where(mine)).scalar_one_or_none()
    if length is None:
        raise ConnectorRejectedError("ref", _("The company has no document of this invoice."), code="no_document")
    wrong = ConnectorRejectedError(None, _("The company's document of this invoice cannot be used."), code="document")
    if length > MOST_DOCUMENT_BYTES:
        raise wrong
    row = connection.execute(select(*reader.columns(t.invoice_documents)).where(mine)).mappings().one()
    try:
        return Document(row["file_name"], row["media_type"], bytes(row["content"]))
    except InvalidValueError as error:
        raise wrong from error


# -- values


def invoice(row: Row, parts: Sequence[Row]) -> RemoteInvoice | Problem:
    def build() -> RemoteInvoice:
        totals = Totals(*(number(row[name], name) for name in ("net_total", "tax_total", "gross_total")))
        cancelled = row["status"] == "cancelled"
        # What was paid too much is a payment's matter; what the company calls paid is.
        settled = cancelled or row["status"] == "paid"
        left = Decimal(0) if settled else totals.gross - number(row["paid_total"], "paid_total")
        issued = mapping.day(row["issued_on"], "issued_on")
        if issued is None:
            raise InvalidValueError("issued_on", "missing", "a day is needed")
        return RemoteInvoice(
            ref=str(row["id"]),
            number=row["number"],
            kind=mapping.choice(InvoiceKind, row["kind"], "kind"),
            status=InvoiceStatus.of(totals.gross, max(left, Decimal(0)), cancelled=cancelled),
            customer_ref=mapping.string(row["customer"]),
            currency=row["currency"],
            lines=tuple(_line(part) for part in parts),
            totals=totals,
            open_amount=min(max(left, Decimal(0)), totals.gross),
            issued_on=issued,
            due_on=mapping.day(row["due_on"], "due_on"),
            updated_at=mapping.utc(row["updated_at"], "updated_at"),
            order_refs=() if row["order_id"] is None else (str(row["order_id"]),),
            credits_ref=None if row["credits_id"] is None else str(row["credits_id"]),
            po_number=row["po_number"],
            note=mapping.string(row["note"]),
        )

    return mapping.attempt(str(row["id"]), row, build)


def _line(row: Row) -> InvoiceLine:
    return InvoiceLine(
        ref=mapping.item_ref(row["item_kind"], row["item_code"]) if row["item_kind"] and row["item_code"] else None,
        name=row["name"],
        quantity=number(row["quantity"], "quantity"),
        unit=mapping.string(row["unit"]),
        unit_price=number(row["unit_price"], "unit_price"),
        tax_rate=number(row["tax_rate"], "tax_rate"),
        total=number(row["line_total"], "line_total"),
    )


def payment(row: Row, parts: Sequence[Row]) -> RemotePayment | Problem:
    def build() -> RemotePayment:
        paid_on = mapping.day(row["paid_on"], "paid_on")
        if paid_on is None:
            raise InvalidValueError("paid_on", "missing", "a day is needed")
        return RemotePayment(
            ref=str(row["id"]),
            reference=row["portal_reference"],
            number=row["number"],
            customer_ref=mapping.string(row["customer"]),
            amount=number(row["amount"], "amount"),
            currency=row["currency"],
            paid_on=paid_on,
            updated_at=mapping.utc(row["updated_at"], "updated_at"),
            method=mapping.string(row["method"]),
            allocations=tuple(Allocation(str(part["invoice_id"]), number(part["amount"], "amount")) for part in parts),
            cancelled=bool(row["is_cancelled"]),
        )

    return mapping.attempt(str(row["id"]), row, build)


# -- booking a payment of the portal


def find(connection: Connection, reference: str) -> RowMapping | None:
    if not reference.isprintable():
        return None
    return connection.execute(_PAYMENTS.where(t.payments.c.portal_reference == reference)).mappings().one_or_none()


def receipt(row: Row) -> PaymentReceipt:
    return PaymentReceipt(row["number"], str(row["id"]))


def post(connection: Connection, posting: PaymentPosting) -> None:
    """Book it with what it settles; nothing when it is there already. The invoices are locked, so that two payments of one wait
    for each other, in the order of their ids, so that they never wait in a circle.
    """
    if find(connection, posting.reference) is not None:
        return
    customer = reader.customer(connection, code=posting.customer_ref)
    if customer is None:
        raise ConnectorRejectedError("customer_ref", _("The company does not know this customer."), code="unknown")
    wanted = {row_id(one.invoice_ref): index for index, one in enumerate(posting.allocations)}
    locked = select(t.invoices).where(t.invoices.c.id.in_(list(wanted))).order_by(t.invoices.c.id).with_for_update()
    found = {row["id"]: row for row in connection.execute(locked).mappings()}
    for index, one in enumerate(posting.allocations):
        row = found.get(row_id(one.invoice_ref))
        if row is None or row["customer_id"] != customer["id"] or row["currency"] != posting.currency:
            raise ConnectorRejectedError(
                f"allocations.{index}", _("The company does not know this invoice."), code="unknown"
            )
        if row["status"] != "open" or row["kind"] != InvoiceKind.INVOICE or one.amount > row["gross_total"] - row["paid_total"]:
            raise ConnectorRejectedError(
                f"allocations.{index}",
                _("The invoice ${number} does not take this payment: less is open.", mapping={"number": row["number"]}),
                code="state",
            )
    values = {
        "portal_reference": posting.reference, "provider_reference": posting.provider_ref, "customer_id": customer["id"],
        "amount": posting.amount, "currency": posting.currency, "paid_on": posting.paid_at.astimezone(UTC).date(),
        "method": posting.method,
    }  # fmt: skip
    made = reader.insert_once(connection, t.payments, values)
    if made is not None and posting.allocations:
        connection.execute(
            insert(t.payment_allocations),
            [{"payment_id": made, "invoice_id": row_id(one.invoice_ref), "amount": one.amount} for one in posting.allocations],
        )
