"""Says in words how a quote stands and what happened to it."""

from __future__ import annotations

from typing import Any

from portico.connections.messages import told
from portico_quotes.i18n import _
from portico_quotes.states import KINDS, TITLES, Delivery, State

_ON_ITS_WAY: dict[tuple[str, str], tuple[Any, str]] = {
    (State.SUBMITTED, Delivery.WAITING): (_("Being sent"), "info"),
    (State.SUBMITTED, Delivery.SENDING): (_("Being sent"), "info"),
    (State.SUBMITTED, Delivery.PROBLEM): (_("Being looked at"), "warning"),
    (State.DRAFT, Delivery.CONFIRM): (_("Needs your confirmation"), "warning"),
    (State.DRAFT, Delivery.RETURNED): (_("Came back"), "warning"),
}

_HAPPENED: dict[str, Any] = {
    "created": _("Draft started"),
    "discarded": _("Draft discarded"),
    "restored": _("Draft brought back"),
    "submitted": _("Submitted"),
    "taken_back": _("Taken back"),
    "received": _("Received by the company"),
    "processed": _("Priced by the company"),
    "offered": _("Offered by the company"),
    "imported": _("Taken over from the company"),
    "revised": _("Revised by the company"),
    "accepted": _("Accepted"),
    "declined": _("Declined"),
    "expired": _("Expired"),
    "ordered": _("Ordered"),
    "cancelled": _("Cancelled by the company"),
    "needs_confirmation": _("Prices changed: confirmation needed"),
    "returned": _("Not taken by the company's system"),
    "problem": _("Could not be sent"),
    "sent_again": _("Sent again"),
    "stuck": _("Still waiting for the company's system"),
    "answer_received": _("The company has the answer"),
    "answer_refused": _("The answer was not taken"),
    "draft": _("Draft again"),
}


def pill(quote: Any) -> tuple[Any, str]:
    """(words, colour) of a quote's status."""
    special = _ON_ITS_WAY.get((quote.state, quote.delivery))
    return special or (TITLES[State(quote.state)], KINDS[State(quote.state)])


def happening(one: Any) -> Any:
    return _HAPPENED.get(one.kind, one.kind)


def problem(quote: Any) -> Any:
    """What the company's system said last, translatable; None if it has not complained."""
    packed = (quote.problem or {}).get("message")
    return told(packed) if packed else None
