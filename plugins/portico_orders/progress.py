"""How much of each line is under way or there, from what the consignments hold. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portico_orders.statuses import SENT

NONE = Decimal(0)


@dataclass(frozen=True)
class Shipment:
    """How far one line is: of `ordered`, `shipped` has left the company and `open` has not."""

    ordered: Decimal
    shipped: Decimal

    @property
    def open(self) -> Decimal:
        return self.ordered - self.shipped


def shipments(detail: Any) -> dict[int, Shipment]:
    """Line position → how far it is; nothing of lines that are never sent (`unsent`)."""
    left, never = sent(detail), unsent(detail)
    return {
        line.position: Shipment(line.quantity, left[line.position]) for line in detail.lines if line.position not in never
    }


def unsent(detail: Any) -> set[int]:
    """Positions of lines that no consignment will hold, as services: the order has left, and what did is complete without."""
    left = sent(detail)
    partly = any(0 < left[line.position] < line.quantity for line in detail.lines)
    if detail.order.status not in SENT or partly:
        return set()
    return {line.position for line in detail.lines if not left[line.position]}


def sent(detail: Any) -> dict[int, Decimal]:
    """Line position → quantity in consignments that have left. An item on several lines fills the first one
    first.
    """
    left: dict[str, Decimal] = defaultdict(lambda: NONE)
    for delivery in detail.deliveries:
        if delivery.shipped_at or delivery.delivered_at:
            for one in detail.contents.get(delivery.id, ()):
                left[one.item_ref or one.name] += one.quantity
    found = {}
    for line in detail.lines:
        key = line.item_ref or line.name
        found[line.position] = taken = min(line.quantity, left[key])
        left[key] -= taken
    return found
