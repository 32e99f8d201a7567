"""How a payment's state is called and drawn; the same words in list, detail, receipt and API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portico_payments.i18n import _


@dataclass(frozen=True)
class Look:
    """kind: of the pill (colour); the title always stands beside it, so colour never tells alone."""

    title: Any
    kind: str


RECEIVED, REFUNDED, PENDING, FAILED, CANCELLED = "received", "refunded", "pending", "failed", "cancelled"
LOOKS = {
    RECEIVED: Look(_("Received"), "success"),
    REFUNDED: Look(_("Paid back"), "info"),
    PENDING: Look(_("On its way"), "warning"),
    FAILED: Look(_("Failed"), "error"),
    CANCELLED: Look(_("Cancelled"), "error"),
}
SHOWN = (RECEIVED, REFUNDED, CANCELLED)
"""By which a list can be narrowed."""


def of(row: Any) -> str:
    """row: has `state` and `amount`."""
    if row.state == "confirmed":
        return RECEIVED if row.amount > 0 else REFUNDED
    return str(row.state)
