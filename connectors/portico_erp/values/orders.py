"""Orders with their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from portico_erp import invariants as check
from portico_erp.values.amounts import Totals


class OrderStatus(StrEnum):
    """`draft`: being written by the company, not confirmed to the customer yet."""

    DRAFT = "draft"
    PENDING = "pending"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`ref` is the item's, None where the order names something outside the catalogue. `total` before tax."""

    ref: str | None
    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    tax_rate: Decimal
    total: Decimal

    def __post_init__(self) -> None:
        check.text(self.name, "name")
        check.quantity(self.quantity, "quantity")
        check.text(self.unit, "unit", longest=50, empty=True)
        check.amount(self.unit_price, "unit_price")
        check.per_cent(self.tax_rate, "tax_rate")
        check.amount(self.total, "total", signed=True)


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    ref: str | None
    name: str
    quantity: Decimal

    def __post_init__(self) -> None:
        check.text(self.name, "name")
        check.quantity(self.quantity, "quantity")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One consignment. `shipped_at` None = still being packed."""

    number: str
    shipped_at: datetime | None
    delivered_at: datetime | None
    carrier: str
    tracking_number: str
    tracking_url: str | None
    lines: Sequence[DeliveryLine]
    note: str = ""

    def __post_init__(self) -> None:
        check.text(self.number, "number", longest=check.LONGEST_CODE)
        check.optional_moment(self.shipped_at, "shipped_at")
        check.optional_moment(self.delivered_at, "delivered_at")
        check.text(self.carrier, "carrier", empty=True)
        check.text(self.tracking_number, "tracking_number", longest=check.LONGEST_CODE, empty=True)
        check.web_address(self.tracking_url, "tracking_url")


@dataclass(frozen=True, slots=True)
class RemoteOrder:
    """An order as the company holds it. `quote_ref` and `quote_number`: `ref` and `number` of the quote it
    came from, if any.
    """

    ref: str
    number: str
    customer_ref: str
    status: OrderStatus
    currency: str
    lines: Sequence[OrderLine]
    deliveries: Sequence[Delivery]
    totals: Totals
    quote_ref: str | None
    ordered_at: datetime
    expected_on: date | None
    updated_at: datetime
    po_number: str | None = None
    note: str = ""
    quote_number: str | None = None

    def __post_init__(self) -> None:
        check.text(self.ref, "ref", longest=check.LONGEST_CODE)
        check.text(self.number, "number", longest=check.LONGEST_CODE)
        check.text(self.customer_ref, "customer_ref", longest=check.LONGEST_CODE)
        check.currency(self.currency)
        check.moment(self.ordered_at, "ordered_at")
        check.moment(self.updated_at, "updated_at")
        check.optional_text(self.po_number, "po_number", longest=check.LONGEST_CODE)
        check.optional_text(self.quote_number, "quote_number", longest=check.LONGEST_CODE)
