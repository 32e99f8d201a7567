"""How the plugin's events read as notices and in the feed of recent activity; ${names} come from the event's data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portico.pluginhost.values import MailVariable
from portico_invoices import changes
from portico_invoices.i18n import _


@dataclass(frozen=True)
class Words:
    """occasion: when its mail goes out, for whoever words it."""

    title: Any
    body: Any
    icon: str
    occasion: Any


VARIABLES = (
    MailVariable("number", _("The number of the invoice or credit note"), "INV-2071"),
    MailVariable("amount", _("The whole amount with its currency"), "1234.50 EUR"),
    MailVariable("open_amount", _("What of it is open, with its currency"), "1234.50 EUR"),
    MailVariable("due", _("The day until which it is to be paid, if one is agreed"), "2026-01-31"),
    MailVariable("po_number", _("The customer's own order number, if any"), "PO-7781"),
)
EVENTS = {
    changes.ISSUED: Words(
        _("New invoice ${number}"),
        _("Amount: ${amount}. The invoice's page says until when it is to be paid."),
        "receipt",
        _("As soon as your system has a new invoice."),
    ),
    changes.CREDITED: Words(
        _("New credit note ${number}"),
        _("Amount: ${amount}."),
        "receipt",
        _("As soon as your system has a new credit note."),
    ),
    changes.PAID: Words(
        _("Invoice ${number} is paid"),
        _("The company has your payment. Thank you."),
        "circle-check",
        _("When your system has an invoice as paid."),
    ),
    changes.CANCELLED: Words(
        _("Invoice ${number} was cancelled"),
        _("Nothing is to be paid for it."),
        "circle-x",
        _("When your system cancels an invoice."),
    ),
}
WITH_PAPER = (changes.ISSUED, changes.CREDITED)
"""Whose mail carries the document."""
