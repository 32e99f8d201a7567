"""How the plugin's events read as notices and in the feed of recent activity; ${names} come from the event's data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portico.pluginhost.values import MailVariable
from portico_payments.i18n import _


@dataclass(frozen=True)
class Words:
    """occasion: when its mail goes out, for whoever words it."""

    title: Any
    body: Any
    icon: str
    occasion: Any


PAYMENT = (
    MailVariable("number", _("The payment's number"), "P-1042"),
    MailVariable("amount", _("How much was paid"), "120.00"),
    MailVariable("currency", _("The currency of the payment"), "EUR"),
)
EVENTS = {
    "payments.received": Words(
        _("Payment ${number} was received"),
        _("${amount} ${currency}. Thank you. The receipt is on the payment's page."),
        "circle-check",
        _("As soon as your system has a payment of the customer."),
    ),
    "payments.refunded": Words(
        _("Payment ${number} was paid back"),
        _("${amount} ${currency} are on their way to you."),
        "refresh-cw",
        _("When your system has paid something back to the customer."),
    ),
    "payments.cancelled": Words(
        _("Payment ${number} was cancelled"),
        _("${amount} ${currency} did not stay, for example as a debit was returned. The balance is as it was before."),
        "circle-x",
        _("When your system takes a payment back."),
    ),
}
