"""How the plugin's events read as notices and in the feed of recent activity; ${names} come from the event's
data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portico.pluginhost.values import MailVariable
from portico_orders.i18n import _


@dataclass(frozen=True)
class Words:
    """occasion: when its mail goes out, for whoever words it. parcel: the mail may name what was sent."""

    title: Any
    body: Any
    icon: str
    occasion: Any
    parcel: bool = False


ORDER = (
    MailVariable("number", _("The order's number"), "SO-1042"),
    MailVariable("po_number", _("The customer's own order number, if any"), "PO-7781"),
)
PARCEL = (
    MailVariable("delivery", _("The delivery's number, if there is one"), "DN-2071"),
    MailVariable("carrier", _("Who carries it, if known"), "DHL"),
    MailVariable("tracking", _("The number of the parcel, if known"), "JD0146000012"),
)
EVENTS = {
    "orders.placed": Words(
        _("Order ${number} was received"),
        _("The company has your order and will work on it."),
        "shopping-cart",
        _("As soon as your system has a new order."),
    ),
    "orders.processing": Words(
        _("Order ${number} is in progress"),
        _("The company is preparing your order."),
        "package",
        _("When your system begins to work on an order."),
    ),
    "orders.shipped": Words(
        _("Order ${number} is on its way"),
        _("Your order left the company. ${carrier} ${tracking}"),
        "truck",
        _("When all of an order was shipped."),
        parcel=True,
    ),
    "orders.delivery": Words(
        _("Part of order ${number} is on its way"),
        _("Delivery ${delivery}. ${carrier} ${tracking}"),
        "truck",
        _("With each delivery of a part of an order."),
        parcel=True,
    ),
    "orders.delivered": Words(
        _("Order ${number} was delivered"),
        _("Everything arrived, as far as the company knows."),
        "circle-check",
        _("When all of an order has arrived."),
    ),
    "orders.cancelled": Words(
        _("Order ${number} was cancelled"),
        _("Get in touch with the company if you did not expect this."),
        "circle-x",
        _("When your system cancels an order."),
    ),
}
CONFIRMED = ("orders.placed", "orders.processing")
"""Whose mail carries the confirmation of the order."""
