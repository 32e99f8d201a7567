"""What an update means: the entries of an order's history, and the one event worth telling somebody. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from portico_erp.values import OrderStatus, RemoteOrder
from portico_orders.rows import happened_at

PLACED, DELIVERY = "orders.placed", "orders.delivery"
STATUS_EVENTS = {
    OrderStatus.PENDING.value: PLACED,
    OrderStatus.PROCESSING.value: "orders.processing",
    OrderStatus.SHIPPED.value: "orders.shipped",
    OrderStatus.DELIVERED.value: "orders.delivered",
    OrderStatus.CANCELLED.value: "orders.cancelled",
}
"""Status → event. A draft is not told to anybody; an order that goes back to "pending" reads like a new one.
"""


@dataclass(frozen=True)
class Known:
    """How we last knew an order. deliveries: number → (shipped_at, delivered_at)."""

    status: str
    expected_on: date | None
    deliveries: Mapping[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    kind: str
    at: datetime
    status: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class News:
    """entries: for the history, oldest first. event: None if there is nothing to tell."""

    entries: list[Entry]
    event: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def of_new(remote: RemoteOrder) -> News:
    """An order seen for the first time. Its past is told as far as it is known; only an order that is still
    new is news.
    """
    entries = [Entry("placed", remote.ordered_at, OrderStatus.PENDING.value)]
    for one in remote.deliveries:
        if one.shipped_at:
            entries.append(Entry("shipped", one.shipped_at, data=consignment(one)))
        if one.delivered_at:
            entries.append(Entry("arrived", one.delivered_at, data=consignment(one)))
    if remote.status not in (OrderStatus.PENDING, OrderStatus.DRAFT):
        entries.append(Entry("status", max(happened_at(remote), remote.ordered_at), remote.status.value))
    entries.sort(key=lambda one: one.at)
    return News(entries, STATUS_EVENTS.get(remote.status.value), facts(remote))


def of_update(known: Known, remote: RemoteOrder) -> News:
    """One event at most: a status tells more than the consignment that came with it."""
    at = happened_at(remote)
    entries, left = [], []
    for one in remote.deliveries:
        before = known.deliveries.get(one.number, (None, None))
        if one.shipped_at and not before[0]:
            left.append(one)
            entries.append(Entry("shipped", one.shipped_at, data=consignment(one)))
        if one.delivered_at and not before[1]:
            entries.append(Entry("arrived", one.delivered_at, data=consignment(one)))
    if remote.expected_on != known.expected_on:
        entries.append(Entry("expected", at, data={"from": _iso(known.expected_on), "to": _iso(remote.expected_on)}))
    moved = remote.status.value != known.status
    if moved:
        entries.append(Entry("status", at, remote.status.value, {"from": known.status}))
    event = STATUS_EVENTS.get(remote.status.value) if moved else DELIVERY if left else None
    return News(entries, event, facts(remote) | (consignment(left[-1]) if left else {}))


def facts(remote: RemoteOrder) -> dict[str, Any]:
    """What notices and feeds print; every event has all of it."""
    return {
        "number": remote.number,
        "status": remote.status.value,
        "po_number": remote.po_number or "",
        "delivery": "",
        "carrier": "",
        "tracking": "",
    }


def consignment(one: Any) -> dict[str, Any]:
    return {"delivery": one.number, "carrier": one.carrier, "tracking": one.tracking_number}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
