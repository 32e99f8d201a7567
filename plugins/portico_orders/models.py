"""Tables of the portal's copy of orders. Only the synchronisation writes them; every row names its account
for the wall.
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
from portico_erp.values import OrderStatus
from portico_orders.i18n import _

_WITHIN_REACH = Wall(customer="reach")
_STATUSES = ", ".join(f"'{one.value}'" for one in OrderStatus)
_RATE = sa.Numeric(5, 2)


class Order(Reachable, Timestamped, TenantOwned, Base):
    """One order as the company last told it. `digest` is of all that was told: an equal one means nothing to
    do.

    status_at: when the portal learned of the present status. synced_at: when the company last confirmed the
    row.
    site_id, author_id: of the quote that it came from; an order that came from none is its organisation's alone. The
    order's parts follow it by triggers.
    search: lower-case numbers (order, purchase order, quote, deliveries, tracking) that the list's box looks
    through.
    """

    __tablename__ = "orders_order"
    __privacy__ = Privacy(
        personal="number author_id ordered_at",
        incidental="note po_number search",
        plain="tenant_id id account_id site_id erp_ref quote_ref quote_number status status_at currency net tax gross "
        "line_count delivery_count expected_on erp_updated_at synced_at digest created_at updated_at",
        person="author_id",
        erasing="keep",
        reason=_("Orders are records of the company and of your organisation, which both have to keep."),
        title=_("Orders that came of your quotes"),
    )
    __wall__ = _WITHIN_REACH
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    erp_ref: Mapped[str] = mapped_column(sa.Text)
    number: Mapped[str] = mapped_column(sa.Text)
    po_number: Mapped[str | None] = mapped_column(sa.Text)
    quote_ref: Mapped[str | None] = mapped_column(sa.Text)
    quote_number: Mapped[str | None] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.Text)
    status_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    currency: Mapped[str] = mapped_column(sa.Text)
    net: Mapped[Decimal] = mapped_column(Amount)
    tax: Mapped[Decimal] = mapped_column(Amount)
    gross: Mapped[Decimal] = mapped_column(Amount)
    line_count: Mapped[int] = mapped_column()
    delivery_count: Mapped[int] = mapped_column()
    note: Mapped[str] = mapped_column(sa.Text, default="")
    ordered_at: Mapped[Any] = mapped_column(UtcDateTime)
    expected_on: Mapped[Any | None] = mapped_column(sa.Date)
    erp_updated_at: Mapped[Any] = mapped_column(UtcDateTime)
    synced_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary)
    search: Mapped[str] = mapped_column(sa.Text)
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "erp_ref"),
        sa.CheckConstraint(f"status in ({_STATUSES})", name="status"),
        sa.Index(
            "ix_orders_order_account",
            "tenant_id",
            "account_id",
            sa.text("ordered_at DESC"),
            sa.text("id DESC"),
        ),
        sa.Index(
            "ix_orders_order_author",
            "tenant_id",
            "account_id",
            "author_id",
            sa.text("ordered_at DESC"),
            sa.text("id DESC"),
            postgresql_where=sa.text("author_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_orders_order_site",
            "tenant_id",
            "account_id",
            "site_id",
            sa.text("ordered_at DESC"),
            sa.text("id DESC"),
            postgresql_where=sa.text("site_id IS NOT NULL"),
        ),
        sa.Index("ix_orders_order_all", "tenant_id", sa.text("ordered_at DESC"), sa.text("id DESC")),
        sa.Index(
            "ix_orders_order_open",
            "tenant_id",
            "account_id",
            "status",
            postgresql_where=sa.text("status in ('pending', 'processing', 'shipped')"),
        ),
        sa.Index("ix_orders_order_quote", "tenant_id", "quote_ref"),
        sa.Index(
            "ix_orders_order_search",
            "tenant_id",
            "search",
            postgresql_using="gin",
            postgresql_ops={"search": "gin_trgm_ops"},
        ),
    )


class OrderLine(Reachable, TenantOwned, Base):
    """What was ordered. item_ref None: something outside the catalogue. Prices and total before tax."""

    __tablename__ = "orders_line"
    __privacy__ = Privacy(
        plain="tenant_id id account_id site_id author_id order_id position item_ref name quantity unit unit_price tax_rate total"
    )
    __wall__ = _WITHIN_REACH
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    order_id: Mapped[uuid.UUID] = ref("orders_order", ondelete="CASCADE", index=False)
    position: Mapped[int] = mapped_column()
    item_ref: Mapped[str | None] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit: Mapped[str] = mapped_column(sa.Text, default="")
    unit_price: Mapped[Decimal] = mapped_column(Amount)
    tax_rate: Mapped[Decimal] = mapped_column(_RATE)
    total: Mapped[Decimal] = mapped_column(Amount)
    __table_args__ = (sa.UniqueConstraint("tenant_id", "order_id", "position"),)


class Delivery(Reachable, TenantOwned, Base):
    """One consignment of an order. shipped_at None: still being packed."""

    __tablename__ = "orders_delivery"
    __privacy__ = Privacy(
        incidental="note",
        plain="tenant_id id account_id site_id author_id order_id position number shipped_at delivered_at carrier "
        "tracking_number tracking_url"
    )
    __wall__ = _WITHIN_REACH
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    order_id: Mapped[uuid.UUID] = ref("orders_order", ondelete="CASCADE", index=False)
    position: Mapped[int] = mapped_column()
    number: Mapped[str] = mapped_column(sa.Text)
    shipped_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    carrier: Mapped[str] = mapped_column(sa.Text, default="")
    tracking_number: Mapped[str] = mapped_column(sa.Text, default="")
    tracking_url: Mapped[str | None] = mapped_column(sa.Text)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    __table_args__ = (sa.UniqueConstraint("tenant_id", "order_id", "number"),)


class DeliveryLine(Reachable, TenantOwned, Base):
    """How many of what a consignment holds."""

    __tablename__ = "orders_delivery_line"
    __privacy__ = Privacy(
        plain="tenant_id id account_id site_id author_id order_id delivery_id position item_ref name quantity"
    )
    __wall__ = _WITHIN_REACH
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    order_id: Mapped[uuid.UUID] = ref("orders_order", ondelete="CASCADE")
    delivery_id: Mapped[uuid.UUID] = ref("orders_delivery", ondelete="CASCADE", index=False)
    position: Mapped[int] = mapped_column()
    item_ref: Mapped[str | None] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    __table_args__ = (sa.UniqueConstraint("tenant_id", "delivery_id", "position"),)


class OrderChange(Reachable, TenantOwned, Base):
    """What happened to an order, in the order in which the portal learned of it: its history, never
    rewritten.

    kind: "placed", "status", "shipped" (a consignment left), "arrived" (a consignment was delivered),
    "expected".
    """

    __tablename__ = "orders_change"
    __privacy__ = Privacy(incidental="data", plain="tenant_id id account_id site_id author_id order_id kind status at")
    __wall__ = Wall(customer="reach", staff_writes=("INSERT",))
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    order_id: Mapped[uuid.UUID] = ref("orders_order", ondelete="CASCADE", index=False)
    kind: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[str | None] = mapped_column(sa.Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=sa.text("'{}'::jsonb"))
    at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    __table_args__ = (
        sa.CheckConstraint("kind in ('placed', 'status', 'shipped', 'arrived', 'expected')", name="kind"),
        sa.Index("ix_orders_change_order", "tenant_id", "order_id", sa.text("at"), "id"),
    )


class LeadTime(TenantOwned, Base):
    """How long orders of a kind took, in the last year, and how well that would have predicted them (`portico_orders.forecast`).

    kind: of item; "": all. days: number of days → number of orders. tested, inside: predictions that were checked, and that were
    right. median_error: days. remark: what all the deliveries that it is made of say of themselves, if they say the same.
    """

    __tablename__ = "orders_lead_time"
    __privacy__ = Privacy(
        incidental="remark", plain="tenant_id id kind deliveries days tested inside median_error computed_at"
    )
    __wall__ = Wall(customer="tenant")
    kind: Mapped[str] = mapped_column(sa.Text)
    deliveries: Mapped[int] = mapped_column()
    days: Mapped[dict[str, int]] = mapped_column(JSONB)
    tested: Mapped[int] = mapped_column()
    inside: Mapped[int] = mapped_column()
    median_error: Mapped[int | None] = mapped_column()
    remark: Mapped[str] = mapped_column(sa.Text)
    computed_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    __table_args__ = (sa.UniqueConstraint("tenant_id", "kind"),)


def _table(model: Any) -> sa.Table:
    table: sa.Table = model.__table__
    return table


ORDER, LINE, DELIVERY, DELIVERY_LINE, CHANGE, LEAD_TIME = map(
    _table, (Order, OrderLine, Delivery, DeliveryLine, OrderChange, LeadTime)
)
"""The same as tables: a query of their columns passes the ORM by, which costs a list page a good part of its time."""
