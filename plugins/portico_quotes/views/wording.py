"""Says in words how a quote stands and what happened to it."""

from __future__ import annotations

from typing import Any

from portico.connections.messages import told
from portico_quotes.history import TITLES as TITLES_OF
from portico_quotes.i18n import _
from portico_quotes.states import KINDS, OFFERED, TITLES, Delivery, State

_ON_ITS_WAY: dict[tuple[str, str], tuple[Any, str]] = {
    (State.SUBMITTED, Delivery.WAITING): (_("Being sent"), "info"),
    (State.SUBMITTED, Delivery.SENDING): (_("Being sent"), "info"),
    (State.SUBMITTED, Delivery.PROBLEM): (_("Being looked at"), "warning"),
    (State.DRAFT, Delivery.CONFIRM): (_("Needs your confirmation"), "warning"),
    (State.DRAFT, Delivery.RETURNED): (_("Came back"), "warning"),
}


def pill(quote: Any) -> tuple[Any, str]:
    """(words, colour) of a quote's status."""
    if quote.approval_id is not None:
        return _("Waits for approval"), "warning"
    if quote.requested_at is not None and quote.state in OFFERED:
        return _("Changes asked for"), "warning"
    special = _ON_ITS_WAY.get((quote.state, quote.delivery))
    return special or (TITLES[State(quote.state)], KINDS[State(quote.state)])


def happening(one: Any) -> Any:
    return TITLES_OF.get(one.kind, one.kind)


def problem(quote: Any, *, staff: bool) -> Any:
    """What the company's system said last, translatable; None if it has not complained, or not in words for this reader."""
    said = quote.problem or {}
    packed = said.get("message") if staff or not said.get("internal") else None
    return told(packed) if packed else None
