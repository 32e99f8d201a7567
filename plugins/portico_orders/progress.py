"""How much of each line is under way or there, from what the consignments hold. Pure."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

NONE = Decimal(0)


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
