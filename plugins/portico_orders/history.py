"""The history of an order in words: one sentence an entry, newest first. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from portico_orders.i18n import _
from portico_orders.statuses import LOOKS

ICONS = {
    "placed": "shopping-cart",
    "status": "circle-dot",
    "shipped": "truck",
    "arrived": "circle-check",
    "expected": "calendar",
}


def entries(changes: Sequence[Any]) -> list[dict[str, Any]]:
    """{"icon", "title", "at", "day"}; `day` (a date) belongs to the sentence, for the template to write out."""
    return [_entry(one) for one in reversed(changes)]


def _entry(one: Any) -> dict[str, Any]:
    return {"icon": ICONS[one.kind], "title": _words(one), "at": one.at, "day": _day(one.data.get("to"))}


def _words(one: Any) -> Any:
    names = {"delivery": one.data.get("delivery", ""), "carrier": one.data.get("carrier", "")}
    if one.kind == "placed":
        return _("Order received")
    if one.kind == "shipped":
        if names["carrier"]:
            return _("Delivery ${delivery} left with ${carrier}", mapping=names)
        return _("Delivery ${delivery} left", mapping=names)
    if one.kind == "arrived":
        return _("Delivery ${delivery} arrived", mapping=names)
    if one.kind == "expected":
        return _("Expected date changed") if one.data.get("to") else _("Expected date taken back")
    return LOOKS[one.status].title


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
