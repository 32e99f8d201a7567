"""How the plugin's events read as notices and in the feed of recent activity; ${names} come from the event's
data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portico_orders.i18n import _


@dataclass(frozen=True)
class Words:
    title: Any
    body: Any
    icon: str


EVENTS = {
    "orders.placed": Words(
        _("Order ${number} was received"),
        _("The company has your order and will work on it."),
        "shopping-cart",
    ),
    "orders.processing": Words(
        _("Order ${number} is in progress"), _("The company is preparing your order."), "package"
    ),
    "orders.shipped": Words(
        _("Order ${number} is on its way"), _("Your order left the company. ${carrier} ${tracking}"), "truck"
    ),
    "orders.delivery": Words(
        _("Part of order ${number} is on its way"), _("Delivery ${delivery}. ${carrier} ${tracking}"), "truck"
    ),
    "orders.delivered": Words(
        _("Order ${number} was delivered"),
        _("Everything arrived, as far as the company knows."),
        "circle-check",
    ),
    "orders.cancelled": Words(
        _("Order ${number} was cancelled"),
        _("Get in touch with the company if you did not expect this."),
        "circle-x",
    ),
}
