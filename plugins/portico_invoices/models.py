"""Tables of the portal's copy of invoices. Only the synchronisation writes them; every row names its account for the wall.

Amounts of a credit note are positive, as on its paper: whoever adds turns the sign. Nothing is ever added across currencies.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, Reachable, TenantOwned, Timestamped, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import Amount, Quantity, UtcDateTime, now
from portico_erp.values import InvoiceKind, InvoiceStatus
from portico_invoices.i18n import _

_WITHIN_REACH = Wall(customer="reach")
_KINDS = ", ".join(f"'{one.value}'" for one in InvoiceKind)
_STATUSES = ", ".join(f"'{one.value}'" for one in InvoiceStatus)
_RATE = sa.Numeric(5, 2)
_NEWEST = (sa.text("issued_on DESC"), sa.text("id DESC"))


class Invoice(Reachable, Timestamped, TenantOwned, Base):
    """One invoice or credit note as the company last told it. `digest` is of all that was told: an equal one means nothing to do.

    status: "open", "partly_paid", "paid" or "cancelled", the company's. Overdue is computed where it is shown (`states`).
    open_amount: what of `gross` is still to be paid, or to be given back. due_on None: no day is agreed.
    credits_ref: the `erp_ref` of the invoice that a credit note is about; that one may come later, or never.
    status_at: when the portal learned of the present status. synced_at: when the company last confirmed the row.
    site_id, author_id: of the orders that it bills, where these agree; one that bills no order is its organisation's alone. The
    invoice's parts follow it by triggers.
    search: lower-case numbers (invoice, purchase order, orders) and amounts that the list's box looks through.
    """

    __tablename__ = "invoices_invoice"
    __privacy__ = Privacy(
        personal="number author_id issued_on",
        incidental="note po_number search",
        plain="tenant_id id account_id site_id erp_ref kind status status_at currency net tax gross open_amount line_count "
        "due_on credits_ref erp_updated_at synced_at digest created_at updated_at",
        person="author_id",
        erasing="keep",
        reason=_("Invoices are records of the company and of your organisation, which both have to keep."),
        title=_("Invoices of your orders"),
    )
    __wall__ = _WITHIN_REACH
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    erp_ref: Mapped[str] = mapped_column(sa.Text)
    number: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.Text)
    status_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    currency: Mapped[str] = mapped_column(sa.Text)
    net: Mapped[Decimal] = mapped_column(Amount)
    tax: Mapped[Decimal] = mapped_column(Amount)
    gross: Mapped[Decimal] = mapped_column(Amount)
    open_amount: Mapped[Decimal] = mapped_column(Amount)
    line_count: Mapped[int] = mapped_column()
    issued_on: Mapped[Any] = mapped_column(sa.Date)
    due_on: Mapped[Any | None] = mapped_column(sa.Date)
    credits_ref: Mapped[str | None] = mapped_column(sa.Text)
    po_number: Mapped[str | None] = mapped_column(sa.Text)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    erp_updated_at: Mapped[Any] = mapped_column(UtcDateTime)
    synced_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary)
    search: Mapped[str] = mapped_column(sa.Text)
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "erp_ref"),
        sa.CheckConstraint(f"kind in ({_KINDS})", name="kind"),
        sa.CheckConstraint(f"status in ({_STATUSES})", name="status"),
        sa.CheckConstraint("open_amount >= 0 AND open_amount <= gross", name="open_amount"),
        sa.Index("ix_invoices_invoice_account", "tenant_id", "account_id", *_NEWEST),
        sa.Index(
            "ix_invoices_invoice_author",
            "tenant_id",
            "account_id",
            "author_id",
            *_NEWEST,
            postgresql_where=sa.text("author_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_invoices_invoice_site",
            "tenant_id",
            "account_id",
            "site_id",
            *_NEWEST,
            postgresql_where=sa.text("site_id IS NOT NULL"),
        ),
        sa.Index("ix_invoices_invoice_all", "tenant_id", *_NEWEST),
        sa.Index(
            "ix_invoices_invoice_open",
            "tenant_id",
            "account_id",
            "due_on",
            postgresql_where=sa.text("status in ('open', 'partly_paid')"),
        ),
        sa.Index(
            "ix_invoices_invoice_credits", "tenant_id", "credits_ref", postgresql_where=sa.text("credits_ref IS NOT NULL")
        ),
        sa.Index(
            "ix_invoices_invoice_search",
            "tenant_id",
            "search",
            postgresql_using="gin",
            postgresql_ops={"search": "gin_trgm_ops"},
        ),
    )


class InvoiceLine(Reachable, TenantOwned, Base):
    """What is billed. item_ref None: something outside the catalogue. Prices and total before tax; quantity or price may be
    negative: a discount, or what was taken back.
    """

    __tablename__ = "invoices_line"
    __privacy__ = Privacy(
        plain="tenant_id id account_id site_id author_id invoice_id position item_ref name quantity unit unit_price tax_rate "
        "total"
    )
    __wall__ = _WITHIN_REACH
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    invoice_id: Mapped[uuid.UUID] = ref("invoices_invoice", ondelete="CASCADE", index=False)
    position: Mapped[int] = mapped_column()
    item_ref: Mapped[str | None] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit: Mapped[str] = mapped_column(sa.Text, default="")
    unit_price: Mapped[Decimal] = mapped_column(Amount)
    tax_rate: Mapped[Decimal] = mapped_column(_RATE)
    total: Mapped[Decimal] = mapped_column(Amount)
    __table_args__ = (sa.UniqueConstraint("tenant_id", "invoice_id", "position"),)


class InvoiceOrder(Reachable, TenantOwned, Base):
    """An order that an invoice bills. order_ref: the company's name of it. order_id, number: as a plugin of the portal knows it;
    None and "" until one does, for an order may come after its invoice.
    """

    __tablename__ = "invoices_order"
    __privacy__ = Privacy(
        plain="tenant_id id account_id site_id author_id invoice_id position order_ref order_id number"
    )
    __wall__ = _WITHIN_REACH
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    invoice_id: Mapped[uuid.UUID] = ref("invoices_invoice", ondelete="CASCADE", index=False)
    position: Mapped[int] = mapped_column()
    order_ref: Mapped[str] = mapped_column(sa.Text)
    order_id: Mapped[uuid.UUID | None] = mapped_column()
    number: Mapped[str] = mapped_column(sa.Text, default="")
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "invoice_id", "order_ref"),
        sa.Index("ix_invoices_order_order", "tenant_id", "order_id"),
        sa.Index("ix_invoices_order_unknown", "tenant_id", "order_ref", postgresql_where=sa.text("order_id IS NULL")),
    )


class InvoiceChange(Reachable, TenantOwned, Base):
    """What happened to an invoice, in the order in which the portal learned of it: its history, never rewritten.

    kind: "issued", "status", "open" (another amount is open), "due" (another day), "corrected" (lines or totals are others).
    """

    __tablename__ = "invoices_change"
    __privacy__ = Privacy(incidental="data", plain="tenant_id id account_id site_id author_id invoice_id kind status at")
    __wall__ = Wall(customer="reach", staff_writes=("INSERT",))
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    invoice_id: Mapped[uuid.UUID] = ref("invoices_invoice", ondelete="CASCADE", index=False)
    kind: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[str | None] = mapped_column(sa.Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=sa.text("'{}'::jsonb"))
    at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    __table_args__ = (
        sa.CheckConstraint("kind in ('issued', 'status', 'open', 'due', 'corrected')", name="kind"),
        sa.Index("ix_invoices_change_invoice", "tenant_id", "invoice_id", "at", "id"),
    )


def _table(model: Any) -> sa.Table:
    table: sa.Table = model.__table__
    return table


INVOICE, LINE, BILLED, CHANGE = map(_table, (Invoice, InvoiceLine, InvoiceOrder, InvoiceChange))
"""The same as tables: a query of their columns passes the ORM by, which costs a list page a good part of its time."""
