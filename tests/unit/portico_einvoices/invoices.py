"""Invoices, sellers and buyers that tests begin with."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from portico_einvoices.composing import compose
from portico_einvoices.document import Account, Category, Document, ElectronicAddress, Party, PostalAddress
from portico_einvoices.seller import Seller
from portico_erp.totals import totals
from portico_erp.values import InvoiceKind, InvoiceLine, InvoiceStatus, RemoteInvoice, Totals

ADDRESS = PostalAddress(("Glasstraße 7", "Hof 2"), "10115", "Berlin", "", "DE")
SELLER = Seller(
    Party(
        "Regency Glass GmbH", ADDRESS, vat_id="DE123456789", registration="HRB 1234", electronic=ElectronicAddress("in@regency.example", "EM"),
        contact="Ada Krüger", phone="+49 30 1234", email="billing@regency.example",
    ),
    Account("DE89370400440532013000", "Regency Glass GmbH", "COBADEFFXXX"),
    Category.ZERO,
    Category.REVERSE_CHARGE,
)  # fmt: skip
BUYER = Party(
    "Société d’Exemple",
    PostalAddress(("1 rue de la Paix", "Bâtiment B", "Étage 3", "Porte 4"), "75002", "Paris", "Île-de-France", "FR"),
    vat_id="FR12345678901",
    electronic=ElectronicAddress("12345678900012", "0009"),
)
AT_HOME = Party("Muster AG", PostalAddress(("Weg 1",), "80331", "München", "", "DE"))


def line(quantity: str, price: str, rate: str, total: str | None = None, name: str = "Pane", unit: str = "piece") -> InvoiceLine:
    q, p = Decimal(quantity), Decimal(price)
    return InvoiceLine("A-1", name, q, unit, p, Decimal(rate), (q * p).quantize(Decimal("0.01")) if total is None else Decimal(total))


def invoice(*lines: InvoiceLine, billed: Totals | None = None, currency: str = "EUR", **changed: Any) -> RemoteInvoice:
    """billed: what the company's system makes of the lines, by default the same as the norm."""
    whole = billed or totals([(Decimal(1), one.total, one.tax_rate) for one in lines], currency)
    values: dict[str, Any] = {
        "ref": "1", "number": "INV-2026-1", "kind": InvoiceKind.INVOICE, "status": InvoiceStatus.OPEN, "customer_ref": "C1",
        "currency": currency, "lines": lines, "totals": whole, "open_amount": whole.gross, "issued_on": date(2026, 1, 31),
        "due_on": date(2026, 3, 2), "updated_at": datetime(2026, 1, 31, tzinfo=UTC),
    }  # fmt: skip
    values |= changed
    if changed.get("status") is InvoiceStatus.CANCELLED:
        values["open_amount"] = Decimal(0)
    elif whole.gross == 0:
        values["status"] = InvoiceStatus.PAID
    return RemoteInvoice(**values)


def composed(given: RemoteInvoice, seller: Seller = SELLER, buyer: Party = AT_HOME, **more: Any) -> Document:
    return compose(given, seller, buyer, str, **more)
