"""What an invoice's state is called and how it is drawn; the same words in list, detail, notices and API documents.

The company says what is paid. Whether an invoice is overdue is worked out where it is shown, by the day where the company is, so
that no job has to turn rows at midnight.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from portico_erp.values import InvoiceKind, InvoiceStatus
from portico_invoices.i18n import _

OPEN = (InvoiceStatus.OPEN.value, InvoiceStatus.PARTLY_PAID.value)
"""Of which something is still to be paid, or to be given back."""
OVERDUE = "overdue"
CREDIT_NOTE = InvoiceKind.CREDIT_NOTE.value


@dataclass(frozen=True)
class Look:
    """kind: of the pill (colour); the title always stands beside it, so colour never tells alone."""

    title: Any
    kind: str


LOOKS = {
    InvoiceStatus.OPEN.value: Look(_("Open"), "info"),
    InvoiceStatus.PARTLY_PAID.value: Look(_("Partly paid"), "warning"),
    OVERDUE: Look(_("Overdue"), "error"),
    InvoiceStatus.PAID.value: Look(_("Paid"), "success"),
    InvoiceStatus.CANCELLED.value: Look(_("Cancelled"), "neutral"),
}
_OF_CREDIT_NOTES = {
    InvoiceStatus.OPEN.value: Look(_("Credit open"), "info"),
    InvoiceStatus.PARTLY_PAID.value: Look(_("Credit partly used"), "warning"),
    InvoiceStatus.PAID.value: Look(_("Settled"), "success"),
    InvoiceStatus.CANCELLED.value: Look(_("Cancelled"), "neutral"),
}


def state(kind: str, status: str, due_on: dt.date | None, today: dt.date) -> str:
    """The status, or "overdue" for an invoice of which something is open after its day. A credit note is never overdue: it is
    the company's to settle.
    """
    late = kind != CREDIT_NOTE and status in OPEN and due_on is not None and due_on < today
    return OVERDUE if late else status


def look(kind: str, state: str) -> Look:
    return _OF_CREDIT_NOTES[state] if kind == CREDIT_NOTE else LOOKS[state]
