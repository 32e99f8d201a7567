"""How an order's status is called and drawn; the same words in list, detail, notices and API documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portico_erp.values import OrderStatus
from portico_orders.i18n import _

OPEN = (OrderStatus.PENDING.value, OrderStatus.PROCESSING.value, OrderStatus.SHIPPED.value)
NOT_SENT = (OrderStatus.DRAFT.value, OrderStatus.CANCELLED.value)
"""What says nothing about how far an order is on its way."""
SENT = (OrderStatus.SHIPPED.value, OrderStatus.DELIVERED.value)
"""All of it that is sent at all has left."""
STEPS = (*OPEN, OrderStatus.DELIVERED.value)


@dataclass(frozen=True)
class Look:
    """kind: of the pill (colour); the title always stands beside it, so colour never tells alone."""

    title: Any
    kind: str


LOOKS = {
    OrderStatus.DRAFT.value: Look(_("Not confirmed"), "neutral"),
    OrderStatus.PENDING.value: Look(_("Received"), "info"),
    OrderStatus.PROCESSING.value: Look(_("In progress"), "warning"),
    OrderStatus.SHIPPED.value: Look(_("Shipped"), "brand"),
    OrderStatus.DELIVERED.value: Look(_("Delivered"), "success"),
    OrderStatus.CANCELLED.value: Look(_("Cancelled"), "error"),
}
